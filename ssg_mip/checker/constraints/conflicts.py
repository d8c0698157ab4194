r"""Do constraints contradict each other as a document says? Its lines are multiplied and added up in fractions.

Each line ``C @ f <= c`` must follow from the constraint that it names. For multipliers ``y >= 0`` every policy that
keeps the constraints has ``sum y C @ f <= sum y c``; if ``sum_s min_a (sum y C)(s, a)`` exceeds that, there is none.
That a constraint is needed is shown by a policy that keeps all the others.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ssg_mip.base.tolerances import PROBABILITY, ROUNDING
from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.constraints.forms import TOLERANCE, ConstraintClaim, Form, OnProbabilities, shares_of
from ssg_mip.checker.dual.policy_rows import GivenRow
from ssg_mip.checker.rational import PolicyRows
from ssg_mip.checker.verification import Check, yes_or_no
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

KEYS = {"constraints", "minimal", "statement", "excess", "lines", "without"}
LINE_KEYS = {"constraint", "terms", "at_most", "multiplier"}
TERM_KEYS = {"state", "leader_action", "coefficient"}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LineClaim:
    """``multiplier`` times ``coefficients @ f <= at_most``, said to follow from a constraint."""

    constraint: str
    coefficients: tuple[float, ...]
    at_most: float
    multiplier: Fraction


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ConflictClaim:
    """What a document says of constraints that contradict each other; ``without`` holds policies by name."""

    constraints: tuple[str, ...]
    minimal: bool
    statement: str
    excess: float
    lines: tuple[LineClaim, ...]
    without: Mapping[str, PolicyRows]


def read_conflict(
    game: Game,
    data: Mapping[str, Any],
    constraints: tuple[ConstraintClaim, ...],
    policy_of: Callable[[Mapping[str, Any], str], PolicyRows],
) -> ConflictClaim | None:
    """The conflict of a result, if it states one.

    Parameters
    ----------
    game, data
        The game and the document.
    constraints
        Those of the document.
    policy_of
        Reads what stands under ``leader_policy``.

    Raises
    ------
    InvalidResultError
        If it cannot be read, or names what the document or the game does not have.
    """
    if "conflict" not in data:
        return None
    at = "conflict."
    given = fields.mapping(data["conflict"], at)
    _expect_keys(given, KEYS, at)
    known = {one.name for one in constraints if isinstance(one.form, OnProbabilities)}
    names = tuple(_known(name, known, f"{at}constraints") for name in fields.list_of(given, "constraints", at))
    if not names or len(set(names)) < len(names):
        raise InvalidResultError(f"{at}constraints must name some constraints, each once")
    lines = fields.list_of(given, "lines", at)
    minimal = fields.member(given, "minimal", at)
    if not isinstance(minimal, bool):
        raise InvalidResultError(f"{at}minimal is {minimal!r}; it must be true or false")
    table = fields.mapping(fields.member(given, "without", at), f"{at}without")
    return ConflictClaim(
        constraints=names,
        minimal=minimal,
        statement=fields.text(given, "statement", at),
        excess=fields.number(fields.member(given, "excess", at), f"{at}excess"),
        lines=tuple(_line(game, one, set(names), f"{at}lines[{index}].") for index, one in enumerate(lines)),
        without={
            _known(name, set(names), f"{at}without"): policy_of({"leader_policy": policy}, f"{at}without[{name!r}].")
            for name, policy in table.items()
        },
    )


def _expect_keys(given: Mapping[str, Any], keys: set[str], at: str) -> None:
    if set(given) != keys:
        raise InvalidResultError(f"{at.rstrip('.')} must have the keys {', '.join(sorted(keys))}")


def _known(name: Any, known: set[str], place: str) -> str:
    if not isinstance(name, str) or name not in known:
        raise InvalidResultError(f"{place} names {name!r}, which is no constraint on the probabilities there")
    return name


def _line(game: Game, given: Any, known: set[str], at: str) -> LineClaim:
    data = fields.mapping(given, at)
    _expect_keys(data, LINE_KEYS, at)
    coefficients = [0.0] * int(game.leader_offsets[-1])
    for index, one in enumerate(fields.list_of(data, "terms", at)):
        place = f"{at}terms[{index}]."
        term = fields.mapping(one, place)
        _expect_keys(term, TERM_KEYS, place)
        slot = _slot(game, term, place)
        if coefficients[slot]:
            raise InvalidResultError(f"{place.rstrip('.')} names an action twice")
        coefficients[slot] = fields.number(term["coefficient"], f"{place}coefficient")
    multiplier = fields.number(fields.member(data, "multiplier", at), f"{at}multiplier")
    if multiplier < 0.0:
        raise InvalidResultError(f"{at}multiplier is {multiplier!r}; it must be at least 0")
    return LineClaim(
        constraint=_known(fields.member(data, "constraint", at), known, f"{at}constraint"),
        coefficients=tuple(coefficients),
        at_most=fields.number(fields.member(data, "at_most", at), f"{at}at_most"),
        multiplier=Fraction(multiplier),
    )


def _slot(game: Game, term: Mapping[str, Any], at: str) -> int:
    state, action = term["state"], term["leader_action"]
    if not isinstance(state, str) or state not in game.state_names:
        raise InvalidResultError(f"{at}state names the unknown state {state!r}")
    index = game.state_index(state)
    if not isinstance(action, str) or action not in game.leader_actions[index]:
        raise InvalidResultError(f"{at}leader_action names the unknown action {action!r}")
    return int(game.leader_offsets[index]) + game.leader_actions[index].index(action)


# -------------------------------------------------------------------- the check


def conflict_check(conflict: ConflictClaim, claims: Claims, game: Game) -> Check:
    """The lines follow from their constraints and contradict each other; each constraint is needed, if that is said."""
    wrong = next(_faults(conflict, claims, game), None)
    detail = f"proven by {len(conflict.lines)} lines: {conflict.statement}" if wrong is None else wrong
    return yes_or_no("conflict", wrong is None, detail)


def _faults(conflict: ConflictClaim, claims: Claims, game: Game) -> Iterator[str]:
    forms = {one.name: one.form for one in claims.constraints}
    if claims.status != "infeasible":
        yield f"a conflict beside the status {claims.status!r}"
    for number, line in enumerate(conflict.lines):
        if not _follows(line, forms[line.constraint]):
            yield f"line {number} does not follow from constraint {line.constraint!r}"
    excess = _excess(conflict, game)
    if excess <= 0:
        yield "the lines do not contradict each other"
    if abs(Fraction(conflict.excess) - excess) > Fraction(ROUNDING) * excess:
        yield f"excess printed {conflict.excess!r}, due {float(excess)!r}"
    idle = set(conflict.constraints) - {line.constraint for line in conflict.lines if line.multiplier > 0}
    if idle:
        yield f"constraint {min(idle)!r} plays no part in the proof"
    for name, policy in conflict.without.items():
        broken = _broken(policy, [other for other in conflict.constraints if other != name], forms)
        if broken is not None:
            yield f"the policy without {name!r} does not keep {broken!r}"
    if conflict.minimal != (set(conflict.without) == set(conflict.constraints)):
        yield "minimal is said without a policy for each constraint, or the other way round"
    if conflict.statement != _sentence(conflict):
        yield f"the statement is {conflict.statement!r}, due {_sentence(conflict)!r}"


def _follows(line: LineClaim, form: Form) -> bool:
    """Whether a line says no more than a constraint does, read from above or from below."""
    above = GivenRow(coefficients=line.coefficients, lower=None, upper=line.at_most)
    below = GivenRow(coefficients=tuple(-c for c in line.coefficients), lower=-line.at_most, upper=None)
    return form.implies(above) or form.implies(below)


def _excess(conflict: ConflictClaim, game: Game) -> Fraction:
    """By how much every policy misses the sum of the lines at least."""
    total = [Fraction(0)] * int(game.leader_offsets[-1])
    right = Fraction(0)
    for line in conflict.lines:
        right += line.multiplier * Fraction(line.at_most)
        for slot, coefficient in enumerate(line.coefficients):
            total[slot] += line.multiplier * Fraction(coefficient)
    least = (min(total[low:high]) for low, high in itertools.pairwise(game.leader_offsets.tolist()))
    return sum(least, Fraction(0)) - right


def _broken(policy: PolicyRows, names: list[str], forms: Mapping[str, Form]) -> str | None:
    """A constraint among some that a policy does not keep within its tolerance."""
    if any(abs(sum(map(Fraction, row), Fraction(0)) - 1) > Fraction(PROBABILITY) for row in policy):
        return "that probabilities sum to one"
    shares = shares_of(policy)
    for name in names:
        form = forms[name]
        if not isinstance(form, OnProbabilities) or form.missed_by(shares) > TOLERANCE * form.size:
            return name
    return None


def _sentence(conflict: ConflictClaim) -> str:
    *others, last = conflict.constraints
    if not others:
        return f"no policy keeps {last}"
    rest = "; without any one of them some policy does" if conflict.minimal else ""
    return f"no policy keeps {'both' if len(others) == 1 else 'all of'} {', '.join(others)} and {last}{rest}"
