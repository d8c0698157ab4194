"""Programs are given up while they are written, and what is known by then comes back."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact import bridge, commitment_bridge, solve_commitment
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.library import random_game
from tests.unit.questions import asked

GAME = random_game(seed=1, states=8, leader_actions=3, follower_actions=3)


class _OnceWritten(Interrupt):
    """Asks to stop from when a program begins to be written."""

    begun = False

    @property
    def requested(self) -> bool:
        return self.begun

    def watch(self, monkeypatch: pytest.MonkeyPatch, write: str) -> None:
        """Look out for a function of the commitment bridge."""
        own = getattr(commitment_bridge, write)

        def watched(*given: Any, **named: Any) -> Any:
            self.begun = True
            return own(*given, **named)

        monkeypatch.setattr(commitment_bridge, write, watched)


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


@pytest.mark.parametrize("write", ["commitment_in_arrays", "commitment_along"])
def test_a_program_given_up_leaves_the_incumbent_and_the_joint_bound(
    write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of writing: a policy with its exact value, and the bound of the joint process."""
    monkeypatch.setattr(bridge, "ALWAYS_WRITTEN", 0)
    if write == "commitment_along":
        monkeypatch.setattr(commitment_bridge, "is_plain_direction", lambda _: False)
    interrupt = _OnceWritten()
    interrupt.watch(monkeypatch, write)
    answer = solve_commitment(*asked(GAME, interrupt=interrupt))
    assert interrupt.begun
    assert answer.termination is Termination.INTERRUPTED
    assert (answer.nodes, answer.lps) == (0, 0)
    assert answer.policy is not None
    assert np.isfinite(answer.primal_bound)
    assert answer.dual_bound == pytest.approx(float(GAME.initial @ leader_value_bounds(GAME).upper))
