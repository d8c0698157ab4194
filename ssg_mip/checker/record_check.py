"""The record of an earlier check that a document prints: does it hang together, and does it say more than is proven?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.outcome import claimed_words
from ssg_mip.checker.verification import Trial

VERDICTS = {
    "verified": True,
    "values verified": None,
    "claimed": None,
    "FAILED": False,
    "checked in part": None,
    "not checked": None,
}
"""What each word means for ``verified``."""

PROMISES = ("verified", "values verified", "claimed")
"""Words that say that nothing failed and nothing was left out."""

KINDS = (
    *("dual_bound", "step_bound", "gain_bound", "resolution", "upper_bounds", "ceilings", "guaranteed.impossible"),
    *("scalarised_bound", "scalarised_step_bound", "goal_bound", "check", "prices"),
)
"""What may be claimed without proof, besides statuses and terminations."""


def record_trials(data: Mapping[str, Any], at: str, claims: Claims, *, of_policy: bool) -> Iterator[Trial]:
    """The word, the verdict, what is only claimed and the reason fit each other.

    Parameters
    ----------
    data, at, claims
        What holds the record, where it stands, and what the document says.
    of_policy
        Whether it is about one policy, and may give numbers; the record of a whole front gives none.
    """
    if fields.member(data, "check", at) is None:
        return
    place = f"{at}check"
    record = fields.mapping(data["check"], place)
    word = fields.one_of(tuple(VERDICTS), record, "word", f"{place}.")
    listed = [str(name) for name in fields.list_of(record, "claimed", f"{place}.")]
    reason = fields.text(record, "reason", f"{place}.")
    verified = fields.member(record, "verified", f"{place}.")
    yield _truth(verified is VERDICTS[word], f"{place}.verified is {verified!r} beside {word!r}")
    said = claimed_words(listed)
    if word in PROMISES:
        yield _truth((word == "verified") == (not listed), f"{place}.claimed does not fit the word {word!r}")
        fitting = word == "verified" or (word == "claimed") == (not claims.answers)
        yield _truth(fitting, f"{place}.word {word!r} {'with' if claims.answers else 'without'} a policy")
    yield _truth((reason == said) == (word in PROMISES), f"{place}.reason does not say what is claimed")
    known = {*KINDS, *_statuses(claims)}
    odd = [name for name in listed if name not in known]
    yield _truth(not odd, f"{place}.claimed names {odd[:1]}, which the document does not claim")
    yield _truth(len(set(listed)) == len(listed), f"{place}.claimed names something twice")
    numbers = [record.get(key) is not None for key in ("epsilon", "leader_value", "follower_value")]
    yield _truth(all(numbers) if of_policy and numbers[0] else not any(numbers), f"{place}: numbers of a policy")


def overstated(data: Mapping[str, Any], claimed: Sequence[str]) -> bool:
    """Whether a record says that something is proven which is not proven here."""
    record = data["check"]
    return (
        record is not None
        and record["word"] in PROMISES
        and not set(claimed) <= {str(name) for name in record["claimed"]}
    )


def _statuses(claims: Claims) -> Iterator[str]:
    yield f"status {claims.status}"
    yield f"termination {claims.termination}"
    for one in claims.scalarisations:
        yield from (f"status {one.status}", f"termination {one.termination}")
    for point in claims.answers:
        yield f"status {point.status}"


def _truth(holds: bool, place: str) -> Trial:
    return Trial(deviation=Fraction(not holds), allowed=Fraction(0), place=place)
