"""The list of all methods, and what may be asked of each.

To add a method, write its module and list it here; promises, options that it takes and the conformance suite follow
from its entry, and tests hold the help of the command line and the tables of the README to the list.
"""

from __future__ import annotations

from ssg_mip.base.promises import Promise
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners import LEARNERS
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.method import Method, Takes
from ssg_mip.runs.run import Run

_NEVER_LOSES = (Promise.MONOTONE, Promise.LAST_ITERATE, Promise.CERTIFIED_STOP, Promise.CERTIFIED_PARETO)
_ROWS = frozenset({Scope.STATEWISE, Scope.COUPLING})
_ROWS_AND_LIMITS = _ROWS | {Scope.SUPPORT}
_ROWS_LIMITS_VALUES = _ROWS_AND_LIMITS | {Scope.VALUE}
_STEPS = frozenset({Takes.SELECTION, Takes.SCALARISATION, Takes.ZERO_WEIGHTS})


def _steps(run: Run) -> str:
    return "the draws of the steps" if run.selection == "sample" else ""


def _steps_and_restarts(run: Run) -> str:
    return ", ".join(filter(None, (_steps(run), "the restarts, the order of policies not tried")))


def _regions(_: Run) -> str:
    return "the order of the regions"


def _fixed_point(run: Run) -> str:
    drawn = {"leader_ties": "how the leader's ties are decided", "start_values": "the first values"}
    return ", ".join(words for name, words in drawn.items() if run.settings.get(name) == "random")


_COMMITMENTS = {
    "quantal": Method(
        name="commitment",
        home="ssg_mip.methods.quantal",
        promises=(Promise.LAST_ITERATE,),
        draws=lambda _: "the starts of the last ascents",
        in_own_units=True,
        weighted_only=True,
        certifies=False,
    ),
    "near-optimal:optimistic": Method(
        name="commitment",
        home="ssg_mip.methods.near_optimal.optimistic",
        promises=(Promise.LAST_ITERATE,),
        in_own_units=True,
        weighted_only=True,
        certifies=False,
    ),
    "near-optimal:pessimistic": Method(
        name="commitment",
        home="ssg_mip.methods.near_optimal.pessimistic",
        promises=(Promise.LAST_ITERATE,),
        in_own_units=True,
        weighted_only=True,
    ),
}
"""What the commitment method does for followers who are not rational: the same question, another search."""

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="policy-iteration",
            home="ssg_mip.methods.policy_iteration",
            promises=_NEVER_LOSES,
            takes=_STEPS,
            rows=_ROWS_LIMITS_VALUES | {Scope.DISCOUNTED},
            draws=_steps,
        ),
        Method(
            name="restarted-policy-iteration",
            home="ssg_mip.methods.policy_iteration.restarted",
            promises=_NEVER_LOSES,
            takes=_STEPS,
            rows=_ROWS_LIMITS_VALUES,
            draws=_steps,
        ),
        Method(
            name="commitment",
            home="ssg_mip.methods.commitment",
            promises=(Promise.LAST_ITERATE,),
            followers=_COMMITMENTS,
            takes=frozenset({Takes.FLOORS, Takes.GOALS}),
            rows=_ROWS | {Scope.DISCOUNTED, Scope.VALUE, Scope.SUPPORT},
            weighted_only=True,
        ),
        Method(
            name="response-regions",
            home="ssg_mip.methods.response_regions",
            promises=_NEVER_LOSES,
            takes=frozenset({Takes.ZERO_WEIGHTS}),
            rows=_ROWS_LIMITS_VALUES,
            draws=_regions,
        ),
        Method(
            name="backtracking",
            home="ssg_mip.methods.policy_iteration.backtracking",
            promises=(Promise.LAST_ITERATE, Promise.CERTIFIED_STOP),
            takes=_STEPS,
            rows=_ROWS_LIMITS_VALUES,
            draws=_steps_and_restarts,
        ),
        Method(
            name="deterministic",
            home="ssg_mip.methods.restricted.deterministic",
            promises=(Promise.LAST_ITERATE, Promise.DETERMINISTIC),
            rows=_ROWS_AND_LIMITS,
            weighted_only=True,
        ),
        Method(
            name="grid",
            home="ssg_mip.methods.restricted.grid",
            promises=(Promise.LAST_ITERATE, Promise.ON_GRID),
            rows=_ROWS_AND_LIMITS,
            weighted_only=True,
        ),
        Method(
            name="fixed-point",
            home="ssg_mip.methods.fixed_point",
            draws=_fixed_point,
            asks_solver=False,
            in_own_units=True,
        ),
        Method(
            name="policy-gradient",
            home="ssg_mip.methods.policy_gradient",
            asks_solver=False,
            in_own_units=True,
        ),
        Method(
            name="local",
            home="ssg_mip.methods.local",
            promises=(Promise.LAST_ITERATE,),
            draws=lambda _: "the starts that are drawn, the order of answers tried",
            in_own_units=True,
            weighted_only=True,
        ),
        *LEARNERS,
    )
}
"""All methods by name."""

