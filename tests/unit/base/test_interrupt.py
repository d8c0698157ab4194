"""Ctrl-C is a request first and an exception only the second time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from ssg_mip.base.interrupt import Interrupt, graceful_interrupt
from ssg_mip.runs.run import Run


@pytest.fixture(autouse=True)
def python_handler() -> Iterator[None]:
    """Start from Python's own handler, also where the test run itself was started with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_first_ctrl_c_sets_the_flag_and_raises_nothing() -> None:
    with graceful_interrupt() as interrupt:
        assert not interrupt.requested
        signal.raise_signal(signal.SIGINT)
        assert interrupt.requested


def test_second_ctrl_c_raises() -> None:
    with graceful_interrupt():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_previous_handler_is_back_even_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), graceful_interrupt():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nested_blocks_share_one_flag_and_the_outer_one_keeps_the_handler() -> None:
    with graceful_interrupt() as outer:
        with graceful_interrupt() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner is outer
        assert outer.requested
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_deliberately_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with graceful_interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert not interrupt.requested
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_gets_a_flag_of_its_own_and_installs_nothing() -> None:
    seen: list[tuple[object, Interrupt]] = []

    def work() -> None:
        with graceful_interrupt() as interrupt:
            seen.append((signal.getsignal(signal.SIGINT), interrupt))

    with graceful_interrupt() as outer:
        handler = signal.getsignal(signal.SIGINT)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen[0][0] is handler
        assert seen[0][1] is not outer


def test_every_run_carries_a_flag_of_its_own() -> None:
    first, second = Run(), Run()
    first.interrupt.request()
    assert first.interrupt.requested
    assert not second.interrupt.requested
