"""The time budget, on a clock under the test's control."""

from __future__ import annotations

import math
import time

import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.cli import clock as command_clock
from ssg_mip.errors import OptionError


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_budget_runs_down_and_expires_on_time(clock: Clock) -> None:
    deadline = Deadline(10.0)
    assert (deadline.elapsed, deadline.remaining, deadline.expired) == (0.0, 10.0, False)
    clock.now += 9.0
    assert (deadline.elapsed, deadline.remaining, deadline.expired) == (9.0, 1.0, False)
    clock.now += 1.0
    assert (deadline.remaining, deadline.expired) == (0.0, True)
    clock.now += 5.0
    assert (deadline.elapsed, deadline.remaining, deadline.expired) == (15.0, 0.0, True)


def test_a_budget_that_was_opened_before_has_less_left(clock: Clock) -> None:
    deadline = Deadline(10.0, started=clock.now - 4.0)
    assert (deadline.elapsed, deadline.remaining, deadline.keeping(1.0).remaining) == (4.0, 6.0, 5.0)


def test_the_clock_of_a_command_counts_what_starting_took(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "process_time", lambda: 0.75)
    monkeypatch.setattr(command_clock, "_began", None)
    assert command_clock.command_deadline(10.0).elapsed == 0.0
    command_clock.count_from_the_beginning()
    clock.now += 1.0
    assert command_clock.command_deadline(10.0).elapsed == 1.75


def test_no_limit_never_expires(clock: Clock) -> None:
    deadline = Deadline()
    clock.now += 1e9
    assert deadline.remaining == math.inf
    assert not deadline.expired


def test_a_zero_budget_has_expired_at_once(clock: Clock) -> None:
    assert Deadline(0.0).expired
    assert clock.now == 1000.0


def test_a_share_is_a_fraction_of_what_is_left(clock: Clock) -> None:
    deadline = Deadline(10.0)
    clock.now += 4.0
    part = deadline.share(0.5)
    assert part.limit == pytest.approx(3.0)
    clock.now += 3.0
    assert part.expired
    assert not deadline.expired


def test_a_share_of_no_limit_has_none_and_of_an_expired_budget_is_expired(clock: Clock) -> None:
    assert Deadline().share(0.1).limit == math.inf
    spent = Deadline(1.0)
    clock.now += 2.0
    assert spent.share(0.5).expired


@pytest.mark.parametrize("seconds", [-1.0, math.nan, -math.inf])
def test_a_budget_below_zero_is_refused(seconds: float) -> None:
    with pytest.raises(OptionError, match=r"time_limit is .*at least 0"):
        Deadline(seconds)
