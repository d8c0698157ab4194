"""Methods over a restricted class of leader policies, deterministic ones and those on a grid, each by one MILP."""
