"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.

Names that need a solver, a modelling language or a validation library are imported when they are first used, so
that ``import ssg_mip`` costs no more than NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ssg_mip.best_response import best_response
from ssg_mip.builder import GameBuilder
from ssg_mip.files import read_instance, write_instance
from ssg_mip.game import Game
from ssg_mip.graph import game_from_graph, reachable_states, state_graph, strongly_connected_components
from ssg_mip.policy import FollowerPolicy, LeaderPolicy

if TYPE_CHECKING:
    from ssg_mip.certificates.dual.replay import verify_bound
    from ssg_mip.certificates.verification import Verification
    from ssg_mip.certificates.verify import verify
    from ssg_mip.formulations.lp_file import export
    from ssg_mip.front_door import solve
    from ssg_mip.pareto.enclose import enclose_front
    from ssg_mip.pareto.enclosure import Enclosure
    from ssg_mip.pareto.front import ParetoFront
    from ssg_mip.pareto.objectives import follower_objective, leader_objective
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.result import Result

_LAZY = {
    "Enclosure": "ssg_mip.pareto.enclosure",
    "ParetoFront": "ssg_mip.pareto.front",
    "Result": "ssg_mip.result",
    "Verification": "ssg_mip.certificates.verification",
    "enclose_front": "ssg_mip.pareto.enclose",
    "export": "ssg_mip.formulations.lp_file",
    "follower_objective": "ssg_mip.pareto.objectives",
    "leader_objective": "ssg_mip.pareto.objectives",
    "solve": "ssg_mip.front_door",
    "trace_front": "ssg_mip.pareto.sweep",
    "verify": "ssg_mip.certificates.verify",
    "verify_bound": "ssg_mip.certificates.dual.replay",
}

__all__ = [
    "Enclosure",
    "FollowerPolicy",
    "Game",
    "GameBuilder",
    "LeaderPolicy",
    "ParetoFront",
    "Result",
    "Verification",
    "best_response",
    "enclose_front",
    "export",
    "follower_objective",
    "game_from_graph",
    "leader_objective",
    "reachable_states",
    "read_instance",
    "solve",
    "state_graph",
    "strongly_connected_components",
    "trace_front",
    "verify",
    "verify_bound",
    "write_instance",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
