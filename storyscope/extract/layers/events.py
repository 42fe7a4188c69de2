"""Realis events: what the story depicts as happening, to particular people at a particular time.

Negated, modal, habitual, generic, wished and merely stated things are out. The scheme is LitBank's
(Sims, Park and Bamman 2019). The scorer is a logistic regression over grammar and lemma, followed
by a second one that adds how eventful the surroundings are; its weights, learned from LitBank's
gold by ``python corpora/litbank/train_events.py``, lie in ``events.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.extract.reading import Reading

__all__ = ["candidates", "event_probabilities", "find_events", "no_events", "surroundings"]

_STATIVE = words("verbs", "stative")
_SPEECH = words("verbs", "speech")
_WISHED = words("verbs", "attempt")
_THINGS = (
    words("place", "interior", "exterior", "structure", "room_scale", "town_scale")
    | {"stair"}
    | words("body", "face", "hair", "eyes", "build", "clothing")
)
_EMBEDDED = frozenset({"xcomp", "ccomp", "advcl", "conj", "relcl", "acl", "pcomp"})
_AS_PAST = {"VBZ": "VBD", "VBP": "VBD"}
_AUX_AS_PAST = {"is": "was", "are": "were", "am": "was", "'s": "was", "'m": "was", "'re": "were",
                "has": "had", "have": "had", "'ve": "had", "do": "did", "does": "did"}  # fmt: skip


def find_events(reading: Reading) -> list[int]:
    """Tokens that head a realis event, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She struck the match. She would strike another if it failed.")
    >>> [reading.lower[i] for i in reading.events]
    ['struck']
    """
    tokens, probabilities = event_probabilities(reading)
    threshold = _weights()["threshold"]
    return [t for t, p in zip(tokens, probabilities, strict=True) if p >= threshold]


def event_probabilities(reading: Reading) -> tuple[list[int], NDArray[np.float64]]:
    """Candidate tokens and the probability that each heads a realis event."""
    weights = _weights()
    cues, bias = weights["cues"], weights["bias"]
    tokens: list[int] = []
    logits: list[float] = []
    for i, keys in candidates(reading):
        tokens.append(i)
        logits.append(bias + sum([cues.get(key, 0.0) for key in keys]))
    if not tokens:
        return [], np.empty(0)
    second = surroundings(reading, tokens, np.array(logits))
    scaled = (second - np.array(weights["mean"])) / np.array(weights["sd"])
    p = 1 / (1 + np.exp(-(scaled @ np.array(weights["second"]) + weights["second_bias"])))
    excluded = no_events(reading)
    return tokens, np.where([t in excluded for t in tokens], 0.0, p)


def no_events(reading: Reading) -> set[int]:
    """By definition no events, whatever surrounds them.

    What is denied, what only would or might be, what is wished or tried ("tried to rise"), and
    nouns of places, bodies and clothes.
    """
    unreal = {c.verb for c in reading.clauses if c.negated or c.tense == "modal"}
    lemma, pos = reading.lemma, reading.pos
    for i in range(reading.n):
        if pos[i] == "NOUN":
            if lemma[i] in _THINGS:
                unreal.add(i)
        elif (
            reading.tag[i] == "VB"
            and reading.dep[i] == "xcomp"
            and lemma[reading.head[i]] in _WISHED
        ):
            unreal.add(i)
    return unreal


def surroundings(
    reading: Reading, tokens: list[int], logits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the second scorer sees, shape (n_candidates, 7).

    The first logit; mean probability of the 5, 15 and 60 candidates on either side, and of the
    whole text; whether it is a noun; whether it is quoted.
    """
    p = 1 / (1 + np.exp(-logits))
    n = len(p)
    total = np.concatenate([[0.0], np.cumsum(p)])
    columns = [logits]
    at = np.arange(n)
    for width in (5, 15, 60):
        low, high = np.maximum(at - width, 0), np.minimum(at + width + 1, n)
        columns.append((total[high] - total[low] - p) / np.maximum(high - low - 1, 1))
    columns.append(np.full(n, p.mean()))
    columns.append(np.array([reading.pos[t] == "NOUN" for t in tokens], dtype=float))
    columns.append(reading.quoted[tokens].astype(float))
    return np.column_stack(columns)


@cache
def _weights() -> dict[str, Any]:
    text = (files(__package__) / "events.json").read_text(encoding="utf-8")
    weights: dict[str, Any] = json.loads(text)
    return weights


