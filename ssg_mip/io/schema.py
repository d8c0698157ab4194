"""The JSON Schemas of formats ssg-mip/1 and ssg-mip/2, generated from the models that read the files.

``python -m ssg_mip.io.schema`` writes them anew beside this module.
"""

from __future__ import annotations

import json
from pathlib import Path

from ssg_mip.io.document import FORMAT, FORMAT_2, InstanceDocument
from ssg_mip.io.problem_document import ProblemDocument

SCHEMA_FILE = Path(__file__).with_name("ssg-mip-1.schema.json")
"""Where the schema of games stands."""

PROBLEM_SCHEMA_FILE = Path(__file__).with_name("ssg-mip-2.schema.json")
"""Where that of games with constraints stands."""


def schema_text(model: type[InstanceDocument] = InstanceDocument) -> str:
    """A schema as JSON text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(),
        "title": f"{FORMAT_2 if issubclass(model, ProblemDocument) else FORMAT} instance",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    PROBLEM_SCHEMA_FILE.write_text(schema_text(ProblemDocument), encoding="utf-8")
