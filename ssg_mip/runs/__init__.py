"""Runs of a method: what is asked of it, the margin that its policies keep, and the record of what it visits."""
