"""Programs are given up while they are written, and what is known by then comes back."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact import bridge, solve_commitment
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.library import random_game
from tests.unit.questions import asked

GAME = random_game(seed=1, states=8, leader_actions=3, follower_actions=3)


class _AfterAWhile(Interrupt):
    """Asks to stop at the given question."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.left = questions

    @property
    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("kind", [CommitmentBridge, ImprovementBridge])
def test_writing_ends_at_a_checkpoint_and_logs_no_error(
    kind: type[CommitmentBridge | ImprovementBridge],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(bridge, "ALWAYS_WRITTEN", 0)
    problem, run = asked(GAME, deadline=Deadline(0.0))
    values = leader_value_bounds(GAME).lower
    arguments = () if kind is CommitmentBridge else (values, GAME.initial)
    written = kind(problem, run, *arguments)
    with caplog.at_level(logging.ERROR), pytest.raises(OutOfTime):
        _ = written.relaxation
    assert not caplog.records


def test_a_program_given_up_leaves_the_incumbent_and_the_joint_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the middle of writing: a policy with its exact value, and the bound of the joint process."""
    monkeypatch.setattr(bridge, "ALWAYS_WRITTEN", 0)
    interrupt = _AfterAWhile(40)
    answer = solve_commitment(*asked(GAME, interrupt=interrupt))
    assert interrupt.left < 0
    assert answer.termination is Termination.INTERRUPTED
    assert (answer.nodes, answer.lps) == (0, 0)
    assert answer.policy is not None
    assert np.isfinite(answer.primal_bound)
    assert answer.dual_bound == pytest.approx(float(GAME.initial @ leader_value_bounds(GAME).upper))
