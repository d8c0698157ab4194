"""A hostile or damaged .npz is refused before anything large is inflated, and nothing is ever unpickled."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import InvalidInstanceError
from ssg_mip.files import npz_format, read_instance, write_instance
from ssg_mip.game import Game

NAMES = ("header", "indptr", "successors", "probabilities", "leader_rewards", "follower_rewards", "initial")


@pytest.fixture
def game() -> Game:
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


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInstanceError) as caught:
        read_instance(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_plain_savez_of_the_documented_members_is_read(game: Game, tmp_path: Path) -> None:
    """Anyone can write the format with NumPy alone, compressed or not."""
    arrays = members(game, tmp_path)
    assert tuple(arrays) == NAMES
    np.savez(tmp_path / "plain.npz", **arrays)
    assert read_instance(tmp_path / "plain.npz").same_as(game)


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


@pytest.mark.parametrize("case", EXPECTED)
def test_wrong_members_are_refused_by_name(case: str, game: Game, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    np.savez_compressed(path, **changed_members(case, members(game, tmp_path)))
    assert re.search(EXPECTED[case], refusal(path))


class Explosive:
    """Leaves a trace when unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_no_pickle_is_ever_loaded(game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arrays = members(game, tmp_path)
    for name in NAMES:
        bomb = np.array([Explosive()] * len(arrays[name]), dtype=object)
        np.savez_compressed(tmp_path / "pickle.npz", **{**arrays, name: bomb})
        assert "no objects are read" in refusal(tmp_path / "pickle.npz")
    assert not (tmp_path / "exploded").exists()


def npy_header(length: int, kind: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": (length,)})
    return stream.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_small_file_that_would_unfold_to_200_megabytes_is_refused_unopened(
    name: str, game: Game, tmp_path: Path
) -> None:
    """Zeros compress a thousandfold; the shape in the member must fit the game before they are inflated."""
    arrays = members(game, tmp_path)
    kind = "|u1" if name == "header" else arrays[name].dtype.str
    size = 200 * 2**20
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other in NAMES:
            with archive.open(f"{other}.npy", "w") as stream:
                if other == name:
                    stream.write(npy_header(size // np.dtype(kind).itemsize, kind))
                    for _ in range(200):
                        stream.write(bytes(2**20))
                else:
                    np.lib.format.write_array(stream, arrays[other])
    tracemalloc.start()
    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size < 2 * 2**20
    assert re.search(r"has shape|claims|must be", message), message
    assert peak < 5 * 2**20


def test_a_member_that_claims_more_than_it_holds_is_refused(game: Game, tmp_path: Path) -> None:
    arrays = members(game, tmp_path)
    path = tmp_path / "short.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES:
            with archive.open(f"{name}.npy", "w") as stream:
                if name == "initial":
                    stream.write(npy_header(3) + bytes(16))
                else:
                    np.lib.format.write_array(stream, arrays[name])
    assert "initial claims 24 bytes" in refusal(path)


def test_members_that_together_unfold_too_far_are_refused(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instance(game, tmp_path / "game.npz")
    monkeypatch.setattr(npz_format, "MAX_INFLATED_BYTES", 1000)
    assert "at most 1000 are read" in refusal(tmp_path / "game.npz")
    monkeypatch.setattr(npz_format, "MAX_BYTES", 100)
    assert "at most 100 are read" in refusal(tmp_path / "game.npz")


def test_a_zip_directory_of_many_entries_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(2000):
            archive.writestr(f"{index}", b"")
    tracemalloc.start()
    assert "zip directory too large" in refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**19


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_given_twice_is_refused(game: Game, tmp_path: Path) -> None:
    path = tmp_path / "twice.npz"
    write_instance(game, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("initial.npy", b"")
    assert "an instance holds exactly" in refusal(path)


def test_every_cut_of_a_sound_file_is_refused(game: Game, tmp_path: Path) -> None:
    write_instance(game, tmp_path / "game.npz")
    whole = (tmp_path / "game.npz").read_bytes()
    for end in range(0, len(whole), 61):
        (tmp_path / "cut.npz").write_bytes(whole[:end])
        assert "is not a sound .npz file" in refusal(tmp_path / "cut.npz")


def test_a_flipped_byte_is_refused_or_harmless(game: Game, tmp_path: Path) -> None:
    """The checksum of each member is compared; bytes that nobody reads may differ."""
    write_instance(game, tmp_path / "game.npz")
    whole = bytearray((tmp_path / "game.npz").read_bytes())
    refused = 0
    for place in range(0, len(whole), 13):
        damaged = whole.copy()
        damaged[place] ^= 0x55
        (tmp_path / "damaged.npz").write_bytes(damaged)
        try:
            assert read_instance(tmp_path / "damaged.npz").same_as(game)
        except InvalidInstanceError:
            refused += 1
    assert refused > len(whole) / 13 / 2


def test_a_member_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """The flag says UTF-8, the bytes are not: zipfile raises a decoding error."""
    path = tmp_path / "name.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("initi\u00e4l.npy", b"")
    path.write_bytes(path.read_bytes().replace("\u00e4".encode(), b"\xff\xff"))
    assert "is not a sound .npz file" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all, only some text of a certain length", b"\x93NUMPY"])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    assert "is not a sound .npz file" in refusal(tmp_path / "x.npz")
