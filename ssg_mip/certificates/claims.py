"""What a printed result, front or enclosure claims."""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.certificates.rational import PolicyRows

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
    *("gap", "stationary", "time_limit", "node_limit", "iteration_limit", "size_limit", "interrupted", "good_enough"),
    *("converged", "cycle", "infeasible", "none_in_class", "tie_rule", "near_tie", "numerical"),
)
"""Why a run may have ended."""


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

    ``response`` holds one follower action per state, counted within the state.
    """

    place: str
    policy: PolicyRows
    leader_values: tuple[float, ...]
    leader_value: float
    weights: tuple[float, ...]
    follower_values: tuple[float, ...] | None = None
    response: tuple[int, ...] | None = None
    dual_bound: float = math.inf
    step_bound: float = math.inf
    status: str = ""
    gain_bound: float = math.inf
    proof: ProofClaim | None = None
    guarantee: GuaranteeClaim | None = None


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
    is ``None`` for these. ``termination`` says why the work ended, and ``levels``
    to which multiples a restricted class is limited (0 for no such class).
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
