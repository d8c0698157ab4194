"""The front door: one function for a whole run, and what the command line says of its end."""
