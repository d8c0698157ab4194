"""Certificates of bounds, written from what a search leaves behind."""
