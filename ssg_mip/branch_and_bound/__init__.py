"""Spatial branch and bound over boxes of values; knows boxes and bounds, and no games."""
