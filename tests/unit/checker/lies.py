"""Other values that the fields of a printed document could have: each a lie, unless it says less than before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ssg_mip.checker.claims import STATUSES, TERMINATIONS, TIE_RULES
from ssg_mip.checker.record_check import VERDICTS
from ssg_mip.checker.wording import BOUND_PROOFS, STATUS_MESSAGES, TERMINATION_MESSAGES, bound_scope
from ssg_mip.game.game import Game

Path = tuple[str | int, ...]
Data = dict[str, Any]

UPPER_BOUNDS = (
    *("dual_bound", "step_bound", "gain_bound", "resolution", "bound", "upper_bounds", "epsilon"),
    *("scalarised_bound", "scalarised_step_bound"),
)
"""Fields in which a larger number says less."""

WORDS: dict[str, tuple[Any, ...]] = {
    "status": STATUSES,
    "termination": TERMINATIONS,
    "status_message": tuple(STATUS_MESSAGES.values()),
    "termination_message": tuple(TERMINATION_MESSAGES.values()),
    "ties": TIE_RULES,
    "bound_proof": tuple(BOUND_PROOFS),
    "dual_bound_scope": (bound_scope(0.0), bound_scope(0.25)),
    "bound_scope": (bound_scope(0.0), bound_scope(0.25)),
    "player": ("leader", "follower"),
    "kind": ("augmented-chebyshev", "concave-pieces", "weighted-sum", "worst-start", "worst-type"),
    "word": tuple(VERDICTS),
    "format": ("ssg-mip-result/1", "ssg-mip-front/1", "ssg-mip-enclosure/1"),
    "claimed": ("dual_bound", "status optimal", "status stationary", "step_bound", "termination interrupted"),
    "method": ("commitment", "policy-iteration", "grid", "fixed-point", "enclosure"),
}
"""What fields of words may say."""


def leaves(data: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all leaves; an empty list or object is one."""
    items = list(data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ())
    if not items:
        yield path
    for key, value in items:
        yield from leaves(value, (*path, key))


def leaf(data: Any, path: Path) -> Any:
    """What stands at a path."""
    for key in path:
        data = data[key]
    return data


def put(data: Any, path: Path, value: Any) -> None:
    """Change what stands at a path."""
    leaf(data, path[:-1])[path[-1]] = value


def pattern(path: Path, game: Game) -> str:
    """A path without places in lists and names of the game: ``points[].leader_values.*``."""
    names = {*game.state_names, *(name for row in (*game.leader_actions, *game.follower_actions) for name in row)}
    text = ""
    for key in path:
        text += "[]" if isinstance(key, int) else f".{'*' if key in names else key}"
    return text.lstrip(".")


def is_below(place: str, field: str) -> bool:
    """Whether a place is a field, or below it."""
    return place == field or place.startswith((f"{field}.", f"{field}["))


def other_values(path: Path, value: Any, game: Game) -> Iterator[Any]:
    """Plausible values of the same kind that a leaf could have instead."""
    key = next((key for key in reversed(path) if isinstance(key, str)), "")
    field = next((key for key in reversed(path) if isinstance(key, str) and key not in game.state_names), "")
    if value in ([], {}):
        return
    if field == "follower_policy" and path[-1] in game.state_names:
        state = game.state_index(str(path[-1]))
        yield from (name for name in game.follower_actions[state] if name != value)
    elif field == "tied_states" or key == "name":
        yield from (name for name in game.state_names if name != value)
    elif field in WORDS:
        yield from (word for word in WORDS[field] if word != value)
    elif isinstance(value, bool) or (value is None and key == "verified"):
        yield from ({True, False, None} if key == "verified" else {True, False}) - {value}
    elif isinstance(value, (int, float)):
        yield from _numbers(field, value)
    elif isinstance(value, str):
        yield from _texts(value)
    elif value is None and key != "leader_policy":
        yield 0.5


def _numbers(field: str, value: float) -> Iterator[float]:
    size = max(1.0, abs(value))
    if isinstance(value, int):
        yield value + 1
        return
    yield value - 1e-3 * size
    if field not in UPPER_BOUNDS:
        yield value + 1e-3 * size


def _texts(value: str) -> Iterator[str]:
    """A text with another number in it, or another text."""
    found = re.search(r"\d", value)
    if found is None:
        yield value + "!"
    else:
        digit = str((int(found[0]) + 1) % 10)
        yield value[: found.start()] + digit + value[found.end() :]
