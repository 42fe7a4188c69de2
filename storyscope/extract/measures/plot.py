"""Plot: why things happen, what people are after, and how the telling is cut into scenes."""

from __future__ import annotations

from storyscope.extract.layers.chance import coincidences
from storyscope.extract.layers.conflict import clashes
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    tokens,
)
from storyscope.extract.reading import Reading

BECAUSE = frozenset({"because", "since"})
TIMES = words("place", "weather") | frozenset(
    "day night morning noon evening dawn spring summer autumn winter year month week hour then".split()
)
RESULTING = frozenset({"therefore", "thus", "hence", "consequently", "accordingly"})
CAUSING = frozenset({"cause", "lead", "force", "drive", "prompt"})


@once
def narrated_mains(reading: Reading) -> list[int]:
    """Verbs of main finite clauses outside quotations."""
    return [c.verb for c in reading.clauses if c.main and not c.quoted]


# ---------------------------------------------------------------- causes


@once
def causes(reading: Reading) -> list[tuple[int, int]]:
    """Where narration says outright that one thing happens because of another."""
    found = []
    for clause in reading.clauses:
        if clause.quoted:
            continue
        if clause.mark == "because" or (clause.mark == "since" and _causal_since(reading, clause.verb)):
            mark = next((c for c in reading.children[clause.verb] if reading.lower[c] == clause.mark), clause.verb)
            found.append((mark, clause.verb + 1))
    for i, word in enumerate(reading.lower):
        if reading.quoted[i]:
            continue
        if word in RESULTING and reading.dep[i] == "advmod":
            found.append((i, i + 1))
        elif word == "because" and i + 1 < reading.n and reading.lower[i + 1] == "of":
            found.append((i, i + 2))
        elif word == "so" and i + 1 < reading.n and reading.lower[i + 1] == "that":
            if reading.dep[i] == "mark":
                found.append((i, i + 2))
    return sorted(found)


def _causal_since(reading: Reading, verb: int) -> bool:
    """Whether a clause with "since" gives a reason: its main clause is no perfect."""
    governor = reading.head[verb]
    return not any(reading.lemma[c] == "have" for c in reading.children[governor])


@measures("PLT_CAU_01")
def explicit_cause(reading: Reading) -> Measured:
    return rate(causes(reading), len(narrated_mains(reading)), per=100, least=20)


# ---------------------------------------------------------------- conflict and chance


@measures("PLT_CON_01")
def conflict_share(reading: Reading) -> Measured:
    """Words inside stretches of open conflict among all words."""
    if reading.n_words < 150:
        return NOT_DEFINED
    found = clashes(reading)
    inside = sum(int(reading.is_word[a:b].sum()) for a, b in found)
    return number(inside / reading.n_words, found)


@measures("PLT_CHA_01")
def chance_rate(reading: Reading) -> Measured:
    return rate(coincidences(reading), reading.n_words, per=1000, least=150)


# ---------------------------------------------------------------- scenes


@measures("PLT_SCN_01")
def scene_rate(reading: Reading) -> Measured:
    """Scenes per 1,000 words."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    starts = [s.start for s in reading.scenes]
    return number(1000 * len(starts) / reading.n_words, tokens(starts))
