"""One instance, one file."""
