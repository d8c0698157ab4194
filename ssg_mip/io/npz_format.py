"""Instances as compressed NumPy arrays, for games too large for text.

The file is a zip of six arrays, named and laid out as in :class:`ssg_mip.game.game.Game`, and ``header``: UTF-8 JSON
text (as bytes) with the format, the names and the discounts. Nothing is unpickled. Before anything is inflated the zip
directory is checked for exactly these members; before an array is inflated its shape must be the one that the header
calls for, so that a small file cannot unfold into a huge one.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.io.document import FORMAT, FORMAT_2, ArraysHeader, check_format, check_layout
from ssg_mip.io.json_format import remarks
from ssg_mip.io.problem_document import ProblemHeader
from ssg_mip.io.safe_io import check_regular, write_atomically
from ssg_mip.io.said import NOTHING, Said
from ssg_mip.io.strict_json import MAX_VALUES, Refusal, count_values, parse_json

MAX_BYTES = 256 * 2**20
"""Largest file that is read."""

MAX_HEADER_BYTES = 64 * 2**20
"""Largest header, inflated."""

MAX_INFLATED_BYTES = 2**30
"""Largest sum of all members, inflated."""

MAX_ARRAY_BYTES = MAX_BYTES - 2**20
"""Largest sum of all arrays that is written: even if nothing compresses, the file stays readable."""

_KINDS = {
    "header": np.dtype("u1"),
    "indptr": np.dtype("<i8"),
    "successors": np.dtype("<i8"),
    "probabilities": np.dtype("<f8"),
    "leader_rewards": np.dtype("<f8"),
    "follower_rewards": np.dtype("<f8"),
    "initial": np.dtype("<f8"),
}
_DIRECTORY_LIMIT = 4096
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    UnicodeDecodeError,
)
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")


def write(game: Game, path: Path, said: Said = NOTHING) -> None:
    """Write a game, and what is said beside it, as ``.npz``.

    Raises
    ------
    Refusal
        If name, source or remarks are not JSON data.
    OptionError
        If the file cannot be written or would be too large to read.
    """
    header = {
        "format": FORMAT_2 if said else FORMAT,
        **remarks(game),
        "leader_discount": game.leader_discount,
        "follower_discount": game.follower_discount,
        "state_names": game.state_names,
        "leader_actions": game.leader_actions,
        "follower_actions": game.follower_actions,
        **said.to_dict(),
    }
    members: dict[str, NDArray[Any]] = {
        "header": np.frombuffer(json.dumps(header, allow_nan=False).encode(), dtype="u1"),
        **{name: getattr(game, name).astype(kind) for name, kind in _KINDS.items() if name != "header"},
    }
    text = members["header"].tobytes()
    total = sum(array.nbytes for array in members.values())
    if len(text) > MAX_HEADER_BYTES or count_values(text) > MAX_VALUES or total > MAX_ARRAY_BYTES:
        raise OptionError(f"{path}: {game.name} is too large for .npz ({total} bytes, {len(text)} of them names)")
    # Keyword arguments go through a mapping of unknown type: the stubs of NumPy read them as the option allow_pickle.
    keywords: dict[str, Any] = dict(members)
    write_atomically(path, lambda stream: np.savez_compressed(stream, **keywords))


def read(path: Path) -> tuple[Game, Said]:
    """The game in an ``.npz`` file, and what it says beside.

    Raises
    ------
    Refusal
        If the file is not an instance.
    """
    size = check_regular(path, MAX_BYTES)
    try:
        with path.open("rb") as stream:
            _check_directory_size(stream, size)
            with zipfile.ZipFile(stream) as archive:
                return _parts(archive)
    except _DAMAGE as error:
        raise Refusal(f"is not a sound .npz file: {error}") from None
    except OSError as error:
        raise Refusal(f"cannot be read: {error.strerror or error}") from None


def _check_directory_size(stream: BinaryIO, size: int) -> None:
    """Refuse a zip directory that could not be ours, before ``zipfile`` reads it into memory."""
    stream.seek(max(0, size - _END_OF_DIRECTORY.size - 20))
    tail = stream.read()
    if len(tail) < _END_OF_DIRECTORY.size:
        raise Refusal("is not a sound .npz file: it is too short")
    end = _END_OF_DIRECTORY.unpack(tail[-_END_OF_DIRECTORY.size :])
    if end[0] != b"PK\x05\x06":
        raise Refusal("is not a sound .npz file: the zip directory is missing at its end")
    if end[5] > _DIRECTORY_LIMIT or tail.startswith(b"PK\x06\x07"):
        raise Refusal(f"has a zip directory too large for the members {', '.join(_KINDS)}")


def _parts(archive: zipfile.ZipFile) -> tuple[Game, Said]:
    members = _members(archive.infolist())
    text = _read_array(archive, members["header"], "header", None)
    tree = parse_json(text.tobytes())
    check_format(tree)
    header: ArraysHeader
    said = NOTHING
    if tree["format"] == FORMAT_2:
        header = words = check_layout(ProblemHeader, tree)
        said = words.said()
    else:
        header = check_layout(ArraysHeader, tree)
    return _game(archive, members, header), said


def _game(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], header: ArraysHeader) -> Game:
    """The game that the arrays beside a header hold."""
    states = len(header.state_names)
    for label in ("leader_actions", "follower_actions"):
        if len(getattr(header, label)) != states:
            raise Refusal(f"is given for {len(getattr(header, label))} states; there are {states}", (label,))
    rows = sum(len(a) * len(b) for a, b in zip(header.leader_actions, header.follower_actions, strict=True))
    arrays = {"indptr": _read_array(archive, members["indptr"], "indptr", rows + 1)}
    moves = int(arrays["indptr"][-1])
    if not 0 <= moves <= rows * states:
        raise Refusal(f"indptr ends with {moves}; it must be the number of transitions, at most {rows * states}")
    lengths = {
        "successors": moves,
        "probabilities": moves,
        "leader_rewards": rows,
        "follower_rewards": rows,
        "initial": states,
    }
    arrays.update({name: _read_array(archive, members[name], name, count) for name, count in lengths.items()})
    return Game(
        name=header.name,
        source=header.source,
        known=header.known,
        leader_discount=header.leader_discount,
        follower_discount=header.follower_discount,
        state_names=tuple(header.state_names),
        leader_actions=_shared(header.leader_actions),
        follower_actions=_shared(header.follower_actions),
        **arrays,
    )


def _shared(per_state: Iterable[list[str]]) -> tuple[tuple[str, ...], ...]:
    """Tuples of names, equal ones stored once."""
    seen: dict[tuple[str, ...], tuple[str, ...]] = {}
    return tuple(seen.setdefault(tuple(names), tuple(names)) for names in per_state)


def _members(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by name; exactly the expected ones, of bounded total size."""
    expected = sorted(f"{name}.npy" for name in _KINDS)
    found = sorted(entry.filename for entry in entries)
    if found != expected:
        raise Refusal(f"holds {', '.join(found[:10]) or 'nothing'}; an instance holds exactly {', '.join(expected)}")
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 0x1:
            raise Refusal(f"{entry.filename} is encrypted or compressed in a way that is not read; use deflate")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_INFLATED_BYTES:
        raise Refusal(f"unfolds to {total} bytes; at most {MAX_INFLATED_BYTES} are read")
    return {entry.filename.removesuffix(".npy"): entry for entry in entries}


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, count: int | None) -> NDArray[Any]:
    """A one-dimensional array, inflated only after its type, shape and size were found right."""
    with archive.open(entry) as stream:
        try:
            version = np.lib.format.read_magic(stream)
            reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, _, kind = reader[version](stream)
        except (ValueError, KeyError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise Refusal(f"{name} is not a NumPy array of format 1.0 or 2.0") from None
        if kind != _KINDS[name]:
            raise Refusal(f"{name} has element type {kind}; it must be {_KINDS[name]} (no objects are read)")
        if len(shape) != 1 or (count is not None and shape != (count,)):
            raise Refusal(f"{name} has shape {shape}; it must be ({'n' if count is None else count},)")
        length = shape[0] * kind.itemsize
        limit = MAX_HEADER_BYTES if name == "header" else MAX_INFLATED_BYTES
        if length > limit or length + stream.tell() != entry.file_size:
            raise Refusal(f"{name} claims {length} bytes; the member holds {entry.file_size}, at most {limit} are read")
        data = stream.read(length)
        # One byte more asks for the end of the member, where its checksum is compared.
        if len(data) != length or stream.read(1):
            raise Refusal(f"{name} ends early: the file is damaged")
    return np.frombuffer(data, dtype=kind)
