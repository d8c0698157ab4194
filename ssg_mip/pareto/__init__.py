"""Fronts: dominance, scalarisations and sweeps."""
