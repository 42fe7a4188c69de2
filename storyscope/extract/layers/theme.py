"""Where the telling says what the story is about: lessons, truths about life, insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import (
    Statement,
    is_abstract,
    is_weighty,
    past_frame,
    statements,
)
from storyscope.extract.layers.insights import (
    ALWAYS,
    EMPTY,
    INNER,
    NEAR,
    POINTS,
    VALUES,
    asserted,
    came_to_see,
    is_human,
    is_valued,
    way_of_insight,
)
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["SURE", "Theme", "themes"]

TIMES = frozenset(entries("time", "unit")) | words("time", "part_of_day", "weekday", "season")
CONDITION = frozenset({"if", "when", "once", "whenever", "until", "unless"})
VAGUE = frozenset({"will", "may", "should", "shall"})
UNCHANGED = words("telling", "unchanged_past")
SURE = frozenset(
    {
        *("some things", "no man", "X is Y", "X never does", "a life is", "there is grace in"),
        *("sometimes", "not about X", "what I learned", "that is the thing", "insight"),
        *("the importance of", "mass", "maxim"),
    }
)
"""Ways that are right often enough, read on real stories, to say that a theme is stated."""


class Theme(NamedTuple):
    """A sentence in which a theme is stated, and the way in which it is.

    Attributes
    ----------
    start, end : int
        Tokens [start, end) of the sentence.
    way : str
        The pattern by which it was found, after an example: "some things" (some wounds never
        heal), "X is Y" (mercy is not a debt), "not about X" (winning was never about the cup).
    sure : bool
        Whether the way is one of `SURE`. The others are a graded sign only.
    """

    start: int
    end: int
    way: str
    sure: bool


@once
def themes(reading: Reading) -> list[Theme]:
    """Narrated sentences that state a theme, a lesson or a truth about life.

    Found by grammar: a clause that speaks in general (`generic.statements`) and has an idea or
    people for its matter, what somebody came to see, or a summing-up. Particular facts, customs,
    laws of nature and statements with a name, a date or "he" in them are none.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "She closed the lid. Some wounds never heal. Mercy is not a debt. Barges pass there."
    >>> [t.way for t in themes(read(told))]
    ['some things', 'X is Y']
    """
    ways: dict[int, str] = {}
    for statement in statements(reading):
        way = _general(reading, statement)
        if way:
            ways.setdefault(reading.sentence_of[statement.clause.verb], way)
    masked = spoken(reading)
    for clause in reading.clauses:
        if clause.subject >= 0 and not masked[clause.verb]:
            way = way_of_insight(reading, clause)
            if way:
                ways.setdefault(reading.sentence_of[clause.verb], way)
    for i, lemma in enumerate(reading.lemma):
        if lemma in VALUES and not masked[i] and is_valued(reading, i):
            ways.setdefault(reading.sentence_of[i], "the importance of")
    found = []
    for k, way in sorted(ways.items()):
        start, end = reading.sentences[k]
        asked = "?" in reading.lower[max(start, end - 2) : end]
        if not asked and not _shouted(reading, start, end):
            found.append(Theme(start, end, way, way in SURE))
    return found


def _shouted(reading: Reading, start: int, end: int) -> bool:
    """Whether a sentence is set in capitals, as signs and headings are."""
    return all(reading.doc[i].is_upper for i in range(start, end) if reading.is_word[i])


# ---------------------------------------------------------------- general statements


class _Facts(NamedTuple):
    """What the rules ask of a general statement.

    `heavy` and `idea`: its subject is a weighty, or at least an abstract noun. `attribute`: the
    predicate of a copula. `strong`: it denies, or says always, never, only. `firm`: neither
    vague nor a fact of the past. `weight`: how many weighty nouns it holds.
    """

    copula: bool
    attribute: int | None
    strong: bool
    weight: int
    firm: bool
    heavy: bool
    idea: bool


def _general(reading: Reading, s: Statement) -> str:
    """Way of a general statement in the present that has a theme's weight; empty otherwise."""
    clause, lower = s.clause, reading.lower
    verb, subject = clause.verb, clause.subject
    perfect = clause.perfect and not _who(reading, subject)
    if s.particular or s.end - s.start < 3 or perfect:
        return ""
    stretch = range(s.start, s.end)
    if any(lower[i] in NEAR for i in stretch) or not asserted(reading, verb):
        return ""
    be_or_have = reading.lemma[verb] in ("be", "have")
    facts = _Facts(
        copula=reading.lemma[verb] == "be",
        attribute=reading.child(verb, "attr", "acomp"),
        strong=clause.negated or any(lower[i] in ALWAYS for i in stretch),
        weight=sum(is_weighty(reading, i) for i in stretch),
        firm=clause.modal not in VAGUE
        and not (clause.modal == "must" and be_or_have)
        and not _tells_past(reading, verb),
        heavy=is_weighty(reading, subject),
        idea=is_abstract(reading, subject) and reading.lemma[subject] not in EMPTY,
    )
    return _KINDS[s.about](reading, s, facts)


