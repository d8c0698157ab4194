"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.

All names are imported when they are first used: ``import ssg_mip`` takes no time, and the command line can listen to
signals before anything slow begins.
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # as in typing, whose import takes longer than everything here

if TYPE_CHECKING:
    from typing import Any

    from ssg_mip.best_response import best_response
    from ssg_mip.builder import GameBuilder
    from ssg_mip.certificates.dual.replay import verify_bound, verify_bounds
    from ssg_mip.certificates.verification import Verification
    from ssg_mip.certificates.verify import verify
    from ssg_mip.files import read_instance, write_instance
    from ssg_mip.formulations.lp_file import export
    from ssg_mip.front_door import solve
    from ssg_mip.game import Game
    from ssg_mip.graph import game_from_graph, reachable_states, state_graph, strongly_connected_components
    from ssg_mip.methods.policy_iteration.conditions import NecessaryCondition, necessary_condition
    from ssg_mip.observation import observed_actions
    from ssg_mip.pareto.chebyshev import ChebyshevPoint, solve_chebyshev
    from ssg_mip.pareto.enclosures.enclose import enclose_front
    from ssg_mip.pareto.enclosures.enclosure import Enclosure
    from ssg_mip.pareto.enclosures.objectives import follower_objective, leader_objective
    from ssg_mip.pareto.equilibrium.attainment import Attainment, attainment
    from ssg_mip.pareto.equilibrium.existence import Existence, existence
    from ssg_mip.pareto.front import ParetoFront
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.policy import FollowerPolicy, LeaderPolicy
    from ssg_mip.result import Result
    from ssg_mip.scalarisation import AugmentedChebyshev, ConcavePieces, WeightedSum
    from ssg_mip.table import game_from_table

_LAZY = {
    "Attainment": "ssg_mip.pareto.equilibrium.attainment",
    "AugmentedChebyshev": "ssg_mip.scalarisation",
    "ChebyshevPoint": "ssg_mip.pareto.chebyshev",
    "ConcavePieces": "ssg_mip.scalarisation",
    "Enclosure": "ssg_mip.pareto.enclosures.enclosure",
    "Existence": "ssg_mip.pareto.equilibrium.existence",
    "FollowerPolicy": "ssg_mip.policy",
    "Game": "ssg_mip.game",
    "GameBuilder": "ssg_mip.builder",
    "LeaderPolicy": "ssg_mip.policy",
    "NecessaryCondition": "ssg_mip.methods.policy_iteration.conditions",
    "ParetoFront": "ssg_mip.pareto.front",
    "Result": "ssg_mip.result",
    "Verification": "ssg_mip.certificates.verification",
    "WeightedSum": "ssg_mip.scalarisation",
    "attainment": "ssg_mip.pareto.equilibrium.attainment",
    "enclose_front": "ssg_mip.pareto.enclosures.enclose",
    "existence": "ssg_mip.pareto.equilibrium.existence",
    "export": "ssg_mip.formulations.lp_file",
    "follower_objective": "ssg_mip.pareto.enclosures.objectives",
    "game_from_graph": "ssg_mip.graph",
    "game_from_table": "ssg_mip.table",
    "leader_objective": "ssg_mip.pareto.enclosures.objectives",
    "necessary_condition": "ssg_mip.methods.policy_iteration.conditions",
    "observed_actions": "ssg_mip.observation",
    "reachable_states": "ssg_mip.graph",
    "read_instance": "ssg_mip.files",
    "solve": "ssg_mip.front_door",
    "solve_chebyshev": "ssg_mip.pareto.chebyshev",
    "state_graph": "ssg_mip.graph",
    "strongly_connected_components": "ssg_mip.graph",
    "trace_front": "ssg_mip.pareto.sweep",
    "verify": "ssg_mip.certificates.verify",
    "verify_bound": "ssg_mip.certificates.dual.replay",
    "verify_bounds": "ssg_mip.certificates.dual.replay",
    "write_instance": "ssg_mip.files",
}

__all__ = [
    "Attainment",
    "AugmentedChebyshev",
    "ChebyshevPoint",
    "ConcavePieces",
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
    "WeightedSum",
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


class _Package(ModuleType):
    """``ssg_mip.best_response`` is the function, also once the package of that name is imported."""

    @property
    def best_response(self) -> "Any":
        return import_module("ssg_mip.best_response").best_response

    @best_response.setter
    def best_response(self, _package: ModuleType) -> None:
        """What the import of a package does to the one above it; here it changes nothing."""


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> "Any":
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
