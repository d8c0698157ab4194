"""What a printed result, front or enclosure claims."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ssg_mip.checker.follower_claim import RATIONAL, FollowerClaim
from ssg_mip.checker.goal_claims import GoalClaim
from ssg_mip.checker.rational import PolicyRows

if TYPE_CHECKING:
    from ssg_mip.checker.constraints.conflicts import ConflictClaim
    from ssg_mip.checker.constraints.forms import ConstraintClaim

RESULT_FORMAT = "ssg-mip-result/1"
FRONT_FORMAT = "ssg-mip-front/1"
ENCLOSURE_FORMAT = "ssg-mip-enclosure/1"

SUBJECTS = {RESULT_FORMAT: "result", FRONT_FORMAT: "front", ENCLOSURE_FORMAT: "enclosure"}
"""What a document of each format is called."""

KNOWN_FORMATS = f"a result says {RESULT_FORMAT!r}, a front {FRONT_FORMAT!r} and an enclosure {ENCLOSURE_FORMAT!r}"
"""For messages about other formats."""

TIE_RULES = ("leader", "first", "adverse")

STATUSES = (
    *("optimal", "restricted_optimal", "pareto_optimal", "stationary"),
    *("feasible", "no_solution", "infeasible"),
)
"""What may be said of an answer."""

TERMINATIONS = (
    *("gap", "stationary", "time_limit", "node_limit", "iteration_limit", "size_limit", "memory_limit"),
    *("interrupted", "good_enough"),
    *("converged", "cycle", "infeasible", "none_in_class", "tie_rule", "near_tie", "given", "numerical"),
)
"""Why a run may have ended."""


PROMISES = ("monotone", "last_iterate", "certified_stop", "certified_pareto", "deterministic", "on_grid")
"""What a method may promise of its results; each has its check."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ProofClaim:
    """What a printed answer says that the checker has proven: a bound and two intervals ``(lower, upper)``."""

    epsilon: float
    leader_value: tuple[float, float]
    follower_value: tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class GuaranteeClaim:
    """A policy near an answer with what it is said to secure whatever the follower does with ties.

    ``asked`` is the margin that separates close actions from others, ``margin`` the least advantage over the others
    (``None`` where there are none), ``leader_value`` the interval of the weighted value.
    """

    policy: PolicyRows
    response: tuple[int, ...]
    asked: float
    margin: float | None
    unique: bool
    leader_value: tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PointClaim:
    """A leader policy and what it is said to be worth; members that a kind of point does not print are ``None``.

    ``response`` holds one follower action per state, counted within the state; where the follower mixes, ``mix`` holds
    one probability per follower action of every state instead.
    """

    place: str
    policy: PolicyRows
    leader_values: tuple[float, ...]
    leader_value: float
    weights: tuple[float, ...]
    follower_values: tuple[float, ...] | None = None
    response: tuple[int, ...] | None = None
    mix: PolicyRows | None = None
    dual_bound: float = math.inf
    step_bound: float = math.inf
    status: str = ""
    gain_bound: float = math.inf
    proof: ProofClaim | None = None
    guarantee: GuaranteeClaim | None = None
    scalarised_value: float | None = None
    scalarised_step_bound: float = math.inf


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ScalarisationClaim:
    """One weighted sum of a front, or the one of a result: its weights, value and bound.

    Of a front also how the run ended, and what its second solve says: the point before it, and what is left to gain.
    """

    place: str
    weights: tuple[float, ...]
    leader_value: float | None
    dual_bound: float
    relative_gap: float
    gap_scale: float
    status: str = ""
    termination: str = ""
    gain_bound: float = math.inf
    first_values: tuple[float, ...] | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ExactScalarisation:
    """A concave function of the leader's values in fractions, increasing in every state.

    With a ``reference`` it is ``min_s w(s) (v(s) - r(s)) + e sum_s w(s) (v(s) - r(s))``, ``w`` the only row of
    ``weights`` and ``e`` the ``augmentation``; without one it is ``min_k (w_k @ v + c_k)``.
    """

    weights: tuple[tuple[Fraction, ...], ...]
    constants: tuple[Fraction, ...] = ()
    reference: tuple[Fraction, ...] | None = None
    augmentation: Fraction = Fraction(0)

    @property
    def count(self) -> int:
        """Pieces."""
        return len(self.weights) if self.reference is None else len(self.reference)

    def at(self, values: Sequence[Fraction]) -> Fraction:
        """``L`` of exact values."""
        if self.reference is None:
            return min(_sum(row, values) + own for row, own in zip(self.weights, self.constants, strict=True))
        terms = [w * (v - r) for w, v, r in zip(self.weights[0], values, self.reference, strict=True)]
        return min(terms) + self.augmentation * sum(terms, Fraction(0))

    def slope(self, changes: Sequence[Fraction]) -> Fraction:
        """How far ``L`` changes at most where values change by at most so much."""
        if self.reference is None:
            return max(_sum(row, changes) for row in self.weights)
        terms = [w * own for w, own in zip(self.weights[0], changes, strict=True)]
        return max(terms) + self.augmentation * sum(terms, Fraction(0))

    @property
    def steepest(self) -> Fraction:
        """The fastest that ``L`` rises with the value of one state."""
        if self.reference is None:
            return max(map(max, self.weights))
        return max(self.weights[0]) * (1 + self.augmentation)

    def size(self, sizes: Sequence[Fraction]) -> Fraction:
        """How large the terms are of which ``L`` is made, for values of at most these sizes."""
        if self.reference is None:
            rows = zip(self.weights, self.constants, strict=True)
            return max(_sum(row, sizes) + abs(constant) for row, constant in rows)
        terms = [w * (own + abs(r)) for w, own, r in zip(self.weights[0], sizes, self.reference, strict=True)]
        return max(terms) + self.augmentation * sum(terms, Fraction(0))

    def mixed(self, mixture: Sequence[float]) -> tuple[tuple[Fraction, ...], Fraction]:
        """Weights and constant of a mixture of the pieces, its shares divided by their exact sum: ``L`` lies below."""
        shares = [Fraction(share) for share in mixture]
        total = sum(shares, Fraction(0))
        if self.reference is None:
            weights = tuple(_sum(shares, column) / total for column in zip(*self.weights, strict=True))
            return weights, _sum(shares, self.constants) / total
        own = zip(self.weights[0], shares, strict=True)
        weights = tuple(w * (share / total + self.augmentation) for w, share in own)
        return weights, -_sum(weights, self.reference)


