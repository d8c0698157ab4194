"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.

All names are imported when they are first used: ``import ssg_mip`` takes no time, and the command line can listen to
signals before anything slow begins.
"""

from importlib import import_module

TYPE_CHECKING = False  # as in typing, whose import takes longer than everything here

if TYPE_CHECKING:
    from typing import Any

    from ssg_mip.api.front_door import solve
    from ssg_mip.api.prices import prices
    from ssg_mip.checker.dual.replay import verify_bound, verify_bounds
    from ssg_mip.checker.verification import Verification
    from ssg_mip.checker.verify import verify
    from ssg_mip.evaluation.best_response import best_response
    from ssg_mip.game.builder import GameBuilder
    from ssg_mip.game.game import Game
    from ssg_mip.game.graph import game_from_graph, reachable_states, state_graph, strongly_connected_components
    from ssg_mip.game.observation import observed_actions
    from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
    from ssg_mip.game.table import game_from_table
    from ssg_mip.io import read_instance
    from ssg_mip.io.foreign import read_dpomdp, read_nfg, read_prism, write_nfg
    from ssg_mip.methods.policy_iteration.conditions import NecessaryCondition, necessary_condition
    from ssg_mip.modelling.models import commitment_model, improvement_model
    from ssg_mip.modelling.other_solvers import solve_with
    from ssg_mip.modelling.outside import evaluate_policy, import_solution
    from ssg_mip.modelling.solving import solve_model
    from ssg_mip.pareto.chebyshev import ChebyshevPoint, solve_chebyshev
    from ssg_mip.pareto.enclosure.entry import enclose_front
    from ssg_mip.pareto.enclosure.objectives import follower_objective, leader_objective
    from ssg_mip.pareto.enclosure.result import Enclosure
    from ssg_mip.pareto.existence.attainment import Attainment, attainment
    from ssg_mip.pareto.existence.existence import Existence, existence
    from ssg_mip.pareto.front import ParetoFront
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.problem.files import read_problem, write_instance
    from ssg_mip.problem.finite_horizon import finite_horizon
    from ssg_mip.problem.follower_types import bayesian
    from ssg_mip.problem.goals import Lexicographic, PriceOnChange, WithFollower, WorstStart, WorstType
    from ssg_mip.problem.payments import with_menu, with_payments
    from ssg_mip.problem.problem import Problem
    from ssg_mip.problem.scalarisation import AugmentedChebyshev, ConcavePieces, WeightedSum
    from ssg_mip.programs.export import export
    from ssg_mip.result import Result

_LAZY = {
    "Attainment": "ssg_mip.pareto.existence.attainment",
    "AugmentedChebyshev": "ssg_mip.problem.scalarisation",
    "ChebyshevPoint": "ssg_mip.pareto.chebyshev",
    "ConcavePieces": "ssg_mip.problem.scalarisation",
    "Enclosure": "ssg_mip.pareto.enclosure.result",
    "Existence": "ssg_mip.pareto.existence.existence",
    "FollowerPolicy": "ssg_mip.game.policy",
    "Game": "ssg_mip.game.game",
    "GameBuilder": "ssg_mip.game.builder",
    "LeaderPolicy": "ssg_mip.game.policy",
    "Lexicographic": "ssg_mip.problem.goals",
    "NecessaryCondition": "ssg_mip.methods.policy_iteration.conditions",
    "ParetoFront": "ssg_mip.pareto.front",
    "PriceOnChange": "ssg_mip.problem.goals",
    "Problem": "ssg_mip.problem.problem",
    "Result": "ssg_mip.result",
    "Verification": "ssg_mip.checker.verification",
    "WeightedSum": "ssg_mip.problem.scalarisation",
    "WithFollower": "ssg_mip.problem.goals",
    "WorstStart": "ssg_mip.problem.goals",
    "WorstType": "ssg_mip.problem.goals",
    "attainment": "ssg_mip.pareto.existence.attainment",
    "bayesian": "ssg_mip.problem.follower_types",
    "best_response": "ssg_mip.evaluation.best_response",
    "commitment_model": "ssg_mip.modelling.models",
    "enclose_front": "ssg_mip.pareto.enclosure.entry",
    "evaluate_policy": "ssg_mip.modelling.outside",
    "existence": "ssg_mip.pareto.existence.existence",
    "export": "ssg_mip.programs.export",
    "finite_horizon": "ssg_mip.problem.finite_horizon",
    "follower_objective": "ssg_mip.pareto.enclosure.objectives",
    "game_from_graph": "ssg_mip.game.graph",
    "game_from_table": "ssg_mip.game.table",
    "import_solution": "ssg_mip.modelling.outside",
    "improvement_model": "ssg_mip.modelling.models",
    "leader_objective": "ssg_mip.pareto.enclosure.objectives",
    "necessary_condition": "ssg_mip.methods.policy_iteration.conditions",
    "observed_actions": "ssg_mip.game.observation",
    "prices": "ssg_mip.api.prices",
    "reachable_states": "ssg_mip.game.graph",
    "read_dpomdp": "ssg_mip.io.foreign",
    "read_instance": "ssg_mip.io",
    "read_nfg": "ssg_mip.io.foreign",
    "read_prism": "ssg_mip.io.foreign",
    "read_problem": "ssg_mip.problem.files",
    "solve": "ssg_mip.api.front_door",
    "solve_chebyshev": "ssg_mip.pareto.chebyshev",
    "solve_model": "ssg_mip.modelling.solving",
    "solve_with": "ssg_mip.modelling.other_solvers",
    "state_graph": "ssg_mip.game.graph",
    "strongly_connected_components": "ssg_mip.game.graph",
    "trace_front": "ssg_mip.pareto.sweep",
    "verify": "ssg_mip.checker.verify",
    "verify_bound": "ssg_mip.checker.dual.replay",
    "verify_bounds": "ssg_mip.checker.dual.replay",
    "with_menu": "ssg_mip.problem.payments",
    "with_payments": "ssg_mip.problem.payments",
    "write_instance": "ssg_mip.problem.files",
    "write_nfg": "ssg_mip.io.foreign",
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
    "Lexicographic",
    "NecessaryCondition",
    "ParetoFront",
    "PriceOnChange",
    "Problem",
    "Result",
    "Verification",
    "WeightedSum",
    "WithFollower",
    "WorstStart",
    "WorstType",
    "attainment",
    "bayesian",
    "best_response",
    "commitment_model",
    "enclose_front",
    "evaluate_policy",
    "existence",
    "export",
    "finite_horizon",
    "follower_objective",
    "game_from_graph",
    "game_from_table",
    "import_solution",
    "improvement_model",
    "leader_objective",
    "necessary_condition",
    "observed_actions",
    "prices",
    "reachable_states",
    "read_dpomdp",
    "read_instance",
    "read_nfg",
    "read_prism",
    "read_problem",
    "solve",
    "solve_chebyshev",
    "solve_model",
    "solve_with",
    "state_graph",
    "strongly_connected_components",
    "trace_front",
    "verify",
    "verify_bound",
    "verify_bounds",
    "with_menu",
    "with_payments",
    "write_instance",
    "write_nfg",
]


def __getattr__(name: str) -> "Any":
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
