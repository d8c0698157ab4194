"""Linear and mixed-integer linear programs: compiled once from Pyomo or from the game's arrays, answered by HiGHS."""