USUAL = "usual"
"""The word for the method of :data:`METHODS` that comes first of those that honour the follower: policy iteration."""


def find_method(name: str) -> Method:
    """The method of a name.

    Raises
    ------
    OptionError
        If there is no such method; the message lists the known ones.
    """
    if name not in METHODS:
        raise OptionError(f"method is {name!r}; it must be one of {', '.join(METHODS)}, or {USUAL}")
    return METHODS[name]


def methods_for(follower: Follower) -> list[str]:
    """Names of the methods that honour a follower."""
    return [name for name, method in METHODS.items() if method.answering(follower) is not None]


def method_for(follower: Follower, name: str = USUAL) -> Method:
    """The method of a name as it is for a follower; ``"usual"`` is the first that honours him.

    Raises
    ------
    OptionError
        If there is no such method, or it does not honour him; the message lists those that do.
    """
    able = methods_for(follower)
    method = find_method(able[0] if name == USUAL and able else name)
    found = method.answering(follower)
    if found is None:
        instead = f"ask for {' or '.join(able)}" if able else "ask for the follower 'rational'"
        raise OptionError(f"method {method.name!r} does not honour a {follower.words}; {instead}")
    return found


def methods_that_take(what: Takes) -> list[str]:
    """Names of the methods that can be asked for something."""
    return [name for name, method in METHODS.items() if what in method.takes]


def methods_that_honour(scope: Scope) -> list[str]:
    """Names of the methods that keep rows of a scope."""
    return [name for name, method in METHODS.items() if scope in method.rows]


def check_taken(problem: Problem, run: Run, method: Method) -> None:
    """Raise :class:`OptionError` if a method cannot take a problem or a run."""
    check_selects(method, run.selection)
    check_scalarises(method, problem.objective.scalarisation is not None)
    check_policies(problem, method)
    method.check_settings(run.settings)
    problem.follower.check(problem.game, run.tolerances)
    if run.recorder is not None and not method.certifies:
        raise OptionError(
            f"there are no certificates of bounds for a {problem.follower.words}: certificates are about rational "
            "followers; leave the certificate out, the bound's proof needs none"
        )


def check_policies(problem: Problem, method: Method) -> None:
    """Raise :class:`OptionError` if the policies are restricted by what a method would not honour."""
    missed = method.misses(problem)
    if missed is None:
        return
    whose = f": {', '.join(missed.names)}" if missed.names else ""
    follower = problem.follower
    able = methods_that_take(missed.what) if isinstance(missed.what, Takes) else methods_that_honour(missed.what)
    who = f"method {method.name!r}"
    if METHODS.get(method.name) is not method and follower.kind != Rational.kind:  # what it does for another kind
        able, who = [], f"{who}, as it answers a {follower.words},"
    ask = f"ask for {' or '.join(able)}, or " if able else "no method honours them beside such a follower: "
    raise OptionError(f"{who} takes no {missed}, and there are some{whose}; {ask}leave them out")


def check_selects(method: Method, selection: str) -> None:
    """Raise :class:`OptionError` if a selection of steps is asked of a method that takes none."""
    if selection != "argmax" and Takes.SELECTION not in method.takes:
        raise OptionError(
            f"selection is {selection!r} while method is {method.name!r}; only "
            f"{', '.join(methods_that_take(Takes.SELECTION))} select steps: leave the selection out, or ask for that "
            "method"
        )


def check_scalarises(method: Method, asked: bool) -> None:
    """Raise :class:`OptionError` if a scalarisation that is no weighted sum is asked of a method that has none."""
    if asked and Takes.SCALARISATION not in method.takes:
        raise OptionError(
            f"the scalarisation is no weighted sum while method is {method.name!r}; only the steps of "
            f"{', '.join(methods_that_take(Takes.SCALARISATION))} maximise one: ask for that method, give a "
            "WeightedSum, or use solve_chebyshev for the proven optimum of an AugmentedChebyshev"
        )
