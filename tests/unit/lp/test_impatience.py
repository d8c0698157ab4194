"""A call that does not end when asked to is left behind; one that ends in time is not."""

from __future__ import annotations

import threading

import pytest

from ssg_mip.lp.impatience import run_impatiently, work_left_behind


def test_a_call_that_ends_is_waited_for() -> None:
    done: list[bool] = []
    assert run_impatiently(lambda: done.append(True), lambda: False)
    assert done == [True]


def test_a_call_that_goes_on_is_left_behind_until_it_ends() -> None:
    release = threading.Event()
    ended = threading.Event()

    def call() -> None:
        release.wait()
        ended.set()

    assert not run_impatiently(call, lambda: True)
    assert work_left_behind()
    assert not ended.is_set()
    release.set()
    assert ended.wait(10.0)


def test_an_exception_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        run_impatiently(lambda: 1 / 0, lambda: False)
