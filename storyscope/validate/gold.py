"""Layers against LitBank's gold: names, mentions of people, pronouns, quotations, speakers, places.

Lists and weights were tuned on texts 1, 3, 5 ... of LitBank in order of name. The others were
left for scoring: they are part "held out".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from storyscope.errors import CorpusError
from storyscope.extract.layers.names import HE
from storyscope.extract.layers.places import place_words
from storyscope.extract.layers.quotations import Quotation
from storyscope.extract.layers.speakers import turns
from storyscope.extract.reading import Reading
from storyscope.validate.litbank import GoldText, parse_gold, read_litbank, share_interval

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from storyscope.extract.pipeline import Pipeline

__all__ = ["PARTS", "gold_people", "head_of", "people_gold", "score_people"]

PARTS = ("held out", "tuned", "all")
Part = Literal["held out", "tuned", "all"]
Counts = tuple[int, int, int]
"""Things right, said, and true."""

_NAMED_PLACES = frozenset({"GPE", "LOC", "FAC"})


def gold_people(text: GoldText, reading: Reading) -> dict[int, str]:
    """Entity of every mention of a person in the gold, by the mention's head and last token."""
    found: dict[int, str] = {}
    for start, end, kind, _, entity in text.mentions:
        if kind == "PER":
            found[head_of(reading, start, end)] = entity
            found.setdefault(end - 1, entity)
    return found


def head_of(reading: Reading, start: int, end: int) -> int:
    """The token of [start, end) that hangs on one outside, the last where there is none."""
    for i in range(start, end):
        head = reading.head[i]
        if head == i or not start <= head < end:
            return i
    return end - 1


def people_gold(
    path: str | Path,
    pipeline: Pipeline,
    *,
    part: Part = "held out",
) -> list[dict[str, Any]]:
    """How well people, speech and places are found in LitBank's texts.

    Parameters
    ----------
    path : str or Path
        The user's copy of LitBank.
    pipeline : Pipeline
    part : str
        "held out" for the texts that nothing was tuned on, "tuned" for the others, or "all".

    Returns
    -------
    list of dict
        A row a layer: `name`, `n` (true things), `texts`, `precision`, `recall`, `f1` (each 0 to
        1) and `interval`, the 95% interval of F1 when texts are drawn anew, beside
        `precision_interval` and `recall_interval`. Pronouns and speakers
        in gold quotations are decided one by one, so that their recall is their accuracy.

    Raises
    ------
    CorpusError
        If the path holds no LitBank annotations, or `part` is unknown.
    """
    if part not in PARTS:
        raise CorpusError(f"LitBank has no part {part!r}; choose one of {', '.join(PARTS)}.")

    texts = read_litbank(path)
    if part != "all":
        texts = texts[part == "held out" :: 2]
    docs = list(parse_gold(texts, pipeline))
    return score_people(texts, docs)


def score_people(texts: list[GoldText], docs: list[Doc]) -> list[dict[str, Any]]:
    """What `people_gold` returns, for texts that are parsed already."""
    readings = [Reading(doc) for doc in docs]
    told = [_with_gold_quotations(text, doc) for text, doc in zip(texts, docs, strict=True)]
    rows = []
    for name, score, seen in (
        ("personal names, by head", _names, readings),
        ("personal names, exact", _exact_names, readings),
        ("person nouns, by head", _nouns, readings),
        ("mentions of people, by head", _people, readings),
        ("quotations, exact", _quotations, readings),
        ("quotations, by token", _quoted_tokens, readings),
        ("speakers, from the text alone", _speakers, readings),
        ("speakers of gold quotations", _speakers, told),
        ("he and she in narration", _pronouns(quoted=False), told),
        ("he and she in quotations", _pronouns(quoted=True), told),
        ("names of one person, by pairs", _aliases, readings),
        ("places, by head", _places, readings),
    ):
        counts = np.array(
            [score(text, reading) for text, reading in zip(texts, seen, strict=True)], dtype=float
        )
        rows.append({"name": name, "n": int(counts[:, 2].sum()), "texts": len(texts),
                     **_summary(counts)})  # fmt: skip
    return rows


def _summary(counts: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """Precision, recall, F1 and its interval; counts have a row (right, said, true) a text."""

    def f1(sums: Any) -> Any:
        return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)

    right, said, true = counts.sum(0)
    draws = np.random.default_rng(0).integers(len(counts), size=(2000, len(counts)))
    low, high = np.quantile(f1(counts[draws].sum(1)), [0.025, 0.975])
    return {
        "precision": float(right / max(said, 1)),
        "precision_interval": share_interval(counts[:, 0], counts[:, 1]),
        "recall": float(right / max(true, 1)),
        "recall_interval": share_interval(counts[:, 0], counts[:, 2]),
        "f1": float(f1(counts.sum(0))),
        "interval": (float(low), float(high)),
    }


