"""Leader policies in JSON: ``{state: {action: probability}}``, or inside a result that ``solve --json`` printed."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.base.rules import is_number, shown
from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import Game
from ssg_mip.io.strict_json import without_repetition
from ssg_mip.numerics.array_types import FloatArray, IntArray

RESULT_FORMAT = "ssg-mip-result/"
"""How results begin to say what they are."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicyFile:
    """What a file says: probabilities per leader slot, the follower's answers if it has them, and what it claims."""

    slots: FloatArray
    answers: IntArray | None
    said: Mapping[str, Any]


def is_json(file: Path) -> bool:
    """Whether a file is meant to be JSON: by its name, or because it begins with a brace."""
    if file.suffix.lower() == ".json":
        return True
    try:
        with file.open("rb") as stream:
            return stream.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def read_policy_file(game: Game, file: Path) -> PolicyFile:
    """The policy in a file.

    Raises
    ------
    InvalidPolicyError
        If the file cannot be read, holds no policy, or one that is about another game.
    """
    data = _parsed(file)
    if not str(data.get("format", "")).startswith(RESULT_FORMAT):
        return PolicyFile(slots=_slots(game, data, file), answers=None, said={})
    provenance = data.get("provenance")
    about = provenance.get("game_hash") if isinstance(provenance, dict) else None
    if about != game.content_hash:
        raise InvalidPolicyError(
            f"{file} is a result about another instance, {data.get('game')!r}: name the instance that was solved, or "
            f"give its leader_policy alone"
        )
    table = data.get("leader_policy")
    if not isinstance(table, dict):
        raise InvalidPolicyError(f"{file} is a result without a policy: nothing is there to evaluate")
    value = data.get("leader_value")
    said = {"claimed_by": str(data.get("method")), "claimed_value": value if is_number(value) else None}
    return PolicyFile(slots=_slots(game, table, file), answers=_answers(game, data.get("follower_policy")), said=said)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        hook = without_repetition(str(file), InvalidPolicyError)
        data = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=hook)
    except OSError as error:
        raise InvalidPolicyError(f"the policy file: {file} cannot be read: {error.strerror or error}") from None
    except InvalidPolicyError:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidPolicyError(f"{file} is not valid JSON: {error}") from None
    if not isinstance(data, dict) or not data:
        raise InvalidPolicyError(f"{file} holds no leader policy; it must be {{state: {{action: probability}}}}")
    return data


def _slots(game: Game, table: Mapping[str, Any], file: Path) -> FloatArray:
    """The probabilities per leader slot, as they are; actions left out have probability 0."""
    slots = np.zeros(int(game.leader_offsets[-1]))
    unknown = set(table) - set(game.state_names)
    if unknown:
        raise InvalidPolicyError(
            f"{file} names the state {min(unknown)!r}, which {game.name!r} does not have: is it of another instance?"
        )
    for number, (state, actions) in enumerate(zip(game.state_names, game.leader_actions, strict=True)):
        if state not in table and len(actions) == 1:
            slots[int(game.leader_offsets[number])] = 1.0
            continue
        row = table.get(state)
        if not isinstance(row, dict):
            said = shown(row) if state in table else "nothing"
            raise InvalidPolicyError(
                f"{file} says {said} of the state {state!r}; it must be {{action: probability}} for every state "
                "with a choice"
            )
        for action, probability in row.items():
            if action not in actions:
                raise InvalidPolicyError(f"{file} names the leader action {action!r}, which state {state!r} has not")
            if not is_number(probability) or not math.isfinite(probability):
                raise InvalidPolicyError(
                    f"{file} gives {action!r} in state {state!r} the probability {shown(probability)}; it must be a "
                    "finite number"
                )
            slots[int(game.leader_offsets[number]) + actions.index(action)] = probability
    return slots


def _answers(game: Game, table: Any) -> IntArray | None:
    """The follower's actions, if a result names one for every state."""
    if not isinstance(table, dict):
        return None
    chosen = []
    for state, actions in zip(game.state_names, game.follower_actions, strict=True):
        if table.get(state) not in actions:
            return None
        chosen.append(actions.index(table[state]))
    return np.array(chosen, dtype=np.int64)
