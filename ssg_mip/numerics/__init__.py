"""Numbers without games: types of arrays, an iterative solver, and accuracy that is local to a state."""
