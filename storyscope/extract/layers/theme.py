"""Where the telling says what the story is about: lessons, truths about life, insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import (
    EVERYONE,
    HUMAN,
    Statement,
    clause_span,
    is_abstract,
    is_particular,
    is_weighty,
    past_frame,
    statements,
)
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Theme", "asserted", "standing_for", "themes"]

INSIGHT, SEEN = words("telling", "insight_verbs"), words("telling", "seen")
INNER = words("telling", "inner_verbs")
POINTS, EMPTY = words("telling", "points"), words("telling", "empty")
TOKENS, VALUES = words("telling", "tokens"), words("telling", "values")
ALWAYS, NEAR, OWN = words("telling", "always"), words("telling", "near"), words("telling", "own")
LEARNED = frozenset({"learn", "understand", "realize", "realise", "teach"})
TIMES = frozenset(entries("time", "unit")) | words("time", "part_of_day", "weekday", "season")
PRONOUNS = frozenset({"i", "he", "she", "we", "they", "you"})
CONDITION = frozenset({"if", "when", "once", "whenever", "until", "unless"})
VAGUE = frozenset({"will", "may", "should", "shall"})
UNCHANGED = words("telling", "unchanged_past")
SURE = frozenset(
    {
        *("some things", "no man", "X is Y", "X never does", "a life is", "there is grace in"),
        *("sometimes", "not about X", "what I learned", "that is the thing", "insight"),
        "the importance of",
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
            way = _summed_up(reading, clause) or _seen(reading, clause) or _maxim(reading, clause)
            if way:
                ways.setdefault(reading.sentence_of[clause.verb], way)
    for i, lemma in enumerate(reading.lemma):
        if lemma in VALUES and not masked[i] and _valued(reading, i):
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


def asserted(reading: Reading, verb: int) -> bool:
    """Whether a clause is the teller's own, or what somebody comes to see, up to its root."""
    dep, head, lower = reading.dep, reading.head, reading.lower
    i = verb
    for _ in range(8):
        if dep[i] in ("ROOT", "parataxis"):
            return True
        if dep[i] == "ccomp" and head[i] < i:
            question = any(reading.tag[c] in ("WRB", "WP", "WDT") for c in reading.children[i])
            if question or reading.lemma[head[i]] not in INSIGHT | {"be"}:
                return False
        elif dep[i] == "advcl":
            marks = {lower[c] for c in reading.children[i] if dep[c] == "mark"}
            if not marks & {"because", "since", "for"}:
                return False
        elif dep[i] == "acl":
            if reading.lemma[head[i]] not in POINTS:
                return False
        elif dep[i] not in ("conj", "xcomp", "csubj", "pcomp", "ccomp"):
            return False
        i = head[i]
    return False


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
    if s.particular or s.end - s.start < 3 or clause.perfect:
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
    human = _human(reading, subject)
    if which in ("no", "not"):
        human = human or facts.weight > 0
    fit = human and which in ("every", "most", "no", "not")
    return "no man" if past and fit and facts.firm and not clause.passive else ""


def _everyone(reading: Reading, s: Statement, facts: _Facts) -> str:
    fit = facts.strong or facts.weight or reading.lemma[s.clause.verb] in INNER
    when = past_frame(reading) or (facts.strong and facts.weight)
    return "everyone" if fit and when and facts.firm else ""


def _abstract(reading: Reading, s: Statement, facts: _Facts) -> str:
    verb, subject, lower = s.clause.verb, s.clause.subject, reading.lower
    if not facts.firm:
        return ""
    defined = facts.copula and _clause_after(reading, verb)
    if facts.copula and facts.idea and (facts.attribute is not None or defined):
        if not _narrowed(reading, subject):
            return "X is Y" if defined or _says_what(reading, s.clause, facts) else "X is so"
    plural = reading.tag[subject] == "NNS" and lower[verb] in UNCHANGED
    if not past_frame(reading) or plural or reading.lemma[verb] in ("decide", "say"):
        return ""
    if not facts.heavy and not (facts.strong and facts.weight):
        return ""
    often = facts.strong or "sometimes" in lower[s.start : s.end]
    return "X never does" if often else "X does"


