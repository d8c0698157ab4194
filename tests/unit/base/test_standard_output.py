"""Descriptor 1 inside and after a block that lends it to standard error, and how the answer gets past it."""

from __future__ import annotations

import ctypes
import io
import os
import sys
from collections.abc import Iterator

import pytest

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.standard_output import STDERR, STDOUT, point_stdout_at_stderr, stdout_lent_to_stderr
from ssg_mip.cli.console import stdout_for_the_answer, write_json

_C = ctypes.CDLL(None)


def say_in_c(text: str) -> None:
    """Through the stream of C, which has a buffer of its own."""
    _C.puts(text.encode())


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """The descriptors as they were, whatever a test does to them."""
    kept = [os.dup(STDOUT), os.dup(STDERR)]
    yield
    _C.fflush(None)
    for saved, place in zip(kept, (STDOUT, STDERR), strict=True):
        os.dup2(saved, place)
        os.close(saved)


def test_what_c_says_inside_goes_to_stderr_and_what_it_said_before_stays(capfd: pytest.CaptureFixture[str]) -> None:
    say_in_c("before")
    with stdout_lent_to_stderr() as saved:
        assert saved is not None
        say_in_c("inside")
        os.write(saved, b"answer\n")
    say_in_c("after")
    _C.fflush(None)
    assert tuple(capfd.readouterr()) == ("before\nanswer\nafter\n", "inside\n")


def test_a_descriptor_that_was_closed_is_closed_again(capfd: pytest.CaptureFixture[str]) -> None:
    """Inside it is taken, so that no file that is opened there gets what C prints."""
    os.close(STDOUT)
    with stdout_lent_to_stderr() as saved:
        assert saved is None
        say_in_c("inside")
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(STDOUT)
    assert capfd.readouterr().err == "inside\n"


def test_without_stderr_it_leads_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    for closed in ([STDERR], [STDERR, STDOUT]):
        for descriptor in closed:
            os.close(descriptor)
        point_stdout_at_stderr()
        say_in_c("lost")
        _C.fflush(None)
        assert os.fstat(STDOUT).st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116
        os.dup2(STDOUT, STDERR)
    assert capfd.readouterr().out == ""


def test_the_answer_goes_past_the_detour(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a program of its own, where ``sys.stdout`` is descriptor 1."""
    with open(STDOUT, "w", closefd=False) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with stdout_for_the_answer() as answer:
            print("a library in Python")
            say_in_c("a library in C")
            assert not answer.given
            assert write_json({}) == 0
            assert answer.given
        assert sys.stdout is stream
    out, err = capfd.readouterr()
    assert out == "{}\n"
    assert sorted(err.splitlines()) == ["a library in C", "a library in Python"]


@pytest.mark.parametrize("stream", [io.StringIO(), io.TextIOWrapper(io.BytesIO()), None])
def test_a_callers_own_stream_gets_the_answer(
    stream: io.TextIOBase | None, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not be a file; ``None`` is Python's word for a stream that was closed from the start."""
    monkeypatch.setattr(sys, "stdout", stream)
    with stdout_for_the_answer():
        print("noise")
        say_in_c("noise")
        code = write_json({})
    assert code == (ExitCode.CLOSED_OUTPUT if stream is None else ExitCode.DONE)
    assert capfd.readouterr().out == ""
    assert sys.stdout is stream
    if stream is not None:
        stream.seek(0)
        assert stream.read() == "{}\n"


@pytest.mark.parametrize(
    ("target", "code"), [("/dev/full", ExitCode.USAGE), ("pipe", ExitCode.CLOSED_OUTPUT), ("closed", 141)]
)
def test_an_answer_that_nobody_takes_has_its_code(
    target: str, code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Descriptor 1 full, without a reader, or closed after ``sys.stdout`` was made; no exception, now or later."""
    with open(STDOUT, "w", closefd=False) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        if target == "closed":
            os.close(STDOUT)
        else:
            reader, taker = os.pipe() if target == "pipe" else (None, os.open(target, os.O_WRONLY))
            os.dup2(taker, STDOUT)
            for descriptor in filter(None, (reader, taker)):
                os.close(descriptor)
        with stdout_for_the_answer():
            assert write_json({}) == code
    err = capfd.readouterr().err
    assert ("stdout: No space left" in err) == (target == "/dev/full")
