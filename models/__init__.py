"""Games written in the modelling API: one short module each, with ``build(**parameters) -> Game``.

:mod:`models.catalogue` lists which of them, with which parameters, stand as files in ``instances/``.
"""
