"""What all attacks share: play game after game, count what disagrees, say how to play a failure again."""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Callable, Iterable

AGREEMENT = 1e-6
"""What may separate a claim from the truth's own proven interval, relative to the larger of 1 and the truth."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What one game showed.

    Attributes
    ----------
    deviation
        How far two claims about the optimum contradict each other, relative; 0 where their intervals meet.
    violations
        Everything that must not be, one sentence each; empty for a game that passed.
    remarks
        What is worth counting, such as ``not proven optimal``.
    """

    deviation: float = 0.0
    violations: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            max(self.deviation, other.deviation),
            self.violations + other.violations,
            self.remarks + other.remarks,
        )


Play = Callable[[int, int], Verdict]
"""Game ``index`` of the series ``seed``; the same two numbers mean the same game for ever."""


@dataclasses.dataclass(frozen=True)
class Attack:
    """An attack: its name, a line on what it claims, how many games its full size has, and one game of it."""

    name: str
    claim: str
    games: int
    play: Play


@dataclasses.dataclass
class Report:
    """The outcome of many games."""

    attack: str
    seed: int
    games: int = 0
    worst: float = 0.0
    worst_game: int = -1
    seconds: float = 0.0
    """Processor time, because the clock also counts what else the machine does."""
    failures: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    remarks: dict[str, list[int]] = dataclasses.field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether something was played and nothing disagreed."""
        return self.games > 0 and not self.failures

    def add(self, index: int, verdict: Verdict) -> None:
        """Count one game."""
        self.games += 1
        for remark in set(verdict.remarks):
            self.remarks.setdefault(remark, []).append(index)
        if verdict.deviation > self.worst:
            self.worst, self.worst_game = verdict.deviation, index
        if verdict.violations:
            self.failures[index] = verdict.violations

    def __str__(self) -> str:
        """One line, and one more for every failure."""
        where = f" (game {self.worst_game})" if self.worst_game >= 0 else ""
        head = (
            f"{self.attack}: {self.games} games, seed {self.seed}, {len(self.failures)} failures, "
            f"worst deviation {self.worst:.1e}{where}, {self.seconds:.0f} s"
        )
        counted = [f"{len(games)} {remark}{_listed(games)}" for remark, games in sorted(self.remarks.items())]
        lines = ["; ".join([head, *counted])]
        for index, violations in self.failures.items():
            lines.append(f"  game {index}: {'; '.join(violations)}")
            lines.append(f"    again: python -m tests.attacks {self.attack} --seed {self.seed} --only {index}")
        return "\n".join(lines)


EVERY = 100
"""Games between two lines of progress."""


def run(attack: Attack, seed: int, indices: Iterable[int], tell: Callable[[str], object] = print) -> Report:
    """Play the games; one that raises counts as a failure and the others go on."""
    report, started = Report(attack.name, seed), time.process_time()
    for index in indices:
        try:
            verdict = attack.play(seed, index)
        except Exception as error:
            verdict = Verdict(violations=(f"{_place(error)} raised {type(error).__name__}: {error}",))
        report.add(index, verdict)
        report.seconds = time.process_time() - started
        if verdict.violations:
            tell(f"{attack.name} game {index} failed")
        if report.games % EVERY == 0:
            tell(f"{attack.name}: {report.games} games, {len(report.failures)} failures, up to game {index}")
    return report


FEW = 5
"""Games that a report lists by number."""


def _listed(games: list[int]) -> str:
    """The numbers of a few games, nothing for many."""
    return f" (game {', '.join(map(str, games))})" if len(games) <= FEW else ""


def _place(error: Exception) -> str:
    """File and line where an exception was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno}"
