"""Whatever a program asks of the local page by its OpenAPI document, it answers as that says."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, settings
from serve_quick import PORT, Quick, blank

from storyscope.serve.app import MOST_BYTES, make_app
from storyscope.serve.desk import Desk, Text
from storyscope.serve.openapi import description

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis (the group dev)")

APP = make_app(Desk(Quick()), PORT)
HELD = {
    "read": Text("gate.txt", id="read", state="done", **blank("gate.txt", "She went in.")),
    "refused": Text("list.txt", id="refused", state="failed", says="list.txt is no story."),
    "reading": Text("next.txt", id="reading", state="reading", stage="Opening the file"),
}


def described():
    """The document, with ids of texts that are held, since nobody comes upon these by chance."""
    document = deepcopy(description(MOST_BYTES))
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in ("id", "first", "second"):
                    parameter["schema"] = {
                        "anyOf": [{"enum": [*HELD, "forgotten"]}, parameter["schema"]]
                    }
    return document


schema = schemathesis.openapi.from_dict(described())
schema.app = APP


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case):
    APP.state.desk.texts = dict(HELD)
    case.call_and_validate(base_url=f"http://127.0.0.1:{PORT}")
