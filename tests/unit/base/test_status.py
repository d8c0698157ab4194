"""Status and termination: two questions, both answered for every member."""

from __future__ import annotations

import pytest

from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.checker.wording import BOUND_PROOFS, STATUS_MESSAGES, TERMINATION_MESSAGES


def test_exactly_the_six_limits_are_limits() -> None:
    assert {member.name for member in Termination if member.is_limit} == {
        "TIME_LIMIT",
        "NODE_LIMIT",
        "ITERATION_LIMIT",
        "SIZE_LIMIT",
        "MEMORY_LIMIT",
        "INTERRUPTED",
    }


def test_only_two_statuses_come_without_a_policy() -> None:
    assert {member.name for member in Status if not member.has_policy} == {"NO_SOLUTION", "INFEASIBLE"}


@pytest.mark.parametrize("kind", [Status, Termination])
def test_messages_are_distinct_sentences(kind: type[Status] | type[Termination]) -> None:
    """Enum members with equal values would silently become aliases of each other."""
    messages = [member.value for member in kind]
    assert len(set(messages)) == len(kind.__members__)
    assert all(isinstance(message, str) and len(message.split()) >= 3 for message in messages)


def test_a_claim_of_optimality_names_its_scope() -> None:
    """History-dependent leader policies can do better, so the message must not promise more."""
    assert "stationary leader policies" in Status.OPTIMAL.value


def test_the_checker_knows_the_sentences_that_are_printed() -> None:
    """Its own copy, which shares nothing with what prints, says the same."""
    assert {one.name.lower(): one.value for one in Status} == STATUS_MESSAGES
    assert {one.name.lower(): one.value for one in Termination} == TERMINATION_MESSAGES
    assert {one.value: one.certifies for one in BoundProof} == BOUND_PROOFS
