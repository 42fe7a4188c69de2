"""How a story is asked for: the same words to every writer, whatever the writer answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from storyscope.corpus.suspects import is_refusal
from storyscope.generate.prompts import Prompt
from storyscope.generate.turns import Conversation, Said, Turn
from storyscope.generate.writers import Length, Writer
from storyscope.providers.base import Message
from storyscope.providers.schema import find_json, problem, without_thought

__all__ = ["Written", "conversations", "instruction"]

TOKENS_PER_WORD = 2.0
"""Room that is left for a word of a story; English prose needs some 1.4 tokens."""

_ALONE = "Give the story alone: no title, no headings, no notes, no remarks before or after it."


def instruction(prompt: Prompt, length: Length, samples: int = 1) -> str:
    """What a writer is told.

    >>> print(instruction(Prompt("p", "A key turns up.", 300), Length()).splitlines()[0])
    Write a story of about 300 words in answer to this prompt:
    """
    words = prompt.words or length.words
    if samples == 1:
        what, form = f"a story of about {words} words", _ALONE
    else:
        what = f"{samples} stories that differ from one another, each of about {words} words,"
        form = (
            'Answer with one JSON object: {"stories": [{"text": "...", "probability": ...}]}, where '
            "probability is how likely you would be to write just this story, from 0 to 1. "
            f"Take them from all that you could write, the unlikely as well. {_ALONE}"
        )
    return f"Write {what} in answer to this prompt:\n\n{prompt.text}\n\n{form}"


@dataclass(frozen=True)
class Written:
    """A story, or why there is none.

    Attributes
    ----------
    prompt : Prompt
    writer : Writer
    sample : int
    text : str
        Of a story that was cut off for good, what there is.
    status : str
        "written", "refusal", "truncated", "too long" (the prompt) or "invalid".
    turns : tuple of Said
        Replies that it took, the last being the one that counts.
    fits : bool
        Whether it has the length that was asked for.
    probability : float or None
        What a verbalised sample was said to have.
    """

    prompt: Prompt
    writer: Writer
    sample: int
    text: str
    status: str
    turns: tuple[Said, ...]
    fits: bool = True
    probability: float | None = None

    @property
    def words(self) -> int:
        """Length of the text."""
        return len(self.text.split())


def conversations(
    prompt: Prompt, writer: Writer, length: Length
) -> Iterator[Conversation[list[Written]]]:
    """What is to be said so that a writer's stories for a prompt come to be."""
    if writer.way == "verbalised" and writer.samples > 1:
        yield _verbalised(prompt, writer, length)
    elif writer.way == "in_context":
        yield _in_context(prompt, writer, length)
    else:
        for sample in range(writer.samples):
            yield _alone(prompt, writer, length, sample)


def _alone(
    prompt: Prompt, writer: Writer, length: Length, sample: int
) -> Conversation[list[Written]]:
    turn = _first(prompt, writer, length, sample)
    return [(yield from _story(turn, prompt, length, sample))]


def _in_context(prompt: Prompt, writer: Writer, length: Length) -> Conversation[list[Written]]:
    """Each sample after those before it; one that failed is not shown to the next."""
    made: list[Written] = []
    for sample in range(writer.samples):
        turn = _first(prompt, writer, length, sample)
        for before in (w for w in made if w.status == "written"):
            ask = (
                "Write another story in answer to the same prompt, different from "
                "these in what happens, to whom, where and how it is told; of the same length. "
                f"{_ALONE}"
            )
            turn = turn.then(before.text, ask)
        made.append((yield from _story(turn, prompt, length, sample)))
    return made


def _first(prompt: Prompt, writer: Writer, length: Length, sample: int) -> Turn:
    about = {"prompt_id": prompt.id, "sample": sample}
    return Turn(
        writer, (Message.user(instruction(prompt, length)),), _room(prompt, writer, length), about
    )


def _room(prompt: Prompt, writer: Writer, length: Length, samples: int = 1) -> int:
    return int(samples * (prompt.words or length.words) * TOKENS_PER_WORD) + writer.room


def _story(first: Turn, prompt: Prompt, length: Length, sample: int) -> Conversation[Written]:
    """One story: asked again if refused, gone on with if cut off, brought to its length."""
    writer, target = first.writer, prompt.words or length.words
    said: list[Said] = []
    best: Written | None = None
    turn, before = first, ""
    for _ in range(length.tries + 1):
        text, status, turns = yield from _whole(turn, writer)
        said += turns
        text = f"{before}\n\n{text}" if before else text
        fits = length.fits(len(text.split()), target)
        found = Written(prompt, writer, sample, text, status, tuple(said), fits)
        if best is None or (status == "written" and _miss(found, target) < _miss(best, target)):
            best = found
        if best.fits or status != "written":
            break
        onward = length.steer == "continue" and found.words < target
        turn = first.then(text, _steering(found.words, target, onward))
        before = text if onward else ""
    assert best is not None
    return replace(best, turns=tuple(said))


