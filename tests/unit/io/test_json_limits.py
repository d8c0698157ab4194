"""What is too large, or has too many faults, is refused at little cost."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from ssg_mip.errors import InvalidInstanceError
from ssg_mip.io import json_format, read_instance
from tests.unit.io.docks import raw


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
