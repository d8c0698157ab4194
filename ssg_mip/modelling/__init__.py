"""Pyomo in the user's hands: models to read and change, other solvers, and outside answers brought back.

:mod:`~ssg_mip.modelling.models`
    the exact programs as documented Pyomo models;
:mod:`~ssg_mip.modelling.solving`
    such a model, changed by its user, solved by our own search;
:mod:`~ssg_mip.modelling.other_solvers`
    the same handed to another solver, whose answer is put back onto its ties and evaluated exactly;
:mod:`~ssg_mip.modelling.outside`
    solution files of other solvers, and policies, evaluated exactly.
"""
