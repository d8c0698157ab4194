"""The corpus of malformed instance files: a table of names and of what makes each file."""

from __future__ import annotations

import io
import itertools
import json
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.io import json_format, npz_format
from tests.unit.io.docks import VALID, changed, raw
from tests.unit.io.malformed_json import MALFORMED
from tests.unit.io.malformed_npz import EXPECTED, NAMES, changed_members, members, npy_header, sound_game

Make = Callable[[Path], None]
"""Makes a malformed file, or something else that is no instance, at a path."""

CUTS = 12
"""Cuts of a valid file, evenly spread, per format."""

BOMB_BYTES = 200 * 2**20

_WRONG: dict[str, list[Any]] = {
    "text": [None, True, 7, [], {}],
    "number": [None, True, "x", [], {}],
    "object": [None, False, 7, "x", []],
    "list": [None, True, 7, "x", {}],
}

_FIELDS: dict[tuple[str | int, ...], str] = {
    ("format",): "text",
    ("name",): "text",
    ("source",): "text",
    ("known",): "object",
    ("leader_discount",): "number",
    ("follower_discount",): "number",
    ("initial",): "object",
    ("initial", "dock"): "number",
    ("states",): "object",
    ("states", "dock"): "object",
    ("states", "dock", "leader_actions"): "list",
    ("states", "dock", "leader_actions", 0): "text",
    ("states", "dock", "follower_actions"): "list",
    ("states", "dock", "follower_actions", 0): "text",
    ("transitions",): "list",
    ("transitions", 0): "object",
    ("transitions", 0, "state"): "text",
    ("transitions", 0, "leader_action"): "text",
    ("transitions", 0, "follower_action"): "text",
    ("transitions", 0, "leader_reward"): "number",
    ("transitions", 0, "follower_reward"): "number",
    ("transitions", 0, "next"): "object",
    ("transitions", 0, "next", "dock"): "number",
}
"""Every kind of field, and what it must be."""

_MAY_BE_NULL = {("source",), ("known",), ("initial",)}


def corpus() -> dict[str, tuple[str, Make]]:
    """Every case by name: the file's name, and what makes it."""
    cases: dict[str, tuple[str, Make]] = {}
    for name, content in itertools.chain(_json_texts(), _json_floods()):
        cases[f"json: {name}"] = "bad.json", partial(_write, content=content)
    for name, make in itertools.chain(_npz_members(), _npz_archives()):
        cases[f"npz: {name}"] = "bad.npz", make
    for name, file, make in _odd_files():
        cases[f"file: {name}"] = file, make
    return cases


# -------------------------------------------------------------------- JSON