def _miss(found: Written, target: int) -> int:
    return abs(found.words - target)


def _steering(has: int, target: int, onward: bool) -> str:
    """What is said of a story that is not as long as it should be."""
    if onward:
        return (
            f"The story has about {has} words and should have {target}. Go on with it from where it "
            "stops, without repeating anything, and bring it to its end. Give only what is new."
        )
    return (
        f"This has about {has} words and should have {target}. Write the story anew, at that length. "
        f"{_ALONE}"
    )


def _whole(turn: Turn, writer: Writer) -> Conversation[tuple[str, str, list[Said]]]:
    """A text that came to its own end, what became of it, and the replies it took."""
    said: list[Said] = []
    for _ in range(writer.refusals + 1):
        reply = yield turn
        said.append(reply)
        text = without_thought(reply.text).strip()
        refused = reply.outcome == "refusal" or is_refusal(text, len(text.split()))
        if not refused:
            break
        turn = turn.again()
    else:
        return "", "refusal", said
    for _ in range(writer.continuations):
        if reply.outcome != "max_tokens" or not text:
            break
        ask = (
            "The text was cut off. Go on exactly where it stops, in the middle of the sentence if it "
            "does, without repeating anything, and bring the story to its end. Give only what is new."
        )
        reply = yield turn.then(text, ask)
        said.append(reply)
        if reply.outcome not in ("answered", "max_tokens"):
            break
        more = without_thought(reply.text).rstrip()
        text += (
            more if more[:1] in (" ", "\n", ",", ".") or text[-1:] in (" ", "\n") else f" {more}"
        )
    if reply.outcome == "answered":
        return text, "written" if text else "invalid", said
    cut = reply.outcome in ("max_tokens", "model_context_window_exceeded")
    return text, "truncated" if cut else reply.outcome, said


SAMPLES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "stories": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"text": {"type": "string"}, "probability": {"type": "number"}},
                "required": ["text", "probability"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["stories"],
    "additionalProperties": False,
}
"""Form of a verbalised reply."""


def _verbalised(prompt: Prompt, writer: Writer, length: Length) -> Conversation[list[Written]]:
    """All samples in one reply; what is wrong with its form is said once."""
    n = writer.samples
    turn = Turn(
        writer, (Message.user(instruction(prompt, length, n)),), _room(prompt, writer, length, n),
        {"prompt_id": prompt.id, "sample": None}, schema=SAMPLES,
    )  # fmt: skip
    text, status, said = yield from _whole_reply(turn, writer)
    data, why = _samples(text, n)
    if status == "written" and why:
        again = f"That does not do: {why}. Answer again with the JSON object alone."
        text, status, more = yield from _whole_reply(turn.then(text, again), writer)
        said += more
        data, why = _samples(text, n)
    if status == "written" and why:
        status = "invalid"
    made = []
    for sample in range(n):
        if status != "written":
            made.append(Written(prompt, writer, sample, "", status, tuple(said)))
            continue
        story, chance = data[sample]
        fits = length.fits(len(story.split()), prompt.words or length.words)
        made.append(Written(prompt, writer, sample, story, "written", tuple(said), fits, chance))
    return made


def _whole_reply(turn: Turn, writer: Writer) -> Conversation[tuple[str, str, list[Said]]]:
    """As `_whole`, but what is cut off is not gone on with: half a JSON cannot be."""
    said: list[Said] = []
    for _ in range(writer.refusals + 1):
        reply = yield turn
        said.append(reply)
        if reply.outcome != "refusal" and not is_refusal(reply.text, len(reply.text.split())):
            break
        turn = turn.again()
    else:
        return "", "refusal", said
    status = {"answered": "written", "max_tokens": "truncated"}.get(reply.outcome, reply.outcome)
    return reply.text, status, said


def _samples(text: str, n: int) -> tuple[list[tuple[str, float]], str]:
    """Stories and their probabilities, or what is wrong with the reply."""
    data = find_json(text)
    if data is None:
        return [], "it holds no JSON object"
    if why := problem(data, SAMPLES):
        return [], why
    found = [(s["text"].strip(), float(s["probability"])) for s in data["stories"]]
    if len(found) != n or not all(text for text, _ in found):
        return [], f"it holds {sum(bool(t) for t, _ in found)} stories, not {n}"
    return found, ""
