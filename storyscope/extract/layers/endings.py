"""How a story ends: its last words, how they close it, and in what way they end."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "ClosureCue",
    "closure_cues",
    "closure_score",
    "ending",
    "last_sentences",
    "story_ending",
]

ENDING_WORDS = 95
"""Words an ending has at least; whole sentences are taken from the last one back."""
LEAST_STORY = 150
"""Words under which a text is all ending."""
TERMINAL = frozenset(".!?\"'…”’)")

FINALITY, PENDING = Phrases(words("closure", "finality")), Phrases(words("closure", "pending"))
FATE, PUT_AWAY = words("closure", "fate"), words("closure", "put_away")
GOING, AWAY = words("closure", "going"), words("closure", "away")
SETTLED, NEWCOMER = words("closure", "settled"), words("closure", "newcomer")

# Weight of one cue and how many of a kind count. Set by hand on the open validation passages,
# all positive weights between 0.4 and 1, all negative between -1 and -0.3.
WEIGHTS: dict[str, tuple[float, int]] = {
    "finality": (1.0, 3), "settled": (1.0, 1), "fate": (0.7, 2), "put away": (0.5, 2), "leaving": (0.7, 1),
    "coda": (1.0, 1), "connective": (0.4, 1),
    "pending": (-0.7, 2), "question": (-1.0, 1), "possible": (-0.7, 1), "newcomer": (-0.7, 1),
    "unnamed": (-0.3, 2), "in speech": (-0.5, 1), "going on": (-0.5, 1), "before": (-0.3, 1),
}  # fmt: skip
CLOSED_FROM = 1.2
"""Score from which a passage counts as closing its story."""


class ClosureCue(NamedTuple):
    """Tokens [start, end) that close (weight above 0) or leave open (below 0), and the kind."""

    start: int
    end: int
    kind: str
    weight: float


@once
def story_ending(reading: Reading) -> Span | None:
    """The ending of a whole story: None where it breaks off or is too short to have one."""
    if reading.n_words < LEAST_STORY or not reading.sentences:
        return None
    last = reading.sentences[-1]
    if reading.doc[last.end - 1].text[-1] not in TERMINAL:
        return None
    return ending(reading)


def ending(reading: Reading, size: int = ENDING_WORDS) -> Span:
    """The last whole sentences of a text that have `size` words between them, or all of it."""
    sentences = reading.sentences
    k, count = len(sentences), 0
    while k > 0 and count < size:
        k -= 1
        count += int(reading.is_word[sentences[k].start : sentences[k].end].sum())
    return Span(sentences[k].start if sentences else 0, reading.n)


def last_sentences(reading: Reading, n: int) -> list[Span]:
    """The last `n` sentences that hold a word."""
    found: list[Span] = []
    for sentence in reversed(reading.sentences):
        if reading.is_word[sentence.start : sentence.end].any():
            found.append(sentence)
            if len(found) == n:
                break
    return found[::-1]


def closure_score(reading: Reading, span: Span) -> float:
    """Sum of the closure cues of an ending, each kind counting a limited number of times."""
    return sum(cue.weight for cue in closure_cues(reading, span))


def closure_cues(reading: Reading, span: Span) -> list[ClosureCue]:
    """What closes or leaves open, in an ending at `span`.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("They buried him on the hill. She locked the door for the last time and walked home.")
    >>> sorted({c.kind for c in closure_cues(told, ending(told))})
    ['fate', 'finality', 'leaving', 'put away']
    """
    start, end = span
    last = [s for s in last_sentences(reading, 4) if s.start >= start]
    if not last:
        return []
    last4, last2 = last[0].start, last[-2 if len(last) > 1 else -1].start
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in WEIGHTS}
    found["finality"] = [(start + a, start + b) for a, b in FINALITY.find(reading.lower[start:end])]
    found["pending"] = [(last2 + a, last2 + b) for a, b in PENDING.find(reading.lower[last2:end])]
    for i in range(start, end):
        _token_cues(reading, i, last4, last2, found)
    _clause_cues(reading, start, last4, last2, found)
    for sentence in last[-3:]:
        if reading.lower[sentence.start] in ("and", "then", "so"):
            found["connective"].append((sentence.start, sentence.start + 1))
    final = last[-1]
    if reading.quoted[final.start : final.end].mean() > 0.5:
        found["in speech"].append(final)
    return sorted(
        ClosureCue(a, b, kind, WEIGHTS[kind][0])
        for kind, spans in found.items()
        for a, b in spans[-WEIGHTS[kind][1] :]
    )


def _token_cues(
    reading: Reading, i: int, last4: int, last2: int, found: dict[str, list[tuple[int, int]]]
) -> None:
    word, lemma = reading.lower[i], reading.lemma[i]
    if reading.pos[i] == "VERB" and not reading.quoted[i]:
        if lemma in FATE:
            found["fate"].append((i, i + 1))
        if i >= last4 and lemma in PUT_AWAY:
            found["put away"].append((i, i + 1))
        if (
            i >= last4
            and lemma in GOING
            and any(reading.lower[c] in AWAY for c in reading.children[i])
        ):
            found["leaving"].append((i, i + 1))
    elif (
        word in SETTLED
        and reading.dep[i] in ("acomp", "attr", "advmod", "prep")
        and reading.lemma[reading.head[i]] == "be"
    ):
        found["settled"].append((i, i + 1))
    if i >= last2:
        if word == "?":
            found["question"].append((i, i + 1))
        elif word in ("a", "an", "somebody", "someone", "something"):
            found["unnamed"].append((i, i + 1))


def _clause_cues(
    reading: Reading, start: int, last4: int, last2: int, found: dict[str, list[tuple[int, int]]]
) -> None:
    past = 0
    for clause in reading.clauses:
        if clause.verb < start or clause.quoted:
            continue
        span = (min(clause.finite, clause.verb), max(clause.finite, clause.verb) + 1)
        past += clause.tense == "past"
        if clause.verb >= last4 and clause.tense == "present" and past >= 3:
            found["coda"].append(span)
        if clause.verb < last2:
            continue
        if clause.modal in ("would", "might", "could", "should", "must", "will"):
            found["possible"].append(span)
        if reading.lemma[clause.verb] in NEWCOMER:
            found["newcomer"].append(span)
        if clause.progressive:
            found["going on"].append(span)
        if clause.pluperfect:
            found["before"].append(span)
