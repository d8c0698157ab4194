"""Words, numbers and tables that the reports share."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from ssg_mip.base.printable import printable
from ssg_mip.checker.outcome import CheckOutcome, interval_to_list
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy


def number(value: float | None) -> str:
    """Seven significant digits; ``-`` for what is not known."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.7g}"


def percent(share: float | None) -> str:
    """A share as a percentage with four decimals; ``-`` for what is not known."""
    if share is None or not math.isfinite(share):
        return "-"
    text = f"{100.0 * share:.4f}"
    return "< 0.0001%" if share > 0.0 and not float(text) else f"{float(text):g}%"


def titled(game: Game) -> str:
    """The name of a game as one line of a report; it may hold anything."""
    return printable(game.name, one_line=True)


def counted(count: int, what: str) -> str:
    """``1 point``, ``2 points``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table; columns whose heading ends in ``>`` are right-aligned."""
    made = Table(
        title=None if title is None else Text(printable(title)),
        title_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
        show_edge=False,
    )
    for heading in columns:
        made.add_column(
            Text(printable(heading.rstrip(">"))), justify="right" if heading.endswith(">") else "left", overflow="fold"
        )
    return made


def add_row(to: Table, cells: Iterable[str]) -> None:
    """Add a row of plain texts."""
    to.add_row(*(Text(printable(cell)) for cell in cells))


def mixed_action(policy: LeaderPolicy, game: Game, state: int) -> str:
    """What a policy plays in a state: ``left 0.25, right 0.75``; one action alone is just named."""
    names = game.leader_actions[state]
    return mix_in_words(zip(names, policy.probabilities[state, : len(names)].tolist(), strict=True))


def mix_in_words(mix: Iterable[tuple[str, float]]) -> str:
    """Actions with their probabilities in words; one action alone is just named."""
    played = [(name, share) for name, share in mix if share > 0.0]
    if len(played) == 1:
        return played[0][0]
    return ", ".join(f"{name} {share:.6g}" for name, share in played)


def rule(ties: str, margin: float) -> str:
    """What decides between the follower's answers: the tie rule, or a margin that leaves no ties."""
    return f"margin {margin:g}" if margin > 0.0 else f"ties {ties}"


def check_line(check: CheckOutcome) -> str:
    """What the exact checker says, in one line."""
    if not check.passed:
        return check.word if check.reason in {"", check.word} else f"{check.word}: {check.reason}"
    rest = f"; {check.reason}" if check.claimed else ""
    if not check.has_values and check.claimed:
        return check.reason
    if check.leader_value is None or check.epsilon is None:
        return f"{check.word} in {check.arithmetic}{rest}"
    low, high = interval_to_list(check.leader_value) or (None, None)
    value = "exact" if check.leader_value.is_exact else f"in [{low!r}, {high!r}]"
    loss = f"the follower loses {float(check.epsilon):.2g} at most" if check.epsilon else "the response is optimal"
    return f"{check.word} in {check.arithmetic}: value {value}, {loss}{rest}"


def left_out(count: int, what: str) -> list[str]:
    """A line on what a table leaves out, if it does."""
    return [f"... {count} more {what}; --verbose shows all."] if count > 0 else []