def _mass(reading: Reading, s: Statement, facts: _Facts) -> str:
    when = past_frame(reading) or facts.strong
    fit = facts.copula and facts.firm and facts.weight and reading.dep[s.clause.subject] == "nsubj"
    return "mass" if when and fit else ""


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
    return "plural" if strong or (inner and _human(reading, s.clause.subject)) else ""


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
    fit = _human(reading, s.clause.subject) or (
        attribute is not None and is_weighty(reading, attribute)
    )
    said = facts.copula or facts.strong or s.clause.tense == "modal"
    return "a man" if past and fit and said else ""


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
    return "you" if fit and past_frame(reading) else ""


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


def _human(reading: Reading, i: int) -> bool:
    return reading.lemma[i] in HUMAN or reading.lemma[i] in EVERYONE


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


# ---------------------------------------------------------------- summings-up and insights


def _summed_up(reading: Reading, clause: Clause) -> str:
    """Way of a summing-up ("that was the thing about winter"); empty otherwise."""
    if reading.lemma[clause.verb] == "be":
        way = (
            _about(reading, clause)
            or _pointed(reading, clause)
            or _learned(reading, clause)
            or _denied(reading, clause)
        )
        if way:
            return way
    return _sometimes(reading, clause)


def _about(reading: Reading, clause: Clause) -> str:
    """Find "winning was never about the cup", "it was about letting go"."""
    verb, subject = clause.verb, clause.subject
    lower, dep = reading.lower, reading.dep
    about = next(
        (c for c in reading.children[verb] if lower[c] == "about" and dep[c] == "prep"), None
    )
    if about is None or any(reading.tag[c] == "WP" for c in reading.children[about]):
        return ""
    named = reading.tag[subject] == "VBG" or is_weighty(reading, subject)
    if not named and lower[subject] not in ("that", "this", "it"):
        return ""
    gerund = reading.child(about, "pcomp") is not None
    if not gerund and not any(
        is_weighty(reading, i) for i in range(about, reading.subtree(about).end)
    ):
        return ""
    return "not about X" if named or _came_to_see(reading, verb) else "it was about"


def _pointed(reading: Reading, clause: Clause) -> str:
    """Find "that was the thing about winter" and "the truth is that doors only close"."""
    verb, subject = clause.verb, clause.subject
    lower, dep, lemma = reading.lower, reading.dep, reading.lemma
    attribute = reading.child(verb, "attr")
    if lower[subject] in ("that", "this") and attribute is not None and clause.main:
        children = reading.children[attribute]
        if lemma[attribute] in POINTS and any(lower[c] == "the" for c in children):
            for c in children:
                noun = reading.child(c, "pobj", "pcomp") if dep[c] == "prep" else None
                if noun is not None and _of_a_kind(reading, noun):
                    return "that is the thing"
    if lemma[subject] in POINTS and dep[subject] == "nsubj":
        stated = {c for c in reading.children[verb] if dep[c] == "ccomp" and c > verb}
        for s in statements(reading) if stated else ():
            if s.clause.verb in stated and not s.particular:
                if any(is_weighty(reading, i) for i in range(s.start, s.end)):
                    return "the truth is"
    return ""


def _of_a_kind(reading: Reading, noun: int) -> bool:
    """Whether a noun stands for a kind, for an idea or for all the world."""
    if reading.tag[noun] in ("PRP", "NNP", "NNPS", "DT", "WP"):
        return False
    if reading.lower[noun] in ("world", "heart", "dead", "living", "human", "truth"):
        return True
    if any(reading.lower[k] in OWN | {"a", "an", "all"} for k in reading.children[noun]):
        return False
    return _human(reading, noun) or is_abstract(reading, noun) or reading.tag[noun] == "VBG"


def _learned(reading: Reading, clause: Clause) -> str:
    """Find "what I learned is this"."""
    verb, subject = clause.verb, clause.subject
    if reading.dep[subject] != "csubj" or reading.lemma[subject] not in LEARNED:
        return ""
    told = reading.child(verb, "attr", "ccomp", "nsubj")
    if told is None or (reading.dep[told] != "ccomp" and reading.lower[told] != "this"):
        return ""
    return "what I learned"


def _denied(reading: Reading, clause: Clause) -> str:
    """Find "it was never a gift": what a thing turns out not to have been."""
    verb = clause.verb
    if clause.tense != "past" or reading.child(verb, "attr") is None:
        return ""
    if reading.dep[clause.subject] == "expl" or clause.subject in reading.cast.persons:
        return ""
    never = any(reading.lower[c] == "never" for c in reading.children[verb])
    return "it was never" if never else ""


