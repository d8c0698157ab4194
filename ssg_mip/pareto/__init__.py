"""Fronts: dominance, scalarisations, sweeps and enclosures."""
