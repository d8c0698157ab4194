"""Solution methods: each is one module with a function ``solve(problem, run) -> Result``, listed in ``registry``."""
