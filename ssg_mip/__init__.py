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
from ssg_mip.observation import observed_actions
from ssg_mip.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.table import game_from_table

if TYPE_CHECKING:
    from ssg_mip.certificates.dual.replay import verify_bound, verify_bounds
    from ssg_mip.certificates.verification import Verification
    from ssg_mip.certificates.verify import verify
    from ssg_mip.formulations.lp_file import export
    from ssg_mip.front_door import solve
    from ssg_mip.methods.policy_iteration.conditions import NecessaryCondition, necessary_condition
    from ssg_mip.pareto.chebyshev import AugmentedChebyshev, ChebyshevPoint, solve_chebyshev
    from ssg_mip.pareto.enclosures.enclose import enclose_front
    from ssg_mip.pareto.enclosures.enclosure import Enclosure
    from ssg_mip.pareto.enclosures.objectives import follower_objective, leader_objective
    from ssg_mip.pareto.equilibrium.attainment import Attainment, attainment
    from ssg_mip.pareto.equilibrium.existence import Existence, existence
    from ssg_mip.pareto.front import ParetoFront
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.result import Result

_LAZY = {
    "Attainment": "ssg_mip.pareto.equilibrium.attainment",
    "AugmentedChebyshev": "ssg_mip.pareto.chebyshev",
    "ChebyshevPoint": "ssg_mip.pareto.chebyshev",
    "Enclosure": "ssg_mip.pareto.enclosures.enclosure",
    "Existence": "ssg_mip.pareto.equilibrium.existence",
    "NecessaryCondition": "ssg_mip.methods.policy_iteration.conditions",
    "ParetoFront": "ssg_mip.pareto.front",
    "Result": "ssg_mip.result",
    "Verification": "ssg_mip.certificates.verification",
    "attainment": "ssg_mip.pareto.equilibrium.attainment",
    "enclose_front": "ssg_mip.pareto.enclosures.enclose",
    "existence": "ssg_mip.pareto.equilibrium.existence",
    "export": "ssg_mip.formulations.lp_file",
    "follower_objective": "ssg_mip.pareto.enclosures.objectives",
    "leader_objective": "ssg_mip.pareto.enclosures.objectives",
    "necessary_condition": "ssg_mip.methods.policy_iteration.conditions",
    "solve": "ssg_mip.front_door",
    "solve_chebyshev": "ssg_mip.pareto.chebyshev",
    "trace_front": "ssg_mip.pareto.sweep",
    "verify": "ssg_mip.certificates.verify",
    "verify_bound": "ssg_mip.certificates.dual.replay",
    "verify_bounds": "ssg_mip.certificates.dual.replay",
}

__all__ = [
    "Attainment",
    "AugmentedChebyshev",
    "ChebyshevPoint",
    "Enclosure",
    "Existence",
    "FollowerPolicy",
    "Game",
    "GameBuilder",
    "LeaderPolicy",
    "NecessaryCondition",
    "ParetoFront",
    "Result",
    "Verification",
    "attainment",
    "best_response",
    "enclose_front",
    "existence",
    "export",
    "follower_objective",
    "game_from_graph",
    "game_from_table",
    "leader_objective",
    "necessary_condition",
    "observed_actions",
    "reachable_states",
    "read_instance",
    "solve",
    "solve_chebyshev",
    "state_graph",
    "strongly_connected_components",
    "trace_front",
    "verify",
    "verify_bound",
    "verify_bounds",
    "write_instance",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
