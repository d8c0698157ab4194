"""Do the policies of a document keep its constraints, and are these the ones that were asked for?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.constraints.conflicts import conflict_check
from ssg_mip.checker.constraints.forms import TOLERANCE, ConstraintClaim, Given
from ssg_mip.checker.constraints.reading import canonical, problem_hash
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.values import PRINTED, Interval
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no
from ssg_mip.game.game import Game


def asked_check(
    game: Game, data: Mapping[str, Any], claims: Claims, asked: Sequence[Mapping[str, Any]] | None
) -> Check:
    """The document names the hash of its own constraints, and has those that were asked for, where these are known.

    Parameters
    ----------
    game, data, claims
        The game and the document.
    asked
        The constraints of the problem, as plain data; ``None`` where only the game is at hand.
    """
    stated = [one.said for one in claims.constraints]
    if stated:
        due, named = problem_hash(game, stated), data.get("problem_hash")
        if named != due:
            return yes_or_no("constraints_asked", False, f"problem_hash is {named!r}, due for the constraints {due!r}")
    if asked is not None and canonical(list(asked)) != canonical(stated):
        return yes_or_no("constraints_asked", False, _difference(stated, asked))
    names = ", ".join(one.name for one in claims.constraints) or "nothing is asked of the policies"
    return yes_or_no("constraints_asked", True, f"{'as stated' if asked is None else 'as asked for'}: {names}")


def _difference(stated: Sequence[Mapping[str, Any]], asked: Sequence[Mapping[str, Any]]) -> str:
    """The first difference in words."""
    for number, (mine, due) in enumerate(zip(stated, asked, strict=False)):
        if canonical(mine) != canonical(due):
            names = f"{mine.get('name')!r}; the problem has {due.get('name')!r} there, or says it otherwise"
            return f"constraints[{number}] is {names}"
    return f"there are {len(stated)} constraints; the problem has {len(asked)}"


def constraint_checks(claims: Claims, prover: Prover, game: Game) -> list[Check]:
    """Every policy keeps every constraint within its tolerance; what is printed about the answer is what comes out."""
    if not claims.constraints:
        return []
    against = [] if claims.conflict is None else [conflict_check(claims.conflict, claims, game)]
    return [
        *against,
        worst_of("constraints", _kept(claims, prover, game)),
        worst_of("constraint_slacks", _printed(claims, prover, game)),
    ]


def choose_answers(claims: Claims, prover: Prover) -> None:
    """Where costs are bounded, ties go the leader's way as far as the bounds allow: the printed answers are meant."""
    if claims.ties != "leader" or not any(one.form.needs_response for one in claims.constraints):
        return
    for point in (*claims.answers, *claims.trajectory):
        if point.response is not None:
            prover.choose(point.policy, point.response)


def _kept(claims: Claims, prover: Prover, game: Game) -> Iterator[Trial]:
    """What the constraints ask of the answers and of the iterates, as far as these print what it depends on."""
    for point in (*claims.answers, *claims.trajectory):
        given = Given.of(game, point, prover)
        for one in claims.constraints:
            if one.form.needs_response and point.response is None:
                if point in claims.answers:
                    yield _unanswered(one)
                continue
            value = one.form.value(given)
            yield Trial(
                deviation=one.form.missed(value),
                allowed=TOLERANCE * one.form.size,
                place=f"{point.place}: constraint {one.name!r}: {float(value.upper)!r} {_sides(one)}",
            )


def _unanswered(one: ConstraintClaim) -> Trial:
    """A constraint on the follower's answer, beside a policy without one: a mix of his is none."""
    place = f"constraint {one.name!r} is about a single answer of the follower, and none is printed"
    return Trial(deviation=Fraction(1), allowed=Fraction(0), place=place)


def _sides(one: ConstraintClaim) -> str:
    """What the value should be."""
    ends = (("at least", one.form.least), ("at most", one.form.most))
    return " and ".join(f"{word} {float(end)!r}" for word, end in ends if end is not None)


def _printed(claims: Claims, prover: Prover, game: Game) -> Iterator[Trial]:
    for one in claims.constraints:
        place = f"constraint {one.name!r}"
        if claims.subject != "result" or not claims.answers:
            nothing = one.attained is None and one.slack is None
            yield Trial(
                deviation=Fraction(not nothing), allowed=Fraction(0), place=f"{place}: attained without a policy"
            )
            continue
        if one.form.needs_response and claims.answers[0].response is None:
            yield _unanswered(one)
            continue
        value = one.form.value(Given.of(game, claims.answers[0], prover))
        allowed = (Fraction(ROUNDING) + PRINTED) * (1 + one.form.size)
        yield from _pair(one, value, allowed, place)


def _pair(one: ConstraintClaim, value: Interval, allowed: Fraction, place: str) -> Iterator[Trial]:
    """The printed value and slack."""
    if one.attained is None or one.slack is None:
        yield Trial(deviation=Fraction(1), allowed=Fraction(0), place=f"{place}: attained or slack is not printed")
        return
    yield Trial(
        deviation=value.distance(Fraction(one.attained)),
        allowed=allowed,
        place=f"{place}: attained printed {one.attained!r}, proven {float(value.upper)!r}",
    )
    due = one.form.slack(Fraction(one.attained)) or Fraction(0)
    yield Trial(
        deviation=abs(Fraction(one.slack) - due),
        allowed=allowed,
        place=f"{place}: slack printed {one.slack!r}, due {float(due)!r}",
    )
