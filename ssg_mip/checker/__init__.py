"""Claims checked in exact rational arithmetic, by code that shares nothing with the code that made them.

Nothing here imports anything above the game, its policies, the errors and the tolerances.
"""