def _with_gold_quotations(text: GoldText, doc: Doc) -> Reading:
    """A reading that is told where the quotations are."""
    reading = Reading(doc)
    reading.__dict__["quotations"] = [Quotation(a, b) for a, b, _ in text.quotations]
    return reading


# -------------------------------------------------------------------- mentions


def _compare(ours: set[Any], theirs: set[Any]) -> Counts:
    return len(ours & theirs), len(ours), len(theirs)


def _gold_heads(text: GoldText, reading: Reading, *forms: str) -> set[int]:
    return {
        head_of(reading, start, end)
        for start, end, kind, form, _ in text.mentions
        if kind == "PER" and form in forms
    }


def _names(text: GoldText, reading: Reading) -> Counts:
    """Names by their last word, which stands for the head."""
    theirs = {head_of(reading, s, e): e - 1 for s, e, k, form, _ in text.mentions
              if k == "PER" and form == "PROP"}  # fmt: skip
    ours = {m.head for m in reading.cast.mentions if m.kind == "name"}
    right = sum(head in ours or last in ours for head, last in theirs.items())
    return right, len(ours), len(theirs)


def _exact_names(text: GoldText, reading: Reading) -> Counts:
    theirs = {(s, e) for s, e, k, form, _ in text.mentions if k == "PER" and form == "PROP"}
    return _compare({m[:2] for m in reading.cast.mentions if m.kind == "name"}, theirs)


def _nouns(text: GoldText, reading: Reading) -> Counts:
    ours = {m.head for m in reading.cast.mentions if m.kind == "noun"}
    return _compare(ours, _gold_heads(text, reading, "NOM"))


def _people(text: GoldText, reading: Reading) -> Counts:
    """Names and nouns together; a name may be met at its head or its last word."""
    theirs = {
        (head_of(reading, s, e), e - 1)
        for s, e, kind, form, _ in text.mentions
        if kind == "PER" and form != "PRON"
    }
    ours = {m.head for m in reading.cast.mentions if m.kind != "pronoun"}
    right = sum(head in ours or last in ours for head, last in theirs)
    return right, len(ours), len(theirs)


def _aliases(text: GoldText, reading: Reading) -> Counts:
    """Pairs of names, each as often as it stands, that mean the same person."""
    gold = gold_people(text, reading)
    named = [(m.entity, gold[m.head]) for m in reading.cast.mentions
             if m.kind == "name" and m.head in gold]  # fmt: skip

    def pairs(keys: list[Any]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(keys).values())

    return pairs(named), pairs([e for e, _ in named]), pairs([g for _, g in named])


# -------------------------------------------------------------------- speech


def _quotations(text: GoldText, reading: Reading) -> Counts:
    ours = {(q.start, q.end) for q in reading.quotations}
    return _compare(ours, {(a, b) for a, b, _ in text.quotations})


def _quoted_tokens(text: GoldText, reading: Reading) -> Counts:
    theirs = {i for a, b, _ in text.quotations for i in range(a, b)}
    return _compare(set(np.flatnonzero(reading.quoted).tolist()), theirs)


def _meant(text: GoldText, reading: Reading) -> dict[int, str]:
    """Gold entity of each of ours: whom most of its mentions by name, noun or "I" mean."""
    gold = gold_people(text, reading)
    votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for m in reading.cast.mentions:
        if m.entity >= 0 and m.head in gold and reading.lower[m.head] not in HE:
            votes[m.entity][gold[m.head]] += 1
    return {e: counted.most_common(1)[0][0] for e, counted in votes.items()}


def _speakers(text: GoldText, reading: Reading) -> Counts:
    """Quotations given to the right person; one of ours stands for the gold's that it overlaps."""
    meant = _meant(text, reading)
    ours = turns(reading)
    right = said = at = 0
    for turn in ours:
        said += turn.entity >= 0
        while at < len(text.quotations) and text.quotations[at][1] <= turn.quotation.start:
            at += 1
        if at < len(text.quotations) and text.quotations[at][0] < turn.quotation.end:
            right += turn.entity >= 0 and meant.get(turn.entity) == text.quotations[at][2]
            at += 1
    return right, said, len(text.quotations)


def _pronouns(*, quoted: bool) -> Callable[[GoldText, Reading], Counts]:
    def score(text: GoldText, reading: Reading) -> Counts:
        meant, gold = _meant(text, reading), gold_people(text, reading)
        asked = [
            m
            for m in reading.cast.mentions
            if reading.lower[m.head] in HE
            and m.head in gold
            and bool(reading.quoted[m.head]) == quoted
        ]
        right = sum(meant.get(m.entity) == gold[m.head] for m in asked)
        return right, sum(m.entity >= 0 for m in asked), len(asked)

    return score


# -------------------------------------------------------------------- places


def _places(text: GoldText, reading: Reading) -> Counts:
    """Places by the token that heads the mention."""
    theirs = {head_of(reading, a, b) for a, b, kind in text.entities if kind in _NAMED_PLACES}
    return _compare(set(place_words(reading)), theirs)