def _sometimes(reading: Reading, clause: Clause) -> str:
    """Find "sometimes the smallest changes matter most", in the present amid the past."""
    verb, subject, lower = clause.verb, clause.subject, reading.lower
    first = max(reading.sentence(verb).start, subject - 6)
    if clause.tense == "past" or "sometimes" not in lower[first:verb] or lower[subject] in PRONOUNS:
        return ""
    start, end = clause_span(reading, clause)
    if is_particular(reading, start, end) or not past_frame(reading):
        return ""
    best = any(
        reading.tag[i] in ("JJS", "RBS") or is_weighty(reading, i) for i in range(start, end)
    )
    said = reading.lemma[verb] == "be" or reading.lemma[verb] in INNER
    plain = lower[subject] not in ("it", "that", "this") or "enough" in lower[verb:end]
    return "sometimes" if (best or (said and plain)) and asserted(reading, verb) else ""


def _came_to_see(reading: Reading, verb: int) -> bool:
    """Whether a clause is what somebody came to see: "she learned that ..."."""
    head = reading.head[verb]
    return reading.dep[verb] == "ccomp" and head < verb and reading.lemma[head] in INSIGHT


def _seen(reading: Reading, clause: Clause) -> str:
    """Find a general truth that somebody saw: "she learned that grief was a kind of love"."""
    verb, i = clause.verb, clause.subject
    if clause.tense != "past" or not _came_to_see(reading, verb):
        return ""
    if reading.lemma[verb] != "be" or reading.child(verb, "attr") is None:
        return ""
    if reading.lemma[reading.head[verb]] not in SEEN:
        return ""
    if any(reading.lower[c] in OWN for c in reading.children[i]):
        return ""
    if is_particular(reading, *clause_span(reading, clause)):
        return ""
    return "insight" if is_weighty(reading, i) or reading.tag[i] == "VBG" else ""


def _maxim(reading: Reading, clause: Clause) -> str:
    """Find a general truth in the past of a mind: "people were larger than their worst day"."""
    verb, i = clause.verb, clause.subject
    if clause.tense != "past" or clause.perfect or clause.passive or not clause.main:
        return ""
    lower = reading.lower
    people = lower[i] in EVERYONE or lower[i] in ("men", "women", "children")
    if not people and not is_weighty(reading, i):
        return ""
    if any(
        reading.dep[c] in ("det", "poss", "prep", "relcl", "acl", "amod")
        for c in reading.children[i]
    ):
        return ""
    start, end = clause_span(reading, clause)
    if is_particular(reading, start, end) or any(
        lower[k] in NEAR or lower[k] in ("them", "they") for k in range(start, end)
    ):
        return ""
    copula = reading.lemma[verb] == "be"
    attribute = reading.child(verb, "attr")
    compared = copula and "than" in lower[verb:end]
    lasting = any(lower[k] in ("always", "never", "only") for k in reading.children[verb])
    if people:
        return "maxim" if compared or (lasting and reading.lemma[verb] in INNER) else ""
    defined = (
        copula
        and attribute is not None
        and any(lower[c] in ("a", "an", "only") for c in reading.children[attribute])
    )
    return "maxim" if compared or defined or lasting else ""


# ---------------------------------------------------------------- what things stand for


def _valued(reading: Reading, i: int) -> bool:
    """Whether somebody learns, teaches or thinks of "the importance of" something."""
    if reading.dep[i] not in ("dobj", "pobj", "conj"):
        return False
    head = reading.head[i]
    if reading.lower[head] == "about":
        head = reading.head[head]
    learned = reading.lemma[head] in SEEN or reading.lemma[head] in ("appreciate", "reflect")
    return learned and _of_weight(reading, i)


def _of_weight(reading: Reading, i: int) -> bool:
    """Whether what follows a noun ("a testament to ...") is an idea or a doing."""
    for c in reading.children[i]:
        if reading.lower[c] in ("of", "to", "for") or reading.dep[c] in ("acl", "ccomp"):
            end = min(reading.subtree(c).end, c + 14)
            if reading.child(c, "pcomp") is not None:
                return True
            if any(is_weighty(reading, k) for k in range(c, end)):
                return True
    return False


@once
def standing_for(reading: Reading) -> list[int]:
    """Nouns by which the telling says what a thing stands for ("a testament to hope").

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("The wall was a testament to their love. He had proof of the sale.")
    >>> [reading.lower[i] for i in standing_for(reading)]
    ['testament']
    """
    masked = spoken(reading)
    return [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in TOKENS and not masked[i] and _of_weight(reading, i)
    ]
