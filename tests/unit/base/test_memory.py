"""What a process may hold: amounts in words, and what happens at a limit."""

from __future__ import annotations

import pytest

from ssg_mip import enclose_front, existence, solve, trace_front
from ssg_mip.base.memory import available_memory, bytes_of, memory_limit_of, require_memory, resident_memory
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.exact.size_limit import obstacle
from ssg_mip.library import random_game
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run


@pytest.mark.parametrize(
    ("given", "held"),
    [("500 MB", 5e8), ("2GiB", 2.0**31), ("1.5 gb", 1.5e9), (10**9, 1e9), (2.5e9, 2.5e9), ("7", 7.0)],
)
def test_amounts_are_read(given: object, held: float) -> None:
    assert bytes_of(given) == held


@pytest.mark.parametrize("given", ["", "much", "-5 MB", 0, -1, True, float("inf"), float("nan"), [5], "5 parsecs"])
def test_other_things_are_refused(given: object) -> None:
    with pytest.raises(OptionError, match=r"memory_limit is .*it must be a number of bytes"):
        memory_limit_of(given)  # type: ignore[arg-type]


def test_less_than_the_process_holds_already_is_refused() -> None:
    with pytest.raises(OptionError, match=r"the process holds [0-9,]+ MB before it begins; give more"):
        memory_limit_of("1 MB")


def test_a_limit_counts_what_is_held_already() -> None:
    held = resident_memory()
    assert held > 1e6
    assert available_memory(held + 1e6) <= 2e6
    assert available_memory(1.0) == 0.0
    with pytest.raises(TooLargeError, match="a thing needs about"):
        require_memory(3e6, "a thing", "less would fit", limit=held + 1e6)


def test_a_program_that_would_not_fit_is_not_written() -> None:
    within = Run(limits=Limits(memory=resident_memory() + 1e6))
    assert obstacle(10, within) is None
    assert obstacle(90_000, within) is Termination.MEMORY_LIMIT
    assert obstacle(90_000, Run()) is None


def test_a_search_that_reaches_the_limit_ends_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(3, 6, 3, 3, 2)
    whole = solve(game, "commitment", node_limit=3, check=False)
    asked = 0

    def growing() -> float:
        nonlocal asked
        asked += 1
        return 5e9 if asked > 4 else 1e8

    monkeypatch.setattr("ssg_mip.base.budget.resident_memory", growing)
    cut = solve(game, "commitment", memory_limit="4 GB")
    assert cut.termination is Termination.MEMORY_LIMIT
    assert cut.leader_policy is not None
    assert cut.leader_value <= whole.dual_bound <= cut.dual_bound + 1e-9
    assert cut.check.passed
    assert cut.provenance.options["memory_limit"] == 4e9


@pytest.mark.parametrize("question", [trace_front, enclose_front, existence])
def test_questions_about_fronts_take_a_limit(question: object, monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(3, 2, 2, 2, 2)
    free = question(game, memory_limit="100 GB")  # type: ignore[operator]
    assert free.provenance.options["memory_limit"] == 1e11
    assert "memory_limit" not in question(game).provenance.options  # type: ignore[operator]
    monkeypatch.setattr("ssg_mip.base.budget.resident_memory", lambda: 2e11)
    ends = question(random_game(3, 4, 3, 3, 2), memory_limit="100 GB")  # type: ignore[operator]
    assert getattr(ends, "termination", Termination.MEMORY_LIMIT) is Termination.MEMORY_LIMIT
