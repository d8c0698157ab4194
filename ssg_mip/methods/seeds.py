"""What the seed decides in a run, in words for the result: where nothing is drawn, another seed is the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from ssg_mip.result import Result
from ssg_mip.runs.request import Request

SEED_DECIDES = "seed_decides"
"""Name of the entry in ``Result.details``."""

NOTHING = "nothing: the method draws nothing"

SOLVER_ONLY = f"{NOTHING}; HiGHS is given the seed, which may show where optima are not unique"

_START = "the random start"


def _steps(request: Request) -> str:
    return "the draws of the steps" if request.selection == "sample" else ""


def _fixed_point(request: Request) -> str:
    drawn = {"leader_ties": "how the leader's ties are decided", "start_values": "the first values"}
    return ", ".join(words for name, words in drawn.items() if request.settings.get(name) == "random")


def _play(_: Request) -> str:
    return "the sampled play, its exploration, and the first weights of networks"


_DRAWN: Mapping[str, Callable[[Request], str]] = {
    "policy-iteration": _steps,
    "restarted-policy-iteration": _steps,
    "backtracking": lambda request: ", ".join(
        filter(None, (_steps(request), "the restarts, the order of policies not tried"))
    ),
    "response-regions": lambda _: "the order of the regions",
    "fixed-point": _fixed_point,
    **dict.fromkeys(("bilevel-q", "asymmetric-learning", "actor-critic", "ppo-hedge"), _play),
}
"""What the methods draw; those that are left out draw nothing."""

_WITHOUT_SOLVER = frozenset({"policy-gradient", "fixed-point"})
"""Methods that draw nothing by themselves and hand no seed to a solver."""


def seed_decides(method: str, request: Request, *, random_start: bool = False) -> str:
    """What another seed changes in a run, in words.

    Parameters
    ----------
    method, request
        The method and what is asked of it.
    random_start
        Whether the start was drawn by the seed.
    """
    own = _DRAWN[method](request) if method in _DRAWN else ""
    drawn = ", ".join(filter(None, (_START if random_start else "", own)))
    return drawn or (NOTHING if method in _WITHOUT_SOLVER else SOLVER_ONLY)


def with_seed(result: Result, method: str, request: Request, *, random_start: bool = False) -> Result:
    """The result with :data:`SEED_DECIDES` in its details."""
    said = seed_decides(method, request, random_start=random_start)
    return dataclasses.replace(result, details={**result.details, SEED_DECIDES: said})
