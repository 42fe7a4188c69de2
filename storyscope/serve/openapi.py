"""The page's description for programs, as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from storyscope.version import __version__

__all__ = ["description"]

_TEXT = {"type": "string"}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_TOLD = {
    "type": "object",
    "required": ["id", "name", "state", "before", "stage", "step", "steps", "seconds", "says", "words"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "state": {"enum": ["waiting", "reading", "done", "failed"]},
        "before": {"type": "integer", "minimum": 0, "description": "Texts read before this one."},
        "stage": {"type": "string", "description": "What is being done."},
        "step": {"type": "integer", "minimum": 0},
        "steps": {"type": "integer", "minimum": 1},
        "seconds": {"type": "number", "minimum": 0, "description": "Waited, or read."},
        "says": {"type": "string", "description": "The answer, or why there is none."},
        "words": {"type": "integer", "minimum": 0},
    },
}  # fmt: skip
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "One sentence."}},
}


def description(most_bytes: int) -> dict[str, Any]:
    """What can be asked, and what is answered.

    >>> sorted(description(1)["paths"])[:3]
    ['/codebook', '/compare', '/texts']
    """

    def words(name: str, what: str) -> dict[str, Any]:
        return {"name": name, "in": "query", "description": what, "schema": {"type": "string"}}

    return {
        "openapi": "3.1.0",
        "info": {
            "title": "StoryScope, the local page",
            "version": __version__,
            "description": "Texts are read one after another and kept in memory only.",
        },
        "paths": {
            "/texts": {
                "post": {
                    "operationId": "hand_in",
                    "summary": "Hand a text in",
                    "parameters": [
                        words("name", "Of the file; its ending says how it is read. Cut to 120 characters.")
                    ],
                    "requestBody": {
                        "required": True,
                        "description": f"The file as it is, or a text in UTF-8; at most {most_bytes:,} bytes.",
                        "content": {
                            "application/octet-stream": {"schema": {**_TEXT, "format": "binary", "minLength": 1}},
                            "text/plain": {"schema": {**_TEXT, "pattern": "\\S"}},
                        },
                    },
                    "responses": {
                        "202": _json("It waits to be read.", _TOLD),
                        **_errors(400, 408, 413, 503),
                    },
                }
            },
            "/texts/{id}": {
                "get": {
                    "operationId": "how_far",
                    "summary": "How far a text is",
                    "parameters": [_ID],
                    "responses": {"200": _json("State and stage.", _TOLD), **_errors(404)},
                },
                "delete": {
                    "operationId": "forget",
                    "summary": "Forget a text, and stop reading it",
                    "parameters": [_ID],
                    "responses": {"204": {"description": "Forgotten."}, **_errors(404)},
                },
            },
            "/texts/{id}/page": {
                "get": {
                    "operationId": "page",
                    "summary": "The page of a text that was read",
                    "parameters": [_ID, words("download", "Anything, to get it as a file.")],
                    "responses": {"200": _html("The page."), **_errors(404, 409)},
                }
            },
            "/texts/{id}/data": {
                "get": {
                    "operationId": "data",
                    "summary": "The same as plain data, described in docs/story_page.md",
                    "parameters": [_ID],
                    "responses": {"200": _json("The data.", {"type": "object"}), **_errors(404, 409)},
                }
            },
            "/compare": {
                "get": {
                    "operationId": "compare",
                    "summary": "Two texts beside one another",
                    "parameters": [
                        words("first", "Id of a text that was read."),
                        words("second", "Id of another."),
                    ],
                    "responses": {"200": _html("The page."), **_errors(404, 409)},
                }
            },
            "/codebook": {
                "get": {
                    "operationId": "codebook",
                    "summary": "Every feature, or those with some words or of a dimension",
                    "parameters": [
                        words("q", "Words, anywhere in a feature."),
                        words("dimension", "Name of a dimension."),
                    ],
                    "responses": {"200": _html("The page.")},
                }
            },
        },
    }  # fmt: skip


def _json(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _html(what: str) -> dict[str, Any]:
    return {"description": what, "content": {"text/html": {"schema": {"type": "string"}}}}


_WHY = {
    400: "The text is empty.",
    404: "No such text is held.",
    408: "The text arrived too slowly.",
    409: "The text has not been read, or could not be.",
    413: "The text is too large.",
    503: "Too many texts are waiting.",
}


def _errors(*statuses: int) -> dict[str, Any]:
    found = {str(s): _json(_WHY[s], _ERROR) for s in statuses}
    for said in found.values():
        said["content"]["text/html"] = {"schema": {"type": "string"}}
    return found
