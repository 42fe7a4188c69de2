"""What a discovery will cost: exact where it goes on, assumed for what depends on replies."""

from __future__ import annotations

from collections.abc import Sequence

from storyscope.corpus import normalise
from storyscope.generate.estimate import Expected
from storyscope.generate.run import done, price_of
from storyscope.generate.turns import Turn
from storyscope.induce.discover.asking import Looking, OneTalk, Pending
from storyscope.induce.discover.piloting import READINGS
from storyscope.induce.discover.questioning import CHUNK, GATED
from storyscope.induce.discover.run import Discovery
from storyscope.induce.discover.talks import ROOM
from storyscope.judge.plan import Plan, missing
from storyscope.judge.prompts import GROUP
from storyscope.providers.money import CHARACTERS_PER_TOKEN, Usage

__all__ = ["OBSERVATIONS", "PILOTED", "QUESTIONS", "expected"]

WRITTEN = {"templates": 350, "comparisons": 500, "questions": 1_500, "gate": 600}
"""Tokens of a reply, beside thought."""
OBSERVATIONS, QUESTIONS, PILOTED = 4, 6, 25
"""Assumed: observations of a comparison, questions of a request, questions that reach the pilot."""
_FORM, _ASK, _QUESTION = 350, 250, 90
"""Tokens of a template, of what is asked beside material, of a question with its answers."""


def expected(work: Discovery) -> list[Expected]:
    """What is still to be asked, stage by stage; nothing is sent.

    Parameters
    ----------
    work : Discovery

    Returns
    -------
    list of Expected
        ``writer`` is the stage. The first is counted from its requests; those after it depend on its
        replies and are assumed.
    """
    try:
        work.until_pilot(Looking(work.answers))
    except Pending as pending:
        stages = ("templates", "comparisons", "questions", "gate", "pilot")
        first = stages.index(pending.stage)
        usages = [_counted(work, pending), *(_assumed(work, s) for s in stages[first + 1 :])]
        return [_priced(work, s, u) for s, u in zip(stages[first:], usages, strict=True)]
    return []


def _counted(work: Discovery, pending: Pending) -> Usage:
    """Of the requests at hand."""
    if pending.plan is not None:
        return _pilot(work, pending.plan)
    total = Usage()
    for talk in pending.many:
        turn = done(work.answers, talk)
        if isinstance(turn, Turn):
            times = _left(work, talk, turn) if pending.stage == "templates" else 1
            prompt = round(turn.size / CHARACTERS_PER_TOKEN)
            # The first request about a story writes it to the cache, the others read it there.
            read = prompt * (times - 1) if work.reader.service.batches else 0
            total += Usage(
                input=0 if times > 1 and read else prompt * times,
                write_5m=prompt if read else 0,
                read=read,
                output=times * (WRITTEN[pending.stage] + work.prices.thought_tokens),
                requests=times,
            )
    return total


def _left(work: Discovery, talk: OneTalk, turn: Turn) -> int:
    """Requests about a story that are still to be made."""
    dimensions = work.settings.dimensions
    return len(dimensions) - dimensions.index(turn.about["dimension"])


def _pilot(work: Discovery, plan: Plan) -> Usage:
    total = Usage()
    for story in work.piloted():
        for ask in plan.asks(normalise(story.text).text):
            if (left := missing(work.answers, ask)) is not None:
                prompt = round(left.size / CHARACTERS_PER_TOKEN)
                said = len(left.features) * work.prices.answer_tokens + work.prices.thought_tokens
                total += Usage(prompt, output=said, requests=1)
    return total


def _assumed(work: Discovery, stage: str) -> Usage:
    """Of requests that depend on replies."""
    compared, piloted = work.compared(), work.piloted()
    dimensions, runs = len(work.settings.dimensions), work.settings.runs
    prompts = len({s.prompt_id for s in compared})
    thought = work.prices.thought_tokens
    if stage == "pilot":
        size = GROUP if work.reader.service.local else PILOTED
        asked = READINGS * -(-PILOTED // size)
        words = sum(len(s.text) for s in piloted) / CHARACTERS_PER_TOKEN
        said = READINGS * PILOTED * work.prices.answer_tokens + asked * thought
        prompt = (
            asked * (words + len(piloted) * 600) + len(piloted) * READINGS * PILOTED * _QUESTION
        )
        return Usage(round(prompt), output=len(piloted) * said, requests=len(piloted) * asked)
    compare = prompts * dimensions * runs
    ask = dimensions * runs * -(-prompts * OBSERVATIONS // CHUNK)
    many = {"comparisons": compare, "questions": ask, "gate": -(-ask * QUESTIONS // GATED)}[stage]
    prompt = {
        "comparisons": _ASK + _FORM * len(compared) // max(prompts, 1),
        "questions": 3 * _ASK + 30 * CHUNK,
        "gate": 3 * _ASK + _QUESTION * GATED,
    }[stage]
    return Usage(many * prompt, output=many * (WRITTEN[stage] + thought), requests=many)


def _priced(work: Discovery, stage: str, usage: Usage) -> Expected:
    price = price_of(work.reader, work.prices)
    if price is None:
        return Expected(stage, work.reader.model, usage.requests, usage, None, None)
    room = usage.requests * (ROOM.get(stage, 10_000) + work.reader.room)
    most = price.cost(Usage(usage.prompt, output=max(room, usage.output), requests=2))
    cost = price.cost(Usage(**{**usage.to_dict(), "requests": 2}))
    return Expected(stage, work.reader.model, usage.requests, usage, cost, most)


def total(stages: Sequence[Expected]) -> float | None:
    """Dollars for all of them; None where no price is known."""
    costs = [s.cost for s in stages]
    known = [c for c in costs if c is not None]
    return sum(known) if len(known) == len(costs) else None
