"""Learners whose models are neural networks: all that needs the extra ``learn`` and is imported only when asked for."""
