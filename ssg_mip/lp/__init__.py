"""Linear and mixed-integer linear programs: compiled once from Pyomo, answered by HiGHS."""
