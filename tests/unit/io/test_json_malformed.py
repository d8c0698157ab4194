"""What is not a valid JSON instance is refused in one line that names the file and the place."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from ssg_mip.errors import InvalidInstanceError
from ssg_mip.io import read_instance
from tests.unit.io.docks import VALID
from tests.unit.io.malformed_json import MALFORMED


def refusal(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InvalidInstanceError) as caught:
        read_instance(path)
    return str(caught.value)


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


@pytest.mark.parametrize("left_off", range(1, len(json.dumps(VALID)), 37))
def test_a_valid_file_that_is_cut_off_anywhere_is_refused_as_no_json(left_off: int, tmp_path: Path) -> None:
    """From the last bracket alone to all but the first characters."""
    path = tmp_path / "cut.json"
    message = refusal(path, json.dumps(VALID)[:-left_off])
    assert message.startswith(f"{path}: is not JSON: ")
    assert "\n" not in message
