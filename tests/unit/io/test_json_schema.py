"""The JSON Schema beside the format says what the format says."""

from __future__ import annotations

import json

from ssg_mip.io.schema import SCHEMA_FILE, schema_text
from tests.unit.io.docks import VALID


def test_the_schema_beside_the_format_is_up_to_date() -> None:
    """Mend with ``python -m ssg_mip.io.schema``."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_speaks_of_every_key_of_the_format() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(VALID)
    assert set(schema["required"]) == set(VALID) - {"source", "known", "initial"}
    transition = schema["$defs"]["TransitionDocument"]
    assert set(transition["properties"]) == set(VALID["transitions"][0])
    assert transition["additionalProperties"] is False
    assert transition["properties"]["leader_reward"]["anyOf"][0] == {"type": "number"}
