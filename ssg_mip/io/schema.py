"""The JSON Schema of format ssg-mip/1, generated from the model that reads the files.

``python -m ssg_mip.io.schema`` writes it anew beside this module.
"""

from __future__ import annotations

import json
from pathlib import Path

from ssg_mip.io.document import FORMAT, InstanceDocument

SCHEMA_FILE = Path(__file__).with_name("ssg-mip-1.schema.json")
"""Where the schema stands."""


def schema_text() -> str:
    """The schema as JSON text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **InstanceDocument.model_json_schema(),
        "title": f"{FORMAT} instance",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
