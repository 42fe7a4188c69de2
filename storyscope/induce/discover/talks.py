"""Conversations of the stages that ask a model, each to be taken up where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storyscope.generate.turns import Conversation, Said, Turn
from storyscope.generate.writers import Writer
from storyscope.induce.discover.prompts import (
    COMPARISON,
    GATE,
    QUESTIONS,
    comparison_ask,
    form_ask,
    form_schema,
    gate_ask,
    questions_ask,
)
from storyscope.providers.base import Message
from storyscope.providers.marks import story_block
from storyscope.providers.schema import find_json, problem

__all__ = ["ROOM", "comparison", "gate", "questions", "templates"]

ROOM = {"templates": 1_200, "comparisons": 1_500, "questions": 4_000, "gate": 2_000}
"""Tokens for a reply, beside those for thought."""
ALIKE = ("too long", "model_context_window_exceeded")
"""Outcomes that the next request about the same story would share."""


@dataclass(frozen=True)
class _Got:
    """What a request led to: data of the form asked for, or why there are none."""

    data: Any
    failed: str
    keys: tuple[str, ...]

    @property
    def row(self) -> dict[str, Any]:
        """What of it goes into a stage's file."""
        return {"failed": self.failed, "keys": list(self.keys)} if self.failed else {}


def _asked(turn: Turn, check: Callable[[Any], str]) -> Generator[Turn, Said, _Got]:
    """One request, and one more where the reply is not of the form."""
    keys: list[str] = []
    why = ""
    for again in (False, True):
        said = yield turn
        keys.append(said.key)
        if said.outcome != "answered":
            return _Got(None, said.outcome, tuple(keys))
        assert turn.schema is not None
        data = find_json(said.text)
        why = "it holds no JSON object" if data is None else problem(data, turn.schema)
        why = why or check(data)
        if not why:
            return _Got(data, "", tuple(keys))
        if not again and said.text.strip():
            ask = f"That does not do: {why}. Give the whole answer once more, as JSON alone."
            turn = turn.then(said.text, ask)
    return _Got(None, f"invalid: {why}", tuple(keys))


def _sound(_: Any) -> str:
    return ""


def templates(
    reader: Writer, story_id: str, text: str, dimensions: Sequence[str]
) -> Conversation[list[dict[str, Any]]]:
    """A template of one story for every dimension; requests follow one another, for the cache."""
    rows: list[dict[str, Any]] = []
    for dimension in dimensions:
        turn = Turn(
            reader,
            (Message.user(story_block(text), form_ask(dimension)),),
            reader.room + ROOM["templates"],
            {"stage": "templates", "story": story_id, "dimension": dimension},
            schema=form_schema(dimension),
            cache="5m" if len(dimensions) > 1 else None,
        )
        got = yield from _asked(turn, _sound)
        row = {"story": story_id, "dimension": dimension}
        rows.append({**row, **got.row} if got.failed else {**row, "template": got.data})
        if got.failed in ALIKE:
            rows += [
                {"story": story_id, "dimension": d, **got.row} for d in dimensions[len(rows) :]
            ]
            break
    return rows


def comparison(
    reader: Writer, about: Mapping[str, Any], shown: Mapping[str, Mapping[str, str]]
) -> Conversation[dict[str, Any]]:
    """What sets the stories of one prompt apart, by letter."""
    turn = Turn(
        reader,
        (Message.user(*comparison_ask(about["dimension"], shown)),),
        reader.room + ROOM["comparisons"],
        {"stage": "comparisons", **about},
        schema=COMPARISON,
    )
    got = yield from _asked(turn, _sound)
    if got.failed:
        return {**about, **got.row}
    sound = []
    for entry in got.data["observations"]:
        letters = sorted(
            {x.strip().removeprefix("Story ").upper() for x in entry["stories"]} & set(shown)
        )
        text = " ".join(entry["observation"].split())
        if text and 0 < len(letters) < len(shown):
            sound.append({"observation": text, "stories": letters})
    return {**about, "observations": sound, "unsound": len(got.data["observations"]) - len(sound)}


def questions(
    reader: Writer, about: Mapping[str, Any], observations: Sequence[str]
) -> Conversation[dict[str, Any]]:
    """Closed questions made of observations; places of observations count from 0."""
    turn = Turn(
        reader,
        (Message.user(questions_ask(about["dimension"], observations)),),
        reader.room + ROOM["questions"],
        {"stage": "questions", **about},
        schema=QUESTIONS,
    )
    got = yield from _asked(turn, _sound)
    if got.failed:
        return {**about, **got.row}
    found = []
    for entry in got.data["questions"]:
        places = sorted({n - 1 for n in entry["rests_on"] if 0 < n <= len(observations)})
        found.append({**entry, "rests_on": places})
    return {**about, "questions": found}


def gate(
    reader: Writer, about: Mapping[str, Any], asked: Sequence[str]
) -> Conversation[dict[str, Any]]:
    """What a reader says of questions, by the rules alone."""

    def all_there(data: Any) -> str:
        numbers = {c["number"] for c in data["checks"]}
        lacking = sorted(set(range(1, len(asked) + 1)) - numbers)
        return f"it says nothing of question {lacking[0]}" if lacking else ""

    turn = Turn(
        reader,
        (Message.user(gate_ask(asked)),),
        reader.room + ROOM["gate"],
        {"stage": "gate", **about},
        schema=GATE,
    )
    got = yield from _asked(turn, all_there)
    return {**about, **(got.row if got.failed else {"checks": got.data["checks"]})}
