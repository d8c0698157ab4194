"""Instances as JSON text: readable, one state and one joint action per line, to the last bit.

Floats are written with the fewest digits that read back as the same float, so a game survives unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ssg_mip.errors import OptionError
from ssg_mip.game.assembly import Problems, assemble
from ssg_mip.game.game import Game
from ssg_mip.io.document import (
    FORMAT,
    FORMAT_2,
    InstanceDocument,
    Remarks,
    check_format,
    check_layout,
    listed_problems,
)
from ssg_mip.io.problem_document import ProblemDocument
from ssg_mip.io.safe_io import read_bytes, write_atomically
from ssg_mip.io.said import NOTHING, Said
from ssg_mip.io.strict_json import MAX_VALUES, Refusal, count_values, json_path, parse_json

MAX_BYTES = 64 * 2**20
"""Largest JSON instance that is read or written; larger games belong into ``.npz``."""


def read(path: Path) -> tuple[Game, Said]:
    """The game in a JSON file, and what it says beside.

    Raises
    ------
    Refusal
        If the file is not an instance.
    """
    return parse_all(read_bytes(path, MAX_BYTES))


def parse(data: bytes) -> Game:
    """The game in JSON text that says nothing beside.

    Raises
    ------
    Refusal
        If the text is not an instance, or says more.
    """
    game, said = parse_all(data)
    check_says_nothing(said)
    return game


def parse_all(data: bytes) -> tuple[Game, Said]:
    """The game in JSON text, and what it says beside.

    Raises
    ------
    Refusal
        If the text is not an instance.
    """
    tree = parse_json(data)
    check_format(tree)
    document: InstanceDocument
    said = NOTHING
    if tree["format"] == FORMAT_2:
        document = words = check_layout(ProblemDocument, tree)
        said = words.said()
    else:
        document = check_layout(InstanceDocument, tree)
    problems = Problems(json_path)
    game = assemble(document.to_draft(), problems)
    if game is None:
        raise Refusal(listed_problems(problems.shown, problems.count))
    return game, said


def check_says_nothing(said: Said) -> None:
    """Raise :class:`Refusal` if a file says more than a game can hold."""
    for key in said.to_dict():
        raise Refusal("is more than a game: read the file with read_problem", (key,))


def write(game: Game, path: Path, said: Said = NOTHING) -> None:
    """Write a game, and what is said beside it, as JSON.

    Raises
    ------
    Refusal
        If name, source or remarks are not JSON data.
    OptionError
        If the file cannot be written or would be too large to read.
    """
    data = "".join(_lines(game, said)).encode()
    if len(data) > MAX_BYTES or count_values(data) > MAX_VALUES:
        raise OptionError(f"{path}: {game.name} is too large for JSON ({len(data)} bytes); write it as .npz")
    write_atomically(path, lambda stream: stream.write(data))


def remarks(game: Game) -> dict[str, Any]:
    """Name, source and known answers as JSON data, checked to survive a round trip.

    Raises
    ------
    Refusal
        With the JSON path of what is not JSON data.
    """
    given: dict[str, Any] = {"name": game.name, "source": game.source}
    given["known"] = None if game.known is None else dict(game.known)
    held = {key: value for key, value in given.items() if value is not None}
    try:
        check_layout(Remarks, held)
        parse_json(json.dumps(held).encode())
    except (RecursionError, ValueError) as error:
        raise Refusal(f"is not JSON data: {error}", ("known",)) from None
    return held


def _lines(game: Game, said: Said) -> Iterator[str]:
    held = remarks(game)
    start = {
        state: float(value)
        for state, value in zip(game.state_names, game.initial, strict=True)
        if value != 0.0 or str(value) != "0.0"
    }
    yield f'{{\n  "format": {_text(FORMAT_2 if said else FORMAT)},\n'
    for key, value in held.items():
        yield f'  "{key}": {_text(value)},\n'
    yield f'  "leader_discount": {game.leader_discount!r},\n  "follower_discount": {game.follower_discount!r},\n'
    yield f'  "initial": {_text(start)},\n  "states": {{\n'
    for index, state in enumerate(game.state_names):
        actions = {"leader_actions": game.leader_actions[index], "follower_actions": game.follower_actions[index]}
        yield f"    {_text(state)}: {_text(actions)}" + (",\n" if index + 1 < game.num_states else "\n")
    yield '  },\n  "transitions": [\n'
    for row in range(game.num_rows):
        yield f"    {_text(_transition(game, row))}" + (",\n" if row + 1 < game.num_rows else "\n")
    yield "  ]"
    for key, value in said.to_dict().items():
        yield f',\n  "{key}": {_entries(value)}'
    yield "\n}\n"


def _entries(value: Any) -> str:
    """A list or an object with one entry per line."""
    if isinstance(value, dict):
        lines = (f"    {_text(key)}: {_text(entry)}" for key, entry in value.items())
        return "{\n" + ",\n".join(lines) + "\n  }"
    return "[\n" + ",\n".join(f"    {_text(entry)}" for entry in value) + "\n  ]"


def _transition(game: Game, row: int) -> dict[str, Any]:
    state = int(game.row_state[row])
    successors, probabilities = game.next_states(row)
    return {
        "state": game.state_names[state],
        "leader_action": game.leader_actions[state][int(game.row_leader[row])],
        "follower_action": game.follower_actions[state][int(game.row_follower[row])],
        "leader_reward": float(game.leader_rewards[row]),
        "follower_reward": float(game.follower_rewards[row]),
        "next": {
            game.state_names[target]: float(probability)
            for target, probability in zip(successors, probabilities, strict=True)
        },
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
