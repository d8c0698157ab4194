"""Solution methods: each is one module with a function ``run(game, request) -> Result``, listed in ``registry``."""
