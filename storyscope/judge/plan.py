"""What there is to ask of a corpus, what is known already, and what a story's answers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from storyscope.codebook import Codebook, Feature
from storyscope.corpus import Normalised, Story, normalise
from storyscope.errors import CodebookError, ModelError
from storyscope.judge.prompts import GROUP, Ask
from storyscope.judge.quotes import Locator, Quote
from storyscope.judge.replies import check
from storyscope.providers.services import Service
from storyscope.providers.store import FAILED, Answers

__all__ = ["Answer", "Plan", "judged_features", "missing", "read_answers"]

NOT_ASKED = "not asked yet"


@dataclass(frozen=True)
class Answer:
    """One answer, or why there is none.

    Attributes
    ----------
    status : str
        "answered"; "undefined", when the judge found that the question does not apply to the
        story; or "unanswered", for the `reason`.
    value : float, str or None
        As the feature table holds it.
    quotes : tuple of Quote
        With their places in the story as it was given.
    version, mode : str
        Which model answered, as its server names it, and how it was held to the schema; see
        `storyscope.providers.base.Mode`.
    """

    feature_id: str
    status: str
    value: float | str | None = None
    confidence: str | None = None
    quotes: tuple[Quote, ...] = ()
    reason: str = ""
    sample: int = 0
    version: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Plan:
    """How stories are asked about.

    Attributes
    ----------
    model : str
    dimensions : mapping of str to tuple of Feature
        The questions of each request.
    samples : int
        Readings of every story.
    effort : str or None
    service : Service or None
        Where the model is asked; None for Claude's maker.
    """

    model: str
    dimensions: Mapping[str, tuple[Feature, ...]]
    samples: int = 1
    effort: str | None = None
    service: Service | None = None

    @property
    def features(self) -> tuple[Feature, ...]:
        """All questions, in codebook order."""
        return tuple(f for features in self.dimensions.values() for f in features)

    def asks(self, text: str) -> Iterator[Ask]:
        """First requests about one normalised text, those of one reading together."""
        small = self.service is not None and self.service.local
        whose = self.service.identity if self.service is not None else ""
        for sample in range(self.samples):
            for features in self.dimensions.values():
                size = GROUP if small else len(features)
                for first in range(0, len(features), size):
                    yield Ask(
                        self.model, text, features[first : first + size], sample,
                        effort=self.effort, service=whose, small=small,
                    )  # fmt: skip


def judged_features(
    codebook: Codebook, only: Iterable[str] = (), dimensions: Iterable[str] = ()
) -> dict[str, tuple[Feature, ...]]:
    """Questions by dimension: all that a judge answers, or those named by id or dimension.

    Raises
    ------
    CodebookError
        If none is left to ask.
    """
    wanted = {codebook[f].id for f in only}
    wanted |= {f for d in dimensions for f in codebook.ids(dimension=d)}
    chosen: dict[str, tuple[Feature, ...]] = {}
    for dimension in codebook.dimensions:
        ids = codebook.ids(dimension=dimension, answered_by="judge")
        if features := tuple(codebook[f] for f in ids if not wanted or f in wanted):
            chosen[dimension] = features
    if not chosen:
        raise CodebookError(
            "None of the features asked for is answered by a judge; `storyscope features` tells "
            "how each is answered."
        )
    return chosen


def missing(answers: Answers, first: Ask) -> Ask | None:
    """The request that has to be made next for these questions; None when all is done.

    A request that was refused, cut off or answered with nothing sound is not made again; one whose
    reply was partly sound is followed by one more, for the rest.
    """
    reply = answers.reply(first.key)
    if reply is None:
        outcome = answers.outcome(first.key)
        if outcome not in FAILED:
            return first
        if outcome != "invalid":
            return None
        wrong = [f.id for f in first.features]
    else:
        wrong = list(check(reply, first.features).wrong)
    if not wrong:
        return None
    second = first.retry(wrong)
    done = answers.reply(second.key) is not None or answers.outcome(second.key) in FAILED
    return None if done else second


@dataclass
class _Reader:
    """Places quotations of one story."""

    normalised: Normalised
    locator: Locator = field(init=False)

    def __post_init__(self) -> None:
        self.locator = Locator(self.normalised.text)

    def place(self, quote: str) -> Quote:
        found = self.locator.find(quote)
        if found.start is None or found.end is None:
            return found
        return Quote(quote, *self.normalised.offset(found.start, found.end), found.how)


def read_answers(answers: Answers, plan: Plan, story: Story) -> Iterator[Answer]:
    """Every answer about one story that is on disk; nothing is asked.

    Yields
    ------
    Answer
        One for each question and reading, in the order of the plan.
    """
    normalised = normalise(story.text)
    reader = _Reader(normalised)
    for first in plan.asks(normalised.text):
        found = dict(_from_reply(answers, first, reader))
        if left := [f.id for f in first.features if f.id not in found]:
            second = first.retry(left)
            found.update(_from_reply(answers, second, reader))
        for feature in first.features:
            yield found.get(feature.id) or Answer(
                feature.id,
                "unanswered",
                reason=_reason(answers, first, left, feature.id),
                sample=first.sample,
            )


def _from_reply(answers: Answers, ask: Ask, reader: _Reader) -> Iterator[tuple[str, Answer]]:
    reply = answers.reply(ask.key)
    if reply is None:
        return
    checked = check(reply, ask.features)
    if not checked.readable:
        raise ModelError(
            f"A reply in {answers.path} (key {ask.key[:16]}...) can no longer be read, so the file "
            "is damaged. It was left as it is: restore a copy, or move it away and run again."
        )
    about = answers.about(ask.key)
    version, mode = str(about.get("version", "")), str(about.get("mode", ""))
    for feature_id, item in checked.items.items():
        value = checked.values[feature_id]
        yield (
            feature_id,
            Answer(
                feature_id,
                "undefined" if value is None else "answered",
                value,
                item.confidence,
                tuple(reader.place(quote) for quote in item.quotes),
                sample=ask.sample,
                version=version,
                mode=mode,
            ),
        )


def _reason(answers: Answers, first: Ask, left: list[str], feature_id: str) -> str:
    """Why a question has no answer."""
    second = first.retry(left)
    for ask in (second, first):
        outcome = answers.outcome(ask.key)
        if outcome == "invalid":
            return "no allowed answer, asked twice" if ask.again else "no allowed answer"
        if outcome in FAILED:
            return str(outcome)
        if (reply := answers.reply(ask.key)) is not None and ask.again:
            return check(reply, ask.features).wrong.get(feature_id, NOT_ASKED) + ", asked twice"
    return NOT_ASKED
