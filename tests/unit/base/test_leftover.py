"""Time that is left over goes to the runs that their share has cut, on a clock under the test's control."""

from __future__ import annotations

import time

import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.leftover import CutRuns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_smallest_share_is_first_and_gets_twice_as_much_or_its_part(clock: list[float]) -> None:
    deadline = Deadline(20.0)
    runs: CutRuns[str] = CutRuns(deadline)
    runs.ended("long", Deadline(6.0), cut=True)
    runs.ended("short", Deadline(4.0), cut=True)
    runs.ended("closed", Deadline(1.0), cut=False)
    clock[0] += 10.0
    key, share = runs.following() or ("", Deadline())
    assert (key, share.limit) == ("short", 8.0)
    runs.ended("short", share, cut=True)
    key, share = runs.following() or ("", Deadline())
    assert (key, share.limit) == ("long", 10.0)
    runs.ended("long", share, cut=False)
    key, share = runs.following() or ("", Deadline())
    assert (key, share.limit) == ("short", 10.0)


def test_nothing_follows_without_a_cut_run_or_with_much_less_time_than_before(clock: list[float]) -> None:
    deadline = Deadline(20.0)
    runs: CutRuns[int] = CutRuns(deadline)
    assert runs.following() is None
    runs.ended(0, Deadline(10.0), cut=True)
    clock[0] += 15.0
    assert runs.following() is not None
    clock[0] += 0.1
    assert runs.following() is None
    runs.ended(1, Deadline(1.0), cut=True)
    assert runs.following() is not None
    clock[0] += 5.0
    assert runs.following() is None


def test_a_run_that_is_cut_again_and_again_ends(clock: list[float]) -> None:
    """Every round takes more than the one before, so there are few of them."""
    runs: CutRuns[int] = CutRuns(Deadline(1000.0))
    runs.ended(0, Deadline(1e-3), cut=True)
    rounds = 0
    while (following := runs.following()) is not None:
        clock[0] += following[1].limit
        runs.ended(0, following[1], cut=True)
        rounds += 1
    assert 0 < rounds <= 20
    assert clock[0] <= 2000.0
