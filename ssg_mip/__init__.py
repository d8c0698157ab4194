"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.

Names that need a solver, a modelling language or a validation library are imported when they are first used, so
that ``import ssg_mip`` costs no more than NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ssg_mip.best_response import best_response
from ssg_mip.game import Game
from ssg_mip.policy import FollowerPolicy, LeaderPolicy

if TYPE_CHECKING:
    from ssg_mip.front_door import solve

_LAZY = {
    "solve": "ssg_mip.front_door",
}

__all__ = ["FollowerPolicy", "Game", "LeaderPolicy", "best_response", "solve"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
