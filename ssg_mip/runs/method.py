"""What a method is: its name, where it lives, what it promises and what it takes.

Everything that differs from method to method and is no matter of its own code stands in one :class:`Method`; nothing
else asks a method for its name.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from ssg_mip.base.promises import Promise
from ssg_mip.errors import OptionError
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import check_settings

NOTHING = "nothing: the method draws nothing"
SOLVER_ONLY = f"{NOTHING}; HiGHS is given the seed, which may show where optima are not unique"

_POINTS = frozenset({Promise.DETERMINISTIC, Promise.ON_GRID})
"""What methods promise that choose among points of the simplex."""


class MethodFunction(Protocol):
    """The one function ``solve`` of a method's module."""

    def __call__(self, problem: Problem, run: Run) -> Result:
        """Solve a problem within the limits of a run."""


class Takes(enum.Enum):
    """What a method can be asked for beside what all of them understand."""

    SELECTION = "a selection of steps"
    SCALARISATION = "a scalarisation that is no weighted sum"
    ZERO_WEIGHTS = "weights of zero as they are, because no state may lose"
    FLOORS = "values that some states must keep"
    GOALS = "goals that are no weighted sums"


def draws_nothing(_: Run) -> str:
    """Of a method whose runs depend on no seed of their own."""
    return ""


@dataclasses.dataclass(frozen=True)
class Missed:
    """What a problem asks and a method would not honour.

    Attributes
    ----------
    what
        A scope of rows, floors, or a goal.
    names
        What users call the rows, or the goal; empty of floors.
    """

    what: Takes | Scope
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.what.value if isinstance(self.what, Takes) else self.what.words


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
    """One method of the package.

    Attributes
    ----------
    name
        As users call it.
    home
        The module with its function ``solve(problem, run) -> Result`` and, if it has settings of its own, the dataclass
        ``Settings``. It is imported when it is first needed, so that the command line starts fast.
    promises
        What every result of it keeps.
    takes
        What it can be asked for; :mod:`ssg_mip.methods.registry` refuses the rest by name.
    rows
        Which rows on the leader's policy it honours, by how far they reach; the others are refused in the same way.
    draws
        What another seed changes in a run, in words; empty for nothing.
    asks_solver
        Whether it hands the seed to HiGHS.
    in_own_units
        Whether it runs on the game as it is, because settings or details are in the units of the rewards, and not on
        its standard form.
    weighted_only
        Whether it claims nothing but a weighted value, so that what the weights do not reach has no say in the units.
    extra
        The optional dependencies that it needs, as ``pip`` calls them; empty for none.
    certifies
        Whether it can leave a certificate of its bound.
    followers
        What it does for the kinds of follower beside the rational one that it honours, by kind: as a method of the same
        name, for all of the above may differ. The others are refused by name.
    """

    name: str
    home: str
    promises: tuple[Promise, ...] = ()
    takes: frozenset[Takes] = frozenset()
    rows: frozenset[Scope] = frozenset()
    draws: Callable[[Run], str] = draws_nothing
    asks_solver: bool = True
    in_own_units: bool = False
    weighted_only: bool = False
    extra: str = ""
    certifies: bool = True
    followers: Mapping[str, Method] = dataclasses.field(default_factory=dict)

    def answering(self, follower: Follower) -> Method | None:
        """What it does for a follower; ``None`` if it does not honour his kind."""
        rational = follower.kind == Rational.kind or follower.is_rational_elsewhere
        return self if rational else self.followers.get(follower.treated_as)

    def __call__(self, problem: Problem, run: Run) -> Result:
        """Run the method; its result carries its promises.

        Raises
        ------
        OptionError
            If the problem restricts the policies by what the method would not honour.
        """
        missed = self.misses(problem)
        if missed is not None:
            raise OptionError(f"method {self.name!r} takes no {missed}, and there are some: leave them out")
        solve: MethodFunction = import_module(self.home).solve
        return dataclasses.replace(solve(problem, run), promises=self.promises)

    def misses(self, problem: Problem) -> Missed | None:
        """What a problem asks of the policies and the method would not honour, the first of several."""
        rows = problem.names_by_scope()
        refused = [Missed(scope, names) for scope, names in rows.items() if scope not in self.rows]
        if problem.policies.floor is not None and Takes.FLOORS not in self.takes:
            refused.append(Missed(Takes.FLOORS))
        goal = problem.objective.goal
        if goal is not None and Takes.GOALS not in self.takes:
            refused.insert(0, Missed(Takes.GOALS, (goal.kind,)))
        return refused[0] if refused else None

    @property
    def settings(self) -> type[Any] | None:
        """The dataclass of the settings of its own; ``None`` if it has none."""
        return getattr(import_module(self.home), "Settings", None)

    def check_settings(self, given: Mapping[str, Any]) -> None:
        """Raise ``OptionError`` if the method has no such settings of its own, or a value is outside its range."""
        if given:
            check_settings(self.settings, given, self.name)

    def seed_decides(self, run: Run, *, random_start: bool = False) -> str:
        """What another seed changes in a run, in words; ``random_start`` says whether the start was drawn.

        Methods that choose among points of the simplex leave a drawn start out: it is none of them.
        """
        start = "the random start" if random_start and _POINTS.isdisjoint(self.promises) else ""
        drawn = ", ".join(filter(None, (start, self.draws(run))))
        return drawn or (SOLVER_ONLY if self.asks_solver else NOTHING)
