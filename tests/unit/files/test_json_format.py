"""What is not a valid JSON instance is refused in one line that names the file and the place."""

from __future__ import annotations

import json
import os
import re
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.errors import InvalidGameError, InvalidInstanceError, OptionError
from ssg_mip.files import json_format, read_instance, write_instance
from ssg_mip.files.schema import SCHEMA_FILE, schema_text
from ssg_mip.game import Game
from tests.unit.files.malformed_json import MALFORMED, VALID, changed, raw


def refusal(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidInstanceError) as caught:
        read_instance(path)
    return str(caught.value)


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


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_file_and_place_in_one_line(case: str, tmp_path: Path) -> None:
    content, expected = MALFORMED[case]
    path = tmp_path / "bad.json"
    start = time.perf_counter()
    message = refusal(path, content)
    assert message.startswith(f"{path}: ")
    assert re.search(expected, message), message
    assert "\n" not in message
    assert len(message) < 1000
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize("end", range(1, len(json.dumps(VALID)), 37))
def test_no_cut_of_a_valid_file_is_accepted_or_crashes(end: int, tmp_path: Path) -> None:
    refusal(tmp_path / "cut.json", json.dumps(VALID)[:end])


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


def test_a_file_above_the_size_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(json_format.MAX_BYTES + 1)  # sparse: takes no room on the disk
    tracemalloc.start()
    with pytest.raises(InvalidInstanceError, match="at most 67108864 are read"):
        read_instance(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    "flood",
    [
        '"next": {' + ",".join(f'"{i}": []' for i in range(60_000)) + ', "dock": 1}',
        '"next": {"dock": 1}}' + ", {}" * 60_000 + ', {"next": {"dock": 1}',
        '"next": {"dock": 1}, ' + ",".join(f'"{i}": 0' for i in range(60_000)),
    ],
    ids=["wrong probabilities", "empty transitions", "unknown keys"],
)
def test_a_flood_of_problems_costs_no_more_memory_than_the_file(flood: str, tmp_path: Path) -> None:
    """A validator that collects every problem needs hundreds of bytes for each of them."""
    path = tmp_path / "flood.json"
    path.write_text(raw('"next": {"dock": 1}', flood))
    tracemalloc.start()
    with pytest.raises(InvalidInstanceError, match=r"\$\.transitions\[\d\]"):
        read_instance(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * path.stat().st_size


def test_too_many_values_are_refused_before_parsing() -> None:
    tracemalloc.start()
    with pytest.raises(Exception, match="more than 2000000 values"):
        json_format.parse(b"[" + b"[]," * 2_000_000 + b"[]]")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20


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


def test_the_schema_beside_the_format_is_up_to_date() -> None:
    """Mend with ``python -m ssg_mip.files.schema``."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_speaks_of_every_key_of_the_format() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(VALID)
    assert set(schema["required"]) == set(VALID) - {"source", "known", "initial"}
    transition = schema["$defs"]["TransitionDocument"]
    assert set(transition["properties"]) == set(VALID["transitions"][0])
    assert transition["additionalProperties"] is False
    assert transition["properties"]["leader_reward"]["anyOf"][0] == {"type": "number"}


def written(game: Game, path: Path) -> str:
    write_instance(game, path)
    return path.read_text(encoding="utf-8")


def test_a_written_file_has_one_joint_action_per_line(tmp_path: Path) -> None:
    text = written(json_format.parse(json.dumps(VALID).encode()), tmp_path / "docks.json")
    lines = [line for line in text.splitlines() if '"leader_reward"' in line]
    assert len(lines) == 3
    assert lines[1].strip().startswith('{"state": "dock", "leader_action": "stay", "follower_action": "wait"')
