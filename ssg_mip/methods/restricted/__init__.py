"""Methods over a restricted class of leader policies, deterministic ones and those on a grid: a MILP, or all of it."""
