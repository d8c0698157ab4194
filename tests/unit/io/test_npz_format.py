"""A hostile or damaged .npz is refused before anything large is inflated, and nothing is ever unpickled."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import InvalidInstanceError
from ssg_mip.game.game import Game
from ssg_mip.io import npz_format, read_instance, write_instance
from tests.unit.io.malformed_npz import EXPECTED, NAMES, changed_members, members, npy_header, sound_game


@pytest.fixture
def game() -> Game:
    return sound_game()


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


def test_a_member_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Names in the archive are shown in the message, their control characters escaped."""
    path = tmp_path / "name.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\x1b[2J\nerror: none.npy", b"")
    message = refusal(path)
    assert message.isprintable()
    assert r"holds \x1b[2J error: none.npy;" in message


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
