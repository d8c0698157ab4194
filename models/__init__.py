"""Games written in the modelling API: one short module each, with ``build(**parameters) -> Game``.

Games of the literature, which come with the package, are in :mod:`ssg_mip.library`. :mod:`models.catalogue` lists
which of them all, with which parameters, stand as files in ``instances/``.
"""
