"""Tables for people: results, fronts, batches and games as rich renderables.

Every function returns what to print and prints nothing. Names from instance files are shown as they are, never
read as markup.
"""