def _json_texts() -> Iterator[tuple[str, str | bytes]]:
    yield from ((name, content) for name, (content, _) in MALFORMED.items())
    for place, kind in _FIELDS.items():
        for value in _WRONG[kind]:
            if value is not None or place not in _MAY_BE_NULL:
                yield f"{'.'.join(map(str, place))} is {json.dumps(value)}", changed(*place, value=value)
    for place, kind in _FIELDS.items():
        if kind == "number":
            for value in (-1e308 * 10, "1e999", "-1/2/3", "0x10", 10**400):
                text = json.dumps(value).replace("-Infinity", "-1e999")
                yield f"{'.'.join(map(str, place))} is {text[:20]}", changed(*place, value="?").replace('"?"', text)
    text = json.dumps(VALID)
    for part in range(CUTS):
        yield f"cut after {part} of {CUTS} parts", text[: len(text) * part // CUTS]
    for code in (0, 7, 10, 27, 127, 155):
        name = f"do{chr(code)}ck"
        yield f"state with control character {code}", text.replace('"dock"', json.dumps(name))
        yield f"action with control character {code}", text.replace('"sail"', json.dumps(name))
    for name in ("../../etc/passwd", "/etc/passwd", "C:\\nul", "~/.ssh", "file:///etc/passwd", "%00", "; rm -r"):
        yield f"unknown state {name}", changed("transitions", 0, "next", value={name: 1})


def _json_floods() -> Iterator[tuple[str, str | bytes]]:
    """Much of the same."""
    for opening, closing in ("[", "]"), ('{"a":', "}"):
        for depth in (65, 900, 1100, 50_000):
            inner = opening * depth + "1" + closing * depth
            yield f"{depth} nested {opening[0]}", raw("1.5", inner)
    for digits in (310, 5000, 1_000_000):
        yield f"integer of {digits} digits", raw("0.1", "1" * digits)
        yield f"fraction of {digits} digits", raw("0.1", f'"1/{"3" * digits}"')
        yield f"exponent of {digits} digits", raw("0.1", f"1e{'9' * digits}")
    yield "60000 wrong probabilities", _flood('"next": {' + ",".join(f'"{i}": []' for i in range(60_000)) + "}")
    yield "60000 empty transitions", _flood('"next": {"dock": 1}}' + ", {}" * 60_000 + ', {"next": {"dock": 1}')
    yield "60000 unknown keys", _flood('"next": {"dock": 1}, ' + ",".join(f'"{i}": 0' for i in range(60_000)))
    yield "60000 times the same key", _flood('"next": {' + '"dock": 0.5, ' * 60_000 + '"dock": 1}')
    yield "more values than are read", b"[" + b"[]," * json_format.MAX_VALUES + b"[]]"
    yield "300000 empty objects", b'{"format": "ssg-mip/2", "known": [' + b"{}," * 299_999 + b"{}]}"
    yield "name of 10 million characters", raw('"docks"', f'"{"x" * 10**7}", "discount": 1')
    yield "key of 10 million characters", raw('"name"', f'"{"x" * 10**7}"')


def _flood(text: str) -> str:
    return raw('"next": {"dock": 1}', text)


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


# -------------------------------------------------------------------- archives


def _npz_members() -> Iterator[tuple[str, Make]]:
    yield from ((name, partial(_save, case=name)) for name in EXPECTED)
    yield from ((f"{name} holds objects", partial(_save_objects, name=name)) for name in NAMES)
    yield from ((f"{name} unfolds to {BOMB_BYTES} bytes", partial(_save_bomb, name=name)) for name in NAMES)
    yield from ((f"{name} claims 2^60 numbers", partial(_save_claim, name=name)) for name in NAMES)


def _save(path: Path, case: str) -> None:
    np.savez_compressed(path, **changed_members(case, members(sound_game(), path.parent)))


def _save_objects(path: Path, name: str) -> None:
    arrays = members(sound_game(), path.parent)
    np.savez_compressed(path, **{**arrays, name: np.array([{"a": 1}] * len(arrays[name]), dtype=object)})


def _save_bomb(path: Path, name: str) -> None:
    """Zeros compress a thousandfold."""
    kind = _kind(name)
    header = npy_header(BOMB_BYTES // np.dtype(kind).itemsize, kind)
    _save_other(path, name, itertools.chain([header], itertools.repeat(bytes(2**20), BOMB_BYTES // 2**20)))


def _save_claim(path: Path, name: str) -> None:
    _save_other(path, name, [npy_header(2**60, _kind(name)) + bytes(16)])


def _kind(name: str) -> str:
    return "|u1" if name == "header" else "<i8" if name in {"indptr", "successors"} else "<f8"


def _save_other(path: Path, name: str, content: Any) -> None:
    """A sound archive but for the bytes of one member."""
    arrays = members(sound_game(), path.parent)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, array in arrays.items():
            with archive.open(f"{other}.npy", "w") as stream:
                if other == name:
                    for piece in content:
                        stream.write(piece)
                else:
                    np.lib.format.write_array(stream, array)


def _npz_archives() -> Iterator[tuple[str, Make]]:
    """What is wrong with the archive rather than with an array."""
    for part in range(CUTS):
        yield f"cut after {part} of {CUTS} parts", partial(_cut, share=part / CUTS)
    for name in ("../../initial.npy", "/etc/passwd", "initial\n.npy", "INITIAL.NPY", "initial.npy/"):
        yield f"member named {name!r}", partial(_rename, name=name)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"compressed by method {method}", partial(_recompress, method=method)
    for word, value in (("encrypted", 1), ("patched", 32), ("strongly encrypted", 64)):
        yield word, partial(_patch_directory, offset=8, value=struct.pack("<H", value))
    yield "member of 4 GB by the directory", partial(_patch_directory, offset=24, value=b"\xfe\xff\xff\xff")
    yield "member stored behind the end", partial(_patch_directory, offset=42, value=b"\xf0\xff\xff\x7f")
    yield "wrong checksum", partial(_patch_directory, offset=16, value=b"\1\2\3\4")
    yield "2000 members", _many_members
    yield "a zip in a zip", _nested
    yield "JSON text", partial(_write, content=json.dumps(VALID))
    for start in (
        b"",
        b"PK",
        b"PK\x03\x04" * 50,
        b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x05\x06" + bytes(18),
        b"\x93NUMPY",
    ):
        yield f"only {len(start)} bytes {start[:7]!r}", partial(_write, content=start)


def _sound(path: Path) -> bytes:
    arrays = members(sound_game(), path.parent)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _cut(path: Path, share: float) -> None:
    whole = _sound(path)
    path.write_bytes(whole[: int(len(whole) * share)])


def _rename(path: Path, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(_sound(path))) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            new.writestr(name if entry == "initial.npy" else entry, old.read(entry))


def _recompress(path: Path, method: int) -> None:
    with zipfile.ZipFile(io.BytesIO(_sound(path))) as old, zipfile.ZipFile(path, "w", method) as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))


def _patch_directory(path: Path, offset: int, value: bytes) -> None:
    """Overwrite a field of the first entry of the zip directory, and the flags of the member itself alike."""
    whole = bytearray(_sound(path))
    entry = whole.index(b"PK\x01\x02")
    whole[entry + offset : entry + offset + len(value)] = value
    if offset == 8:
        whole[6:8] = value
    path.write_bytes(whole)


def _many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(2000):
            archive.writestr(f"{index}", b"")


def _nested(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES:
            archive.writestr(f"{name}.npy", _sound(path))


# -------------------------------------------------------------------- what is no plain file of this name


def _odd_files() -> Iterator[tuple[str, str, Make]]:
    text = json.dumps(VALID)
    for suffix in (".json", ".npz"):
        yield f"FIFO {suffix}", f"fifo{suffix}", os.mkfifo
        yield f"folder {suffix}", f"folder{suffix}", Path.mkdir
        yield f"link to nowhere {suffix}", f"link{suffix}", lambda path: path.symlink_to(path.with_name("nowhere"))
        yield f"link to itself {suffix}", f"loop{suffix}", lambda path: path.symlink_to(path)
        yield f"link to a device {suffix}", f"device{suffix}", lambda path: path.symlink_to("/dev/zero")
        yield f"nothing {suffix}", f"absent{suffix}", lambda path: None
        yield f"empty {suffix}", f"empty{suffix}", Path.touch
    yield "JSON too large by a byte", "large.json", partial(_sparse, size=json_format.MAX_BYTES + 1)
    yield "npz too large by a byte", "large.npz", partial(_sparse, size=npz_format.MAX_BYTES + 1)
    yield "terabyte", "larger.npz", partial(_sparse, size=2**40)
    for name in ("game.txt", "game", "game.json.gz", ".json", "game.json "):
        yield f"suffix of {name!r}", name, partial(_write, content=text)
    for name in ("line\nbreak.json", "tab\t.json", "red\x1b[31m.json", "bell\x07.npz", "back\x08.json", "dél\x9b.json"):
        yield f"named {name!r}", name, partial(_write, content="{")
    yield "name of 300 characters", f"{'x' * 295}.json", lambda path: None
    yield "below a file", "file.json/x.json", lambda path: path.parent.write_text("{}")


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as stream:
        stream.truncate(size)
