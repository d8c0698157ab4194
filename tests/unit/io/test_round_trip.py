"""A game survives being written and read, to the last bit, in either format; a file is written whole or not at all."""

from __future__ import annotations

import math
import os
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import UNPRINTABLE
from ssg_mip.io import json_format, npz_format, read_instance, write_instance
from ssg_mip.io.safe_io import write_atomically

letters = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=5)
finite = st.floats(allow_nan=False, allow_infinity=False)
discounts = st.floats(0.0, math.nextafter(1.0, 0.0))
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(st.characters(exclude_categories=("Cs",)), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(letters, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def distributions(draw: st.DrawFn, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    weights = np.array(draw(st.lists(st.floats(0.0, 1.0), min_size=size, max_size=size)))
    if weights.sum() < 1e-3:
        weights[draw(st.integers(0, size - 1))] = 1.0
    normalised: np.ndarray[Any, np.dtype[np.float64]] = weights / weights.sum()
    return normalised


@st.composite
def games(draw: st.DrawFn) -> Game:
    """Games with any names, unequal action sets, zero probabilities and successors in any order."""
    states = draw(st.lists(letters, min_size=1, max_size=3, unique=True))
    leader = [draw(st.lists(letters, min_size=1, max_size=2, unique=True)) for _ in states]
    follower = [draw(st.lists(letters, min_size=1, max_size=2, unique=True)) for _ in states]
    rows = sum(len(a) * len(b) for a, b in zip(leader, follower, strict=True))
    successors = [draw(st.permutations(range(len(states)))) for _ in range(rows)]
    return Game(
        name=draw(st.text(st.characters(exclude_categories=("Cs",)), max_size=5)),
        source=draw(st.none() | letters),
        known=draw(st.none() | st.dictionaries(letters, json_data, max_size=3)),
        state_names=tuple(states),
        leader_actions=tuple(map(tuple, leader)),
        follower_actions=tuple(map(tuple, follower)),
        indptr=np.arange(rows + 1) * len(states),
        successors=np.array(successors, dtype=np.int64).ravel(),
        probabilities=np.concatenate([draw(distributions(len(states))) for _ in range(rows)]),
        leader_rewards=np.array(draw(st.lists(finite, min_size=rows, max_size=rows))),
        follower_rewards=np.array(draw(st.lists(finite, min_size=rows, max_size=rows))),
        leader_discount=draw(discounts),
        follower_discount=draw(discounts),
        initial=draw(distributions(len(states))),
    )


@pytest.mark.parametrize("suffix", ["json", "npz"])
@given(game=games())
@settings(max_examples=80, deadline=None)
def test_any_game_survives_a_round_trip_to_the_last_bit(suffix: str, game: Game) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"game.{suffix}")
        write_instance(game, path)
        again = read_instance(path)
    assert again.same_as(game)
    assert (again.name, again.source, again.known) == (game.name, game.source, game.known)


def test_negative_zeros_subnormals_and_a_sum_one_ulp_above_one_survive(tmp_path: Path) -> None:
    game = Game.from_arrays(
        [[[[math.nextafter(1.0, 2.0), -0.0]]], [[[-0.0, 1.0]]]],
        [[[-0.0]], [[5e-324]]],
        [[[1.7976931348623157e308]], [[0.1 + 0.2]]],
        leader_discount=math.nextafter(1.0, 0.0),
        follower_discount=-0.0,
        initial=[1.0, -0.0],
    )
    for suffix in ("json", "npz"):
        write_instance(game, tmp_path / f"game.{suffix}")
        assert read_instance(tmp_path / f"game.{suffix}").same_as(game)


def test_names_with_control_characters_never_get_into_a_game() -> None:
    """They would make two different games share a content hash and break one-line messages."""
    assert UNPRINTABLE.search("a\x1fb")
    with pytest.raises(ValueError, match="control characters"):
        Game.from_arrays([[[[1.0]]]], [[[0]]], [[[0]]], leader_discount=0, follower_discount=0, state_names=["a\x1fb"])


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_large_games_are_written_and_read_in_bounded_memory(suffix: str, tmp_path: Path) -> None:
    """2,000 states as arrays; 400 as text, which is slow to trace."""
    states = {"json": 400, "npz": 2000}[suffix]
    rows = 16 * states
    rng = np.random.default_rng(0)
    game = Game(
        state_names=tuple(f"s{s}" for s in range(states)),
        leader_actions=(("a0", "a1", "a2", "a3"),) * states,
        follower_actions=(("b0", "b1", "b2", "b3"),) * states,
        indptr=np.arange(rows + 1) * 5,
        successors=((np.arange(rows)[:, None] + np.arange(5) * 17) % states).ravel(),
        probabilities=rng.dirichlet(np.ones(5), size=rows).ravel(),
        leader_rewards=rng.normal(size=rows),
        follower_rewards=rng.normal(size=rows),
        leader_discount=0.9,
        follower_discount=0.9,
        initial=np.full(states, 1 / states),
    )
    path = tmp_path / f"game.{suffix}"
    write_instance(game, path)
    tracemalloc.start()
    again = read_instance(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert again.same_as(game)
    assert peak < {"json": 40, "npz": 30}[suffix] * 2**20
    assert path.stat().st_size < {"json": 3, "npz": 3}[suffix] * 2**20


def small_game() -> Game:
    return Game.from_arrays([[[[1.0]]]], [[[1.0]]], [[[2.0]]], leader_discount=0.5, follower_discount=0.5)


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_writing_the_same_game_twice_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
    write_instance(small_game(), one)
    write_instance(small_game(), two)
    assert one.read_bytes() == two.read_bytes()


def test_no_file_is_written_that_is_too_large_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, limit, suffix in (
        (json_format, "MAX_BYTES", "json"),
        (json_format, "MAX_VALUES", "json"),
        (npz_format, "MAX_HEADER_BYTES", "npz"),
        (npz_format, "MAX_VALUES", "npz"),
        (npz_format, "MAX_ARRAY_BYTES", "npz"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 5)
            with pytest.raises(OptionError, match="is too large for"):
                write_instance(small_game(), tmp_path / f"game.{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    path.write_text("old")

    def fail(stream: Any) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OptionError, match="cannot be written: No space left on device"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["game.json"]


def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_instance(small_game(), tmp_path / "game.json")
    (tmp_path / "other").touch()
    assert (tmp_path / "game.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_instance(small_game(), tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert read_instance(tmp_path / "real.json").same_as(small_game())


def test_paths_that_cannot_be_written_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "fifo.json")
    for path, expected in (
        (tmp_path / "folder.json", "is not a regular file"),
        (tmp_path / "fifo.json", "is not a regular file"),
        (tmp_path / "absent" / "x.json", "cannot be written: No such file or directory"),
        (Path("a\0b.json"), "cannot be written"),
    ):
        with pytest.raises(OptionError, match=expected):
            write_instance(small_game(), path)