def _sum(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ScalarisedClaim:
    """The scalarisation of a run, its value at the answer, a bound over all policies, and what that comes from.

    ``options`` is what the options of the run must say of it, ``mixture`` the shares of its pieces whose weighted sum
    has been bounded.
    """

    what: ExactScalarisation
    options: Mapping[str, Any]
    value: float | None
    bound: float
    mixture: tuple[float, ...] | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class EnclosureClaim:
    """What an enclosure says beside its points.

    ``objectives`` holds a player and a start distribution each, ``values`` the objectives at each point, ``bounds`` the
    local upper bounds and ``ceilings`` the weights and bounds of weighted sums. For every policy some point is at most
    ``resolution`` worse in each objective, it says.
    """

    objectives: tuple[tuple[str, tuple[float, ...]], ...]
    values: tuple[tuple[float, ...], ...]
    bounds: tuple[tuple[float, ...], ...]
    ceilings: tuple[tuple[tuple[float, ...], float], ...]
    resolution: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Claims:
    """Everything that a result, a front or an enclosure says and that can be checked.

    ``answers`` holds the answer of a result (nothing if it has no policy), or the points of the others; ``tied_states``
    is ``None`` for these. ``termination`` says why the work ended, ``promises`` what the method keeps (the words of
    :data:`PROMISES`), and ``levels`` to which multiples a restricted class is limited (0 for no such class).
    """

    subject: str
    game_hash: str
    method: str
    status: str
    ties: str
    gap: float | None
    answers: tuple[PointClaim, ...]
    trajectory: tuple[PointClaim, ...]
    scalarisations: tuple[ScalarisationClaim, ...]
    tied_states: frozenset[int] | None
    separation: float = 0.0
    margin: float = 0.0
    termination: str = ""
    levels: int = 0
    enclosure: EnclosureClaim | None = None
    scalarised: ScalarisedClaim | None = None
    goal: GoalClaim | None = None
    promises: frozenset[str] = frozenset()
    constraints: tuple[ConstraintClaim, ...] = ()
    conflict: ConflictClaim | None = None
    follower: FollowerClaim = RATIONAL
