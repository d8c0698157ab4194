"""What an instance holds, for people and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ssg_mip.base.printable import printable
from ssg_mip.game.game import Game
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.problem import Problem, hash_of
from ssg_mip.report.text import add_row, counted, left_out, number, table, titled
from ssg_mip.result import finite


def game_summary(given: Game | Problem) -> dict[str, Any]:
    """What an instance holds, as plain JSON data."""
    game, constraints = _parts(given)
    asked: dict[str, Any] = {}
    if constraints:
        asked = {"problem_hash": hash_of(game, constraints), "constraints": [one.to_dict() for one in constraints]}
    return {
        "format": "ssg-mip-game/1",
        "game": game.name,
        "game_hash": game.content_hash,
        **asked,
        "num_states": game.num_states,
        "num_joint_actions": game.num_rows,
        "num_transitions": len(game.successors),
        "leader_discount": game.leader_discount,
        "follower_discount": game.follower_discount,
        "initial": {name: finite(share) for name, share in zip(game.state_names, game.initial, strict=True)},
        "states": {
            name: {"leader_actions": list(leader), "follower_actions": list(follower)}
            for name, leader, follower in zip(game.state_names, game.leader_actions, game.follower_actions, strict=True)
        },
        "source": game.source,
        "known": None if game.known is None else dict(game.known),
    }


def _parts(given: Game | Problem) -> tuple[Game, tuple[Constraint, ...]]:
    """A game, and what is asked of its policies."""
    return (given.game, given.stated) if isinstance(given, Problem) else (given, ())


def game_report(given: Game | Problem, *, limit: int | None = None) -> list[Any]:
    """What an instance holds: sizes, discounts, states with their actions, constraints, source and known answers."""
    game, constraints = _parts(given)
    made = table("state", "start>", "leader actions", "follower actions")
    for state in range(game.num_states)[:limit]:
        actions = (", ".join(game.leader_actions[state]), ", ".join(game.follower_actions[state]))
        add_row(made, (game.state_names[state], number(game.initial[state]), *actions))
    head = (
        f"{titled(game)}: {counted(game.num_states, 'state')}, {counted(game.num_rows, 'joint action')}, "
        f"{counted(len(game.successors), 'transition')}\n"
        f"  discounts: leader {game.leader_discount:g}, follower {game.follower_discount:g}\n"
        f"  content {game.content_hash[:16]}"
    )
    asked = [f"  content {hash_of(game, constraints)[:16]} with its constraints"] if constraints else []
    head = "\n".join([head, *asked])
    notes = [] if game.source is None else [f"source: {printable(game.source, one_line=True)}"]
    notes += _known_lines(game)
    hidden = 0 if limit is None else game.num_states - limit
    return [head, "", made, *left_out(hidden, "states"), *_constraint_lines(constraints), *notes]


def _constraint_lines(constraints: Sequence[Constraint]) -> list[str]:
    """Every constraint in its words."""
    if not constraints:
        return []
    return ["constraints:", *(printable(f"  {one.name}: {one.words}", one_line=True) for one in constraints)]


def _known_lines(game: Game) -> Sequence[str]:
    return (
        []
        if not game.known
        else ["known:", *(printable(f"  {key}: {value}", one_line=True) for key, value in game.known.items())]
    )
