"""Independent truth: slow, simple solvers that share no code with the package beyond the ``Game`` they describe.

Every oracle reads a :class:`tests.oracles.games.PlainGame`: nested NumPy arrays and nothing else. No module here
imports anything of ``ssg_mip`` except the classes ``Game`` (to hand a plain game over) so that an oracle cannot
share a mistake with what it checks.
"""
