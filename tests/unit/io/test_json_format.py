"""A JSON instance is the game it describes; what is no file of a known kind is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.errors import InvalidGameError, InvalidInstanceError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.io import json_format, read_instance, write_instance
from tests.unit.io.docks import VALID, changed


def test_a_valid_document_becomes_the_game_it_describes(tmp_path: Path) -> None:
    path = tmp_path / "docks.json"
    path.write_text(json.dumps(VALID))
    game = read_instance(path)
    assert (game.name, game.source, game.known) == ("docks", "made up", {"leader_value": 1.5})
    assert game.state_names == ("dock", "open sea")
    assert game.leader_discount == 0.9
    assert game.leader_rewards.tolist() == [-1 / 3, 0.1, 0.0]
    assert game.follower_rewards.tolist() == [2.0, 1e-3, 0.0]
    assert game.probabilities.tolist() == [1 / 3, 2 / 3, 1.0, 0.25, 0.75]
    assert game.initial.tolist() == [1.0, 0.0]


def test_without_a_start_distribution_the_start_is_uniform(tmp_path: Path) -> None:
    path = tmp_path / "docks.json"
    path.write_text(changed("initial", remove=True))
    assert read_instance(path).initial.tolist() == [0.5, 0.5]


def test_a_fraction_is_the_float_nearest_to_it(tmp_path: Path) -> None:
    """Dividing two floats would round three times: 10**22 + 1 is no float."""
    path = tmp_path / "docks.json"
    top, bottom = 10**25 + 1, 3 * 10**24 + 7
    path.write_text(changed("transitions", 1, "leader_reward", value=f"{top}/{bottom}"))
    assert read_instance(path).leader_rewards[1] == top / bottom  # Python divides integers with one rounding
    path.write_text(changed("transitions", 1, "leader_reward", value=f"{10**308}/{10**308}"))
    assert read_instance(path).leader_rewards[1] == 1.0


def test_what_is_not_a_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    fifo = tmp_path / "fifo.json"
    os.mkfifo(fifo)
    dangling = tmp_path / "link.json"
    dangling.symlink_to(tmp_path / "nowhere.json")
    for path, expected in (
        (folder, "is a folder"),
        (fifo, "is not a regular file"),
        (dangling, "is a link to a file that does not exist"),
        (tmp_path / "absent.json", "does not exist"),
        (folder / "x" / "y.json", "does not exist"),
        (Path("a\0b.json"), "cannot be read"),
        (tmp_path / f"{'x' * 300}.json", "cannot be read"),
    ):
        with pytest.raises(InvalidInstanceError, match=expected):
            read_instance(path)


@pytest.mark.parametrize("name", ["game.txt", "game", "game.json.gz"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    game = json_format.parse(json.dumps(VALID).encode())
    with pytest.raises(InvalidInstanceError, match=r"it must be one of \.json, \.npz"):
        read_instance(tmp_path / name)
    with pytest.raises(OptionError, match=r"it must be one of \.json, \.npz"):
        write_instance(game, tmp_path / name)


@pytest.mark.parametrize(
    ("known", "place"),
    [
        ({"x": float("nan")}, r"\$\.known"),
        ({"x": {1, 2}}, r"\$\.known\.x"),
        ({"x": (1, 2)}, r"\$\.known\.x"),
        ({1: 2}, r"\$\.known"),
        ({"x": 10**5000}, r"\$\.known"),
        ({"x": "\ud800"}, r"\$\.known"),
    ],
)
def test_remarks_that_json_cannot_hold_are_refused_when_writing(known: Any, place: str, tmp_path: Path) -> None:
    game = json_format.parse(json.dumps(VALID).encode()).replace(known=known)
    for suffix in ("json", "npz"):
        with pytest.raises(InvalidGameError, match=place):
            write_instance(game, tmp_path / f"out.{suffix}")
    assert list(tmp_path.iterdir()) == []


def written(game: Game, path: Path) -> str:
    write_instance(game, path)
    return path.read_text(encoding="utf-8")


def test_a_written_file_has_one_joint_action_per_line(tmp_path: Path) -> None:
    text = written(json_format.parse(json.dumps(VALID).encode()), tmp_path / "docks.json")
    lines = [line for line in text.splitlines() if '"leader_reward"' in line]
    assert len(lines) == 3
    assert lines[1].strip().startswith('{"state": "dock", "leader_action": "stay", "follower_action": "wait"')