def _some(reading: Reading, s: Statement, facts: _Facts) -> str:
    subject, clause = s.clause.subject, s.clause
    which = next(
        (reading.lower[c] for c in reading.children[subject] if reading.dep[c] == "det"), ""
    )
    past = past_frame(reading)
    if which == "some":
        fit = past or facts.copula or clause.negated
        return "some things" if fit and reading.lemma[subject] not in TIMES else ""
    human = is_human(reading, subject)
    if which in ("no", "not"):
        human = human or facts.weight > 0
    fit = human and which in ("every", "most", "no", "not")
    return "no man" if past and fit and facts.firm and not clause.passive else ""


def _who(reading: Reading, subject: int) -> bool:
    """Whether a relative clause says whom a noun stands for: "a woman who", "those that"."""
    return reading.child(subject, "relcl") is not None


def _everyone(reading: Reading, s: Statement, facts: _Facts) -> str:
    if s.clause.modal == "shall" and _who(reading, s.clause.subject):
        return "everyone"
    if reading.lower[s.clause.subject] in ("nobody", "none"):
        facts = facts._replace(strong=True)
    fit = facts.strong or facts.weight or reading.lemma[s.clause.verb] in INNER
    when = past_frame(reading) or (facts.strong and facts.weight)
    return "everyone" if fit and when and facts.firm else ""


def _abstract(reading: Reading, s: Statement, facts: _Facts) -> str:
    verb, subject, lower = s.clause.verb, s.clause.subject, reading.lower
    if not facts.firm:
        return ""
    defined = facts.copula and _clause_after(reading, verb)
    said = facts.copula and facts.idea and (facts.attribute is not None or defined)
    if said and not _narrowed(reading, subject):
        return "X is Y" if defined or _says_what(reading, s.clause, facts) else "X is so"
    plural = reading.tag[subject] == "NNS" and lower[verb] in UNCHANGED
    if not past_frame(reading) or plural or reading.lemma[verb] in ("decide", "say"):
        return ""
    if not facts.heavy and not (facts.strong and facts.weight):
        return ""
    often = facts.strong or "sometimes" in lower[s.start : s.end]
    return "X never does" if often else "X does"


def _mass(reading: Reading, s: Statement, facts: _Facts) -> str:
    past = past_frame(reading)
    what = facts.attribute
    defined = what is not None and past and reading.dep[what] == "attr"
    said = facts.copula and (defined or (facts.weight and (past or facts.strong)))
    fit = said and facts.firm and reading.dep[s.clause.subject] == "nsubj"
    return "mass" if fit else ""


def _clausal(reading: Reading, s: Statement, facts: _Facts) -> str:
    subject, past = s.clause.subject, past_frame(reading)
    if reading.dep[subject] == "csubj" or reading.lower[subject] in ("what", "whatever"):
        fit = facts.copula or facts.weight or reading.lemma[s.clause.verb] in INNER
        return "what" if past and facts.firm and fit else ""
    if past:
        return "it is easier" if facts.weight and facts.firm else ""
    heavy = facts.attribute is not None and is_weighty(reading, facts.attribute)
    return "it is easier" if facts.copula and heavy else ""


def _plural(reading: Reading, s: Statement, facts: _Facts) -> str:
    if not facts.firm:
        return ""
    strong = facts.strong and facts.weight
    if not past_frame(reading):
        return "plural" if strong and facts.copula else ""
    inner = facts.strong or reading.lemma[s.clause.verb] in INNER
    return "plural" if strong or (inner and is_human(reading, s.clause.subject)) else ""


