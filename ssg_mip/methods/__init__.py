"""Solution methods. Each is one module with a function ``run(game, request) -> Result``, listed in :data:`METHODS`.

A method is imported only when it is asked for, so that the command line starts fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.runs.margin import check_margin
from ssg_mip.runs.request import Request, Run
from ssg_mip.runs.settings import check_settings

METHODS: dict[str, str] = {
    "policy-iteration": "ssg_mip.methods.policy_iteration",
    "restarted-policy-iteration": "ssg_mip.methods.policy_iteration.restarted",
    "commitment": "ssg_mip.methods.commitment",
    "response-regions": "ssg_mip.methods.response_regions",
    "backtracking": "ssg_mip.methods.policy_iteration.backtracking",
    "deterministic": "ssg_mip.methods.restricted.deterministic",
    "grid": "ssg_mip.methods.restricted.grid",
    "fixed-point": "ssg_mip.methods.fixed_point",
    "policy-gradient": "ssg_mip.methods.policy_gradient",
    "bilevel-q": "ssg_mip.learning.learners.bilevel_q",
    "asymmetric-learning": "ssg_mip.learning.learners.asymmetric_learning",
    "actor-critic": "ssg_mip.learning.learners.actor_critic",
    "ppo-hedge": "ssg_mip.learning.learners.ppo_hedge",
}
"""Method names and the modules that implement them."""


STEPPING = ("policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking")
"""Methods that go from policy to policy without a loss in any state, and take weights of zero as they are."""

SELECTING = ("policy-iteration", "restarted-policy-iteration", "backtracking")
"""Methods with steps to select."""


def find_method(name: str) -> Run:
    """The ``run`` function of a method.

    Raises
    ------
    OptionError
        If there is no such method; the message lists the known ones.
    """
    if name not in METHODS:
        raise OptionError(f"method is {name!r}; it must be one of {', '.join(METHODS)}")
    run: Run = import_module(METHODS[name]).run
    return run


def check_request(game: Game, method: str, request: Request) -> None:
    """Raise :class:`OptionError` if a request does not go with the method or with the game."""
    check_method_options(method, request.selection)
    check_scalarisation(method, request.scalarisation is not None)
    check_method_settings(method, request.settings)
    check_margin(game, request)


def check_method_settings(method: str, given: Mapping[str, Any]) -> None:
    """Raise :class:`OptionError` if a method has no such settings of its own, or a value is outside its range."""
    if given:
        find_method(method)
        check_settings(getattr(import_module(METHODS[method]), "Settings", None), given, method)


def check_method_options(method: str, selection: str) -> None:
    """Raise :class:`OptionError` if a selection of steps is asked of a method that takes none."""
    if selection != "argmax" and method not in SELECTING:
        raise OptionError(
            f"selection is {selection!r} while method is {method!r}; only {', '.join(SELECTING)} select steps: "
            "leave the selection out, or ask for that method"
        )


def check_scalarisation(method: str, asked: bool) -> None:
    """Raise :class:`OptionError` if a scalarisation that is no weighted sum is asked of a method that has none."""
    if asked and method not in SELECTING:
        raise OptionError(
            f"the scalarisation is no weighted sum while method is {method!r}; only the steps of "
            f"{', '.join(SELECTING)} maximise one: ask for that method, give a WeightedSum, or use solve_chebyshev for "
            "the proven optimum of an AugmentedChebyshev"
        )


__all__ = [
    "METHODS",
    "Request",
    "Run",
    "check_method_options",
    "check_method_settings",
    "check_request",
    "check_scalarisation",
    "find_method",
]
