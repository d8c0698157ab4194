"""Malformed instances as NumPy archives, each with what must be said about it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.io import write_instance

NAMES = ("header", "indptr", "successors", "probabilities", "leader_rewards", "follower_rewards", "initial")


def sound_game() -> Game:
    """A game of three states with two actions each."""
    rng = np.random.default_rng(1)
    return Game.from_arrays(
        rng.dirichlet(np.ones(3), size=(3, 2, 2)),
        *rng.normal(size=(2, 3, 2, 2)),
        leader_discount=0.9,
        follower_discount=0.7,
    )


def members(game: Game, folder: Path) -> dict[str, Any]:
    """The arrays of a sound file."""
    path = folder / "sound.npz"
    write_instance(game, path)
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def header(arrays: dict[str, Any], **changes: Any) -> dict[str, Any]:
    tree = json.loads(arrays["header"].tobytes())
    tree.update(changes)
    text = json.dumps({key: value for key, value in tree.items() if value is not None})
    return {**arrays, "header": np.frombuffer(text.encode(), dtype="u1")}


def npy_header(length: int, kind: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": (length,)})
    return stream.getvalue()


def changed_members(case: str, arrays: dict[str, Any]) -> dict[str, Any]:
    rewards, indptr = arrays["leader_rewards"], arrays["indptr"]
    jumping = indptr.copy()
    jumping[1], jumping[2] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    cases: dict[str, dict[str, Any]] = {
        "member missing": {name: array for name, array in arrays.items() if name != "initial"},
        "member too many": {**arrays, "extra": np.zeros(1)},
        "objects": {**arrays, "leader_rewards": np.array([None] * len(rewards), dtype=object)},
        "strings": {**arrays, "leader_rewards": rewards.astype("U")},
        "single precision": {**arrays, "leader_rewards": rewards.astype("f4")},
        "other byte order": {**arrays, "leader_rewards": rewards.astype(">f8")},
        "records": {**arrays, "leader_rewards": np.zeros(len(rewards), dtype=[("x", "<f8")])},
        "two dimensions": {**arrays, "leader_rewards": rewards.reshape(2, -1)},
        "too short": {**arrays, "follower_rewards": rewards[:-1]},
        "probabilities too short": {**arrays, "probabilities": arrays["probabilities"][:-1]},
        "start too long": {**arrays, "initial": np.append(arrays["initial"], 0.0)},
        "rewards not finite": {**arrays, "leader_rewards": np.where(rewards == rewards[3], np.nan, rewards)},
        "sum wrong": {**arrays, "probabilities": arrays["probabilities"] * 0.5},
        "successor unknown": {**arrays, "successors": arrays["successors"] + 1},
        "successor negative": {**arrays, "successors": arrays["successors"] - 1},
        "offsets fall": {**arrays, "indptr": indptr[::-1].copy()},
        "offsets wrap around": {**arrays, "indptr": jumping},
        "offsets end late": {**arrays, "indptr": np.append(indptr[:-1], 2**62)},
        "offsets end early": {**arrays, "indptr": np.minimum(indptr, 5)},
        "header not JSON": {**arrays, "header": arrays["header"][:-5]},
        "header not UTF-8": {**arrays, "header": np.full(9, 255, dtype="u1")},
        "header empty": {**arrays, "header": np.zeros(0, dtype="u1")},
        "header is text": {**arrays, "header": np.array("x")},
        "other version": header(arrays, format="ssg-mip/9"),
        "unknown key": header(arrays, note="x"),
        "name missing": header(arrays, name=None),
        "discount": header(arrays, leader_discount=1.0),
        "state twice": header(arrays, state_names=["s0", "s1", "s0"]),
        "states too few": header(arrays, state_names=["s0", "s1"]),
        "actions too many": header(arrays, leader_actions=[["a0", "a1", "a2"]] * 3),
        "action a number": header(arrays, leader_actions=[["a0", 1]] * 3),
    }
    return cases[case]


EXPECTED = {
    "member missing": r"an instance holds exactly follower_rewards\.npy",
    "member too many": r"holds extra\.npy",
    "objects": r"leader_rewards has element type object; it must be float64 \(no objects are read\)",
    "strings": "leader_rewards has element type <U",
    "single precision": "leader_rewards has element type float32",
    "other byte order": "leader_rewards has element type >f8",
    "records": "leader_rewards has element type",
    "two dimensions": r"leader_rewards has shape \(2, 6\); it must be \(12,\)",
    "too short": r"follower_rewards has shape \(11,\); it must be \(12,\)",
    "probabilities too short": r"probabilities has shape \(35,\); it must be \(36,\)",
    "start too long": r"initial has shape \(4,\); it must be \(3,\)",
    "rewards not finite": r"leader_reward\[s=s0, a=a1, b=b1\] is nan; it must be finite",
    "sum wrong": r"transitions\[s=s\d, a=a\d, b=b\d\] sum to 0\.(5|4999)\d*; they must sum to 1",
    "successor unknown": r"successors\[2\] is 3; states are 0\.\.2",
    "successor negative": r"successors\[0\] is -1",
    "offsets fall": r"successors has shape \(36,\); it must be \(0,\)",
    "offsets wrap around": "indptr must rise from 0",
    "offsets end early": r"successors has shape \(36,\); it must be \(5,\)",
    "offsets end late": r"indptr ends with 4611686018427387904; it must be the number of transitions, at most 36",
    "header not JSON": "is not JSON",
    "header not UTF-8": "is not UTF-8",
    "header empty": "is not JSON",
    "header is text": "header has element type <U1",
    "other version": r"\$\.format is 'ssg-mip/9'",
    "unknown key": r"\$\.note is an unknown key",
    "name missing": r"\$\.name is missing",
    "discount": r"\$\.leader_discount is 1\.0; it must be in \[0, 1\)",
    "state twice": "state_names holds 's0' twice",
    "states too few": r"\$\.leader_actions is given for 3 states; there are 2",
    "actions too many": r"indptr has shape \(13,\); it must be \(19,\)",
    "action a number": r"\$\.leader_actions\[0\]\[1\] is 1; it must be text",
}