def _there(reading: Reading, s: Statement, facts: _Facts) -> str:
    what = reading.child(s.clause.verb, "attr", "dobj")
    if what is None or not facts.firm or not past_frame(reading):
        return ""
    lower, children = reading.lower, reading.children[what]
    if any(lower[c] == "no" for c in children):
        compared = any(lower[i] in ("as", "than", "like") for i in range(what, s.end))
        return "there is grace in" if compared else ""
    gerund = any(
        lower[c] in ("in", "to") and reading.child(c, "pcomp") is not None for c in children
    )
    kinds = reading.tag[what] == "NNS" and reading.child(what, "relcl") is not None
    heavy = is_weighty(reading, what)
    if (heavy and gerund) or (kinds and is_abstract(reading, what)):
        return "there is grace in"
    return "there is" if heavy or (facts.weight and reading.lemma[what] in POINTS) else ""


def _a(reading: Reading, s: Statement, facts: _Facts) -> str:
    past, attribute = past_frame(reading), facts.attribute
    if facts.heavy:
        defined = facts.copula and attribute is not None and reading.dep[attribute] == "attr"
        return "" if not facts.firm else "a life is" if defined else "a life" if past else ""
    fit = is_human(reading, s.clause.subject) or (
        attribute is not None and is_weighty(reading, attribute)
    )
    subject = s.clause.subject
    said = facts.copula or facts.strong or s.clause.tense == "modal" or facts.attribute is not None
    human = is_human(reading, subject) and reading.child(subject, "amod", "relcl") is not None
    you = any(reading.lower[i] == "you" for i in range(*reading.subtree(subject)))
    return "a man" if past and ((fit and said) or human or you) else ""


def _one(reading: Reading, s: Statement, facts: _Facts) -> str:
    return "one" if past_frame(reading) and facts.weight and facts.strong else ""


def _we(reading: Reading, s: Statement, facts: _Facts) -> str:
    lower, sentence = reading.lower, reading.sentence(s.clause.verb)
    own = any(lower[i] in ("i", "my", "me") for i in range(*sentence))
    if own or s.clause.tense != "present" or not past_frame(reading):
        return ""
    said = {lower[i] for i in range(s.start, s.end)}
    all_of_us = facts.weight and said & {"all", "never", "always", "ever"}
    apart = narrative_person(reading) == "third" and (facts.weight or facts.strong)
    return "we" if all_of_us or apart or (s.clause.passive and "by" in said) else ""


def _you(reading: Reading, s: Statement, facts: _Facts) -> str:
    lower = reading.lower
    loose = s.clause.modal in ("can", "cannot", "must") or any(
        lower[i] in CONDITION for i in range(s.start, s.end)
    )
    fit = facts.weight and facts.strong and loose
    seen = came_to_see(reading, s.clause.verb) and (facts.strong or facts.weight)
    lesson = s.clause.modal in ("can", "cannot", "must") and facts.strong
    apart = lesson and narrative_person(reading) == "third"
    return "you" if (fit or seen or apart) and past_frame(reading) else ""


_KINDS = {
    "some": _some,
    "everyone": _everyone,
    "abstract": _abstract,
    "mass": _mass,
    "clause": _clausal,
    "plural": _plural,
    "there": _there,
    "a": _a,
    "one": _one,
    "we": _we,
    "you": _you,
}


def _clause_after(reading: Reading, verb: int) -> bool:
    """Whether a copula is followed by a clause: "power is what we reach for"."""
    return any(reading.dep[c] == "ccomp" and c > verb for c in reading.children[verb])


def _says_what(reading: Reading, clause: Clause, facts: _Facts) -> bool:
    """Whether a copula defines, denies or compares, rather than reports a state."""
    attribute = facts.attribute
    if attribute is None:
        return False
    if reading.dep[attribute] == "attr" or clause.negated or is_weighty(reading, attribute):
        return True
    compared = {"more", "less", "too", "than", "never", "always"}
    return reading.tag[attribute] == "JJR" or any(
        reading.lower[c] in compared for c in reading.children[attribute]
    )


def _narrowed(reading: Reading, subject: int) -> bool:
    """Whether a noun is narrowed down: "failure to comply", "psi power"."""
    return any(reading.dep[c] in ("acl", "relcl", "compound") for c in reading.children[subject])


def _tells_past(reading: Reading, verb: int) -> bool:
    """Whether what a clause states is a fact of the past: "the truth is that he lied"."""
    tag = reading.tag
    return any(
        reading.dep[c] == "ccomp"
        and (tag[c] == "VBD" or any(tag[k] == "VBD" for k in reading.children[c]))
        for c in reading.children[verb]
    )
