"""Every error that the package raises on purpose.

::

    SsgError
    ├── InfeasibleError         no policy keeps the constraints            (exit code 7)
    ├── InvalidGameError        the data do not describe a game            (exit code 3)
    │   └── InvalidInstanceError    ... and they came from a file          (exit code 3)
    ├── InvalidPolicyError      a policy that does not fit the game        (exit code 2)
    ├── InvalidResultError      a result that cannot be read as one        (exit code 5)
    ├── OptionError             an argument outside its range              (exit code 2)
    ├── SolverError             the LP/MILP solver failed numerically      (exit code 1)
    ├── TooLargeError           more memory or time than there is          (exit code 4)
    └── WorkerError             a process that solved an instance died     (exit code 1)

A message says what is wrong, where, with which value, what the rule is and how to mend it.
"""

from __future__ import annotations


class SsgError(Exception):
    """Base class of all errors of this package."""

    exit_code = 1


class InvalidGameError(SsgError, ValueError):
    """The data do not describe a stochastic Stackelberg game."""

    exit_code = 3


class InvalidInstanceError(InvalidGameError):
    """A file is not a valid instance; the message names the file and the place inside it."""


class InvalidPolicyError(SsgError, ValueError):
    """A policy does not fit the game it is used with."""

    exit_code = 2


class InvalidResultError(SsgError, ValueError):
    """A printed result does not say what a result must say; the message names the place inside it."""

    exit_code = 5


class OptionError(SsgError, ValueError):
    """An argument is unknown or outside its range."""

    exit_code = 2


class TooLargeError(SsgError):
    """The work would take more memory, or more time, than there is; the message says what would fit."""

    exit_code = 4


class InfeasibleError(SsgError):
    """No policy keeps the constraints; the message names those that contradict each other."""

    exit_code = 7


class SolverError(SsgError):
    """The LP or MILP solver failed in a way that no retry mended."""


class WorkerError(SsgError):
    """A worker process of a batch died, or was killed because it did not answer."""
