"""What a certificate may cost: bounded numbers and depth, refusals in linear time, a replay that can be cut off."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import solve, verify, verify_bound, verify_bounds, write_instance
from ssg_mip.checker.clock import time_is_up
from ssg_mip.checker.dual.tree import DEEPEST
from ssg_mip.errors import InvalidResultError, OptionError
from tests.unit import Command
from tests.unit.checker.dual_cases import CASES, EMPTY_CASES, certified
from tests.unit.checker.lies import leaf, leaves, put

EXTREMES = (1e308, -1e308, 5e-324, 2**52, -(2**52), 10**400, True, None, "1", [], 1e18, float("nan"), float("inf"))
"""Numbers that floats just hold or do not hold, and what is no number."""

SECONDS = 3.0
"""What a refusal may take, on a busy machine too."""


@pytest.mark.parametrize("name", [*CASES, *EMPTY_CASES])
def test_extreme_numbers_are_refused_or_prove_nothing_false(name: str) -> None:
    """In every place of the header and in every third number of the nodes; no other error, no long work."""
    case = certified(name)
    text = json.dumps(case.lines)
    numbers = [path for path in leaves(json.loads(text)) if isinstance(leaf(json.loads(text), path), (int, float))]
    chosen = [path for place, path in enumerate(numbers) if path[0] == 0 or place % (len(numbers) // 20 + 1) == 0]
    for path, value in itertools.product(chosen, EXTREMES):
        lines = json.loads(text)
        put(lines, path, value)
        started = time.monotonic()
        try:
            found = verify_bound(case.game, lines)
        except InvalidResultError:
            continue
        finally:
            assert time.monotonic() - started < SECONDS
        json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("node", [["p"], ["g", 0, 0], ["v", 0, 0.0]])
def test_a_chain_of_nodes_is_refused_at_a_depth(node: list[Any]) -> None:
    """Two hundred thousand of them, of which a thousand are read."""
    case = certified("three states")

    def lines() -> Iterator[Any]:
        yield case.lines[0]
        for _ in range(200_000):
            yield node
        raise AssertionError("all of them were read")

    started = time.monotonic()
    with pytest.raises(InvalidResultError, match=f"deeper than {DEEPEST} nodes below the root"):
        verify_bound(case.game, lines())
    assert time.monotonic() - started < SECONDS


def slow_lines(case: Any) -> list[Any]:
    """Small text and much work: nodes that are propagated a hundred times each."""
    return [{**case.lines[0], "sweeps": 100}, *([["p"]] * (DEEPEST - 1)), *case.lines[1:]]


def test_a_replay_is_cut_off_by_a_time_limit_and_then_proves_nothing() -> None:
    case = certified("three states")
    assert verify_bound(case.game, case.lines, time_limit=60.0).passed
    for limit in (0.0, 0.02):
        (found,) = verify_bounds(case.game, [*slow_lines(case), *case.lines], time_limit=limit)
        assert (found.cut_off, found.passed, found.proven) == (True, False, None)
        assert found.nodes < DEEPEST
        assert (found.to_dict()["passed"], found.to_dict()["cut_off"]) == (False, True)
    with pytest.raises(OptionError, match="time_limit is -1"):
        verify_bound(case.game, case.lines, time_limit=-1.0)


def test_a_check_is_cut_off_by_a_time_limit_and_names_what_is_left() -> None:
    case = certified("three states")
    result = solve(case.game, "policy-iteration", gap=1e-3, check=False)
    assert len(result.trajectory) > 1
    found = verify(case.game, result, time_limit=0.0)
    assert (found.passed, found.word) == (True, "checked in part")
    assert found.left_out.startswith("no time for")
    assert found.not_checked[-1] == found.left_out
    assert verify(case.game, result, time_limit=600.0).left_out == ""
    with pytest.raises(OptionError, match="time_limit is nan"):
        verify(case.game, result, time_limit=float("nan"))


def test_the_command_ends_at_its_time_limit_with_exit_code_4(command: Command, tmp_path: Path) -> None:
    case = certified("three states")
    instance, proof, printed = tmp_path / "game.json", tmp_path / "slow.cert", tmp_path / "printed.json"
    write_instance(case.game, instance)
    proof.write_text("".join(f"{json.dumps(line)}\n" for line in slow_lines(case)))
    printed.write_text(json.dumps(solve(case.game, "policy-iteration", gap=1e-3, check=False).to_dict()))
    ran = command("verify", proof, instance, "--time-limit", "0.02", "--json")
    assert (ran.code, ran.data["passed"], ran.data["cut_off"]) == (4, False, True)
    ran = command("verify", proof, instance, "--time-limit", "0.02")
    assert (ran.code, ran.out) == (4, "")
    assert "the time limit was reached before the last node; the bound is not certified" in " ".join(ran.err.split())
    ran = command("verify", printed, instance, "--time-limit", "0", "--json")
    assert (ran.code, ran.data["word"]) == (4, "checked in part")
    ran = command("verify", printed, instance, "--certificate", proof, "--time-limit", "0.02", "--json")
    assert (ran.code, ran.data["passed"], ran.data["word"]) == (4, True, "checked in part")
    assert ran.data["left_out"].endswith("in the replay of a certificate, and the rest was not replayed")
    assert command("verify", printed, instance, "--time-limit", "-1").code == 2
    assert command("verify", printed, instance, "--time-limit", "60").code == 0


def test_a_limit_is_asked_again_and_again() -> None:
    assert not time_is_up(None)()
    assert time_is_up(0.0)()
    assert not time_is_up(1000.0)()