def candidates(reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Verbs, nouns and adjectives with the cues of each, as short keys.

    In a story told in the present tense, present forms count as past ones would elsewhere.
    """
    tag, dep, lemma, lower, pos, head = (
        reading.tag, reading.dep, reading.lemma, reading.lower, reading.pos, reading.head,
    )  # fmt: skip
    clause_of = {c.verb: c for c in reading.clauses}
    mains = [c.tense == "past" for c in reading.clauses if c.main and not c.quoted]
    past_share = sum(mains) / len(mains) if mains else 0.5
    shift = past_share <= 0.4
    quoted = reading.quoted.tolist()
    for i in range(reading.n):
        kind = pos[i][:1]
        if pos[i] not in ("VERB", "NOUN") and not (pos[i] == "ADJ" and tag[i] == "JJ"):
            continue
        t, d, h, word = tag[i], dep[i], head[i], lemma[i]
        told = not quoted[i]
        if shift and told:
            t = _AS_PAST.get(t, t)
        keys = [
            f"l{kind}{word}", f"t{t}", f"d{kind}{d}", f"{t}/{d}", f"hp{kind}{d}{pos[h]}",
            f"ht{kind}{tag[h]}", f"hl{kind}{d[:5]}{lemma[h]}", f"p{kind}{lower[i - 1] if i else ''}",
            f"n{kind}{lower[i + 1] if i + 1 < reading.n else ''}", f"s{kind}{word[-3:]}",
        ]  # fmt: skip
        if not told:
            keys.append(f"q{kind}")
        if word in _STATIVE:
            keys.append("stative")
        if word in _SPEECH:
            keys.append("speech")
        if kind == "N":
            keys += _noun_cues(reading, i, clause_of, shift and told)
        else:
            keys += _verb_cues(reading, i, t, clause_of, shift and told)
        yield i, keys


def _verb_cues(
    reading: Reading, i: int, t: str, clause_of: dict[int, Any], shift: bool
) -> list[str]:
    tag, dep, lower, pos = reading.tag, reading.dep, reading.lower, reading.pos
    keys: list[str] = []
    auxiliaries = 0
    subject, mark = -1, ""
    for c in reading.children[i]:
        relation = dep[c]
        if relation in ("aux", "auxpass"):
            auxiliaries += 1
            word = lower[c]
            keys.append(f"aux={_AUX_AS_PAST.get(word, word) if shift else word}")
        elif relation in ("nsubj", "nsubjpass"):
            subject = c
        elif relation == "dobj":
            keys.append("obj")
        elif relation == "neg":
            keys.append("neg")
        elif relation == "mark":
            mark = lower[c]
        elif relation in ("advmod", "npadvmod"):
            keys.append(f"adv={lower[c]}")
        elif relation == "prt":
            keys.append("prt")
        elif relation == "prep":
            keys.append("prep")
    if not auxiliaries:
        keys.append(f"bare={t}")
    clause = clause_of.get(i)
    if clause is not None:
        subject = clause.subject
        tense = "past" if shift and clause.tense == "present" else clause.tense
        form = (
            ("perf" if clause.perfect else "")
            + ("prog" if clause.progressive else "")
            + ("pass" if clause.passive else "")
        )
        keys += [f"f={tense}{clause.modal}", f"f={tense}{t}{form}", f"m={clause.main}{dep[i]}",
                 f"mark={clause.mark}"]  # fmt: skip
        if clause.negated:
            keys.append("negated")
    elif mark:
        keys.append(f"mark={mark}")
    if subject >= 0:
        who = lower[subject] if pos[subject] == "PRON" else reading.entity[subject] or tag[subject]
        keys.append(f"subj={who}")
        for c in reading.children[subject]:
            if dep[c] == "det":
                keys.append(f"sdet={lower[c]}")
    else:
        keys.append("nosubj")
    if dep[i] in _EMBEDDED:
        keys.append(f"in={dep[i]}{_tense_of(reading, reading.head[i], clause_of, shift)}")
    return keys


def _noun_cues(reading: Reading, i: int, clause_of: dict[int, Any], shift: bool) -> list[str]:
    dep, lower, lemma = reading.dep, reading.lower, reading.lemma
    keys = [f"4{lemma[i][-4:]}"]
    determiner = ""
    for c in reading.children[i]:
        if dep[c] == "det":
            determiner = lower[c]
        elif dep[c] == "poss":
            keys.append("poss")
    keys.append(f"det={determiner}")
    governor = reading.head[i]
    if dep[i] == "pobj":
        keys.append(f"prep={lower[governor]}")
        governor = reading.head[governor]
    keys.append(f"gl={dep[i]}{lemma[governor]}")
    keys.append(f"g={dep[i]}{_tense_of(reading, governor, clause_of, shift)}")
    return keys


def _tense_of(reading: Reading, i: int, clause_of: dict[int, Any], shift: bool) -> str:
    clause = clause_of.get(i)
    if clause is None:
        return reading.tag[i]
    tense = "past" if shift and clause.tense == "present" else clause.tense
    return f"{tense}{clause.modal}{'neg' if clause.negated else ''}"
