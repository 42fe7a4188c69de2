"""Questions that the telling itself asks, what it says is not known, and what it keeps back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import clauses_by_sentence, past_frame
from storyscope.extract.layers.person import spoken
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Question", "open_questions", "questions", "unknowns", "withholdings"]

IGNORANCE, ASKING = words("telling", "ignorance"), words("telling", "asking")
OF_ALL, RHETORICAL = words("telling", "ignorance_of_all"), words("telling", "rhetorical")
PUZZLING, WH = words("telling", "puzzling"), words("telling", "wh")
ANSWER = words("telling", "answer")
HIDE, TELL = words("telling", "hide"), words("telling", "tell")
NOBODY = frozenset({"nobody", "none", "noone"})
_CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ"})
_LIGHT = frozenset("be have do go get thing know come make take one way time".split())
_PRONOUNS = frozenset({"i", "he", "she", "they", "we", "it"})
_NEXT = 2
"""Sentences after a question in which its answer is looked for."""


class Question(NamedTuple):
    """A question that the telling asks outside speech.

    Attributes
    ----------
    start, end : int
        Tokens [start, end) of the sentence.
    kind : str
        "wh" (who, why, how), "yes or no", "statement" where only the mark asks ("So he knew?"), or
        "fragment" where it has no finite verb.
    past : bool
        Whether it is asked in the past, as somebody in a past story asks it of themselves.
    answered : bool
        Whether one of the next two sentences answers it: it opens with yes, no, because and the
        like, or takes up two of the question's content words.
    general : bool
        Whether it asks of people in general ("how does a man come to this?").
    rhetorical : bool
        Whether it wants no answer ("what choice did he have?", "who would believe him?").
    """

    start: int
    end: int
    kind: str
    past: bool
    answered: bool
    general: bool
    rhetorical: bool


@once
def questions(reading: Reading) -> list[Question]:
    """Narrated questions in order; tags ("didn't she?" after a comma) are none.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "Who had shut the gate? She ran down. Was the dog in? Yes, the dog was in."
    >>> [(q.kind, q.answered) for q in questions(read(told))]
    [('wh', False), ('yes or no', True)]
    """
    found = []
    masked, lower = spoken(reading), reading.lower
    clauses = clauses_by_sentence(reading)
    for k, (start, end) in enumerate(reading.sentences):
        last = end - 1
        while last > start and not any(map(str.isalnum, lower[last])) and "?" not in lower[last]:
            last -= 1
        if "?" not in lower[last] or masked[start] or masked[last] or last - start < 1:
            continue
        finite = [c for c in clauses.get(k, []) if c.main] or clauses.get(k, [])
        if finite and _is_tag(reading, finite[-1], last):
            continue
        kind = _kind(reading, start, finite)
        past = bool(finite) and any(c.tense != "present" for c in finite)
        general = any(_anybody(reading, c) for c in finite if c.tense == "present")
        idle = _rhetorical(reading, start, last, finite)
        found.append(Question(start, end, kind, past, _answered(reading, k), general, idle))
    return found


def _kind(reading: Reading, start: int, finite: list[Clause]) -> str:
    """Form of a question: by its wh-word, by the order of verb and subject, or by neither."""
    if not finite:
        return "fragment"
    tag = reading.tag
    for c in finite:
        if c.subject < 0:
            continue
        before = range(max(start, min(c.finite, c.subject) - 5), max(c.finite, c.subject) + 1)
        wh = any(tag[i] in ("WRB", "WP", "WDT", "WP$") for i in before)
        if wh and (c.finite < c.subject or tag[c.subject].startswith("W") or _which(reading, c)):
            return "wh"
        if c.finite < c.subject and reading.dep[c.subject] in ("nsubj", "nsubjpass", "expl"):
            return "yes or no"
    return "statement"


def _which(reading: Reading, clause: Clause) -> bool:
    """Whether the subject itself is asked for: "whose voice was it", "which of them had gone"."""
    return any(reading.tag[c].startswith("W") for c in reading.children[clause.subject])


def _is_tag(reading: Reading, clause: Clause, last: int) -> bool:
    """Whether a question is only hung on: its finite verb and pronoun stand at the very end."""
    return clause.finite >= last - 3 and "," in reading.lower[clause.finite - 1 : clause.finite]


def _anybody(reading: Reading, clause: Clause) -> bool:
    i = clause.subject
    if i < 0:
        return False
    word = reading.lower[i]
    if word in ("one", "anyone", "anybody", "people", "we", "you"):
        return True
    return reading.tag[i] == "NN" and any(
        reading.lower[c] in ("a", "an") for c in reading.children[i]
    )


def _rhetorical(reading: Reading, start: int, last: int, finite: list[Clause]) -> bool:
    """Whether a question wants no answer: denied, under "could" or "who would", "what choice"."""
    said = reading.lower[start:last]
    if any(w in RHETORICAL and reading.pos[i] != "ADJ" for i, w in enumerate(said, start)):
        return True
    if said[:2] in (["what", "if"], ["who", "knew"], ["who", "knows"], ["who", "cares"]):
        return True
    asks = {w for w in said[:4] if w in WH}
    for c in finite[:1]:
        if c.negated or c.modal in ("can", "could", "should", "may", "shall"):
            return True
        if c.modal == "would" and (not asks or asks & {"who", "how", "why"}):
            return True
        if "who" in asks and reading.lemma[c.verb] == "be" and "to" in said:
            return True
    return False


def _content(reading: Reading, start: int, end: int) -> set[str]:
    return {
        reading.lemma[i]
        for i in range(start, end)
        if reading.pos[i] in _CONTENT and reading.lemma[i] not in _LIGHT
    }


def _answered(reading: Reading, k: int) -> bool:
    sentences = reading.sentences
    asked = _content(reading, *sentences[k])
    for start, end in sentences[k + 1 : k + 1 + _NEXT]:
        if "?" in reading.lower[max(start, end - 2) : end]:
            continue
        if start == sentences[k + 1].start and _replies(reading, k, start, end):
            return True
        if len(asked & _content(reading, start, end)) >= 2:
            return True
    return k + 1 < len(sentences) and _echoed(reading, k)


def _replies(reading: Reading, k: int, start: int, end: int) -> bool:
    """Whether a sentence opens as replies do: "because", "it was Pim" after "who", "until noon"."""
    lower = reading.lower
    if lower[start] in ANSWER:
        return True
    first = reading.sentences[k].start
    asked = {*lower[first : first + 3]}
    told = reading.lemma[start + 1 : start + 2] == ["be"] and "?" not in lower[end - 2 : end]
    if told and lower[start] in ("it", "that") and asked & {"who", "what", "whose"}:
        return True
    short = reading.sentences[k].end - first <= 4
    return short and reading.pos[start] in ("ADP", "SCONJ") and "?" not in lower[end - 2 : end]


def _echoed(reading: Reading, k: int) -> bool:
    """Whether the next sentence opens by saying of the same subject what was asked of it."""
    clauses = clauses_by_sentence(reading)
    asked = [c for c in clauses.get(k, []) if c.main]
    told = [c for c in clauses.get(k + 1, []) if c.main]
    if not asked or not told or asked[0].subject < 0 or told[0].subject < 0:
        return False
    same = reading.lower[asked[0].subject] == reading.lower[told[0].subject]
    return same and reading.lemma[asked[0].finite] == reading.lemma[told[0].finite]


@once
def open_questions(reading: Reading) -> list[Question]:
    """Narrated questions about the story itself that the next sentences leave open.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "Who had shut the gate? She ran down. How does a man come to that?"
    >>> [read(told).text_of(q[:2]) for q in open_questions(read(told))]
    ['Who had shut the gate?']
    """
    return [
        q
        for q in questions(reading)
        if not (q.answered or q.general or q.rhetorical)
        and (_short_wh(reading, q.start, q.end) if q.kind == "fragment" else _of_story(reading, q))
    ]


def _of_story(reading: Reading, question: Question) -> bool:
    """Whether a question asks what was or is so in the story, rather than what may be in general.

    It stands in the past, or in the present of a story told so with somebody or something
    particular for its subject, and under no modal verb.
    """
    if question.kind not in ("wh", "yes or no"):
        return False
    inside = [
        c
        for c in clauses_by_sentence(reading).get(reading.sentence_of[question.start], [])
        if c.main and c.verb < question.end
    ]
    if not inside or any(c.modal or _is_to(reading, c) for c in inside):
        return False
    told = any(c.tense == "past" for c in inside)
    return (told and past_frame(reading)) or any(_particular(reading, c) for c in inside)


def _is_to(reading: Reading, clause: Clause) -> bool:
    """Whether a question deliberates: "what was to be done", "what was there to say"."""
    ahead = reading.lower[clause.verb + 1 : clause.verb + 4]
    if reading.lemma[clause.verb] != "be":
        return False
    return ahead[:1] == ["to"] or (ahead[:2] == ["there", "to"] and ahead[2] in ("say", "do"))


def _particular(reading: Reading, clause: Clause) -> bool:
    i = clause.subject
    if i < 0:
        return False
    who = reading.cast.entity_of.get(i, -1) >= 0 and reading.lower[i] not in ("i", "you")
    return (
        who
        or reading.lower[i] in _PRONOUNS - {"i", "we"}
        or any(reading.lower[c] in ("the", "that", "this") for c in reading.children[i])
    )


def _short_wh(reading: Reading, start: int, end: int) -> bool:
    """Whether a fragment asks something of its own: "why the shoes", "whose", not "for what"."""
    said = [w for w in reading.lower[start:end] if w.isalpha()]
    if not 2 <= len(said) <= 7 or said[:2] in (["what", "about"], ["how", "about"]):
        return False
    return said[0] in WH or (said[-1] in WH and said[0] not in ("for", "if"))


# ---------------------------------------------------------------- what is not known


@once
def unknowns(reading: Reading) -> list[int]:
    """Narrated verbs that say a thing is not known, or wondered at: "no one ever learned why".

    "He did not know what to say" is none: it opens nothing.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "No one ever learned why he left. She wondered who had called. "
    >>> reading = read(told + "He did not know what to say.")
    >>> [reading.lower[i] for i in unknowns(reading)]
    ['learned', 'wondered']
    """
    found = []
    masked, lemma, lower = spoken(reading), reading.lemma, reading.lower
    for clause in reading.clauses:
        verb = clause.verb
        if masked[verb] or (clause.modal and clause.modal != "could"):
            continue
        if lemma[verb] in ASKING:
            if lemma[verb] == "ask" and reading.child(verb, "dobj", "dative") is None:
                continue
            if _asks(reading, verb) and _themselves(reading, verb):
                found.append(verb)
        elif clause.pluperfect and _now(reading, verb):
            continue
        elif _left_unsaid(reading, clause) or _unclear(reading, clause):
            found.append(verb)
        elif _ignores(reading, clause):
            if _asks(reading, verb) or _asked_before(reading, clause):
                found.append(verb)
        elif (lemma[verb] in PUZZLING and clause.main and clause.subject >= 0 and lower[clause.subject] in (
            "that", "it", "what", "which", "something",
        )) or (lemma[verb] == "be" and _is_a_question(reading, clause)):  # fmt: skip
            found.append(verb)
    bare = {c.verb for c in reading.clauses}
    for i, word in enumerate(lemma):  # "she began to think about who had been there"
        idle = i in bare or masked[i] or reading.tag[i] != "VB"
        if (word in ASKING or word == "think") and not idle and _asks_about(reading, i):
            found.append(i)
    return sorted(found)


def _left_unsaid(reading: Reading, clause: Clause) -> bool:
    """Whether what is asked comes first or is kept back: "what he saw he never said"."""
    verb, lower = clause.verb, reading.lower
    denied = clause.negated or _nobody(reading, clause)
    if not denied or clause.mark:
        return False
    start, end = reading.sentence(verb)
    first = next((i for i in range(start, end) if reading.is_word[i]), start)
    if reading.lemma[verb] in TELL | {"say"} and _asks(reading, verb):
        return clause.subject not in (-1, verb) and lower[clause.subject] not in ("i", "you")
    fronted = lower[first] in WH - {"when", "where", "which"} and "?" not in lower[end - 2 : end]
    if not fronted or not clause.main or verb - first < 4:
        return False
    known = reading.lemma[verb] in IGNORANCE | OF_ALL | TELL | {"come", "emerge", "settle"}
    clear = reading.child(verb, "acomp")
    return known or (clear is not None and lower[clear] in _CLEAR)


_CLEAR = frozenset({"clear", "certain", "sure", "known", "plain", "obvious"})
_UNCLEAR = frozenset({"unsure", "uncertain", "unclear", "unknown", "ignorant"})
_IDEA = frozenset({"idea", "notion", "clue", "inkling", "explanation", "knowledge"})


def _unclear(reading: Reading, clause: Clause) -> bool:
    """Whether something is said to be unclear: "had no idea who", "it was unclear why"."""
    verb = clause.verb
    if reading.lemma[verb] not in ("be", "have", "remain"):
        return False
    state = reading.child(verb, "acomp", "attr", "dobj")
    if state is None:
        return False
    word, lower = reading.lower[state], reading.lower
    no = any(lower[c] == "no" for c in reading.children[state])
    unclear = word in _UNCLEAR or (clause.negated and word in _CLEAR)
    if word == "explanation" and no:
        return True
    if not unclear and not (no and reading.lemma[state] in _IDEA):
        return False
    if clause.tense == "present" and clause.subject >= 0 and lower[clause.subject] == "i":
        return False
    about = next((c for c in reading.children[state] if lower[c] in ("of", "about")), state)
    return _asks(reading, state) or _asks(reading, about) or _asks(reading, verb)


def _asks_about(reading: Reading, verb: int) -> bool:
    """Whether a bare verb of asking takes a wh-clause, at once or after "about"."""
    if reading.lemma[verb] == "ask":
        return False
    about = next((c for c in reading.children[verb] if reading.lower[c] in ("about", "of")), None)
    if about is not None and _asks(reading, about):
        return True
    return reading.lemma[verb] != "think" and _asks(reading, verb)


def _ignores(reading: Reading, clause: Clause) -> bool:
    """Whether a clause denies knowing; "I don't know" said in passing does not."""
    word = reading.lemma[clause.verb]
    if _nobody(reading, clause):
        return word in IGNORANCE or word in OF_ALL
    if not clause.negated or word not in IGNORANCE:
        return False
    return clause.tense != "present" or reading.lower[clause.subject] != "i"


def _now(reading: Reading, verb: int) -> bool:
    """Whether the next sentence opens with "now": what had not been known is known."""
    k = reading.sentence_of[verb] + 1
    return k < len(reading.sentences) and reading.lower[reading.sentences[k].start] == "now"


def _asks(reading: Reading, verb: int) -> bool:
    """Whether a verb takes a wh-clause or "whether" with a finite verb of its own."""
    for c in reading.children[verb]:
        if c > verb and reading.dep[c] in ("ccomp", "pcomp", "advcl", "xcomp"):
            low = min([c, *reading.children[c]])
            idle = _to(reading, c) or _own(reading, verb, c) or _unreal(reading, c)
            if reading.lower[low] in WH and not idle:
                return True
    ahead = reading.lower[verb + 1 : verb + 3]
    return bool(ahead) and ahead[0] in WH and (len(ahead) < 2 or ahead[1] in (".", ",", ";"))


def _own(reading: Reading, verb: int, inner: int) -> bool:
    """Whether somebody does not know their own mind: "he knew not what he wanted"."""
    a, b = reading.child(verb, "nsubj"), reading.child(inner, "nsubj")
    if a is None or b is None or reading.lemma[inner] not in ("want", "feel", "do", "think", "say"):
        return False
    return reading.lower[a] == reading.lower[b] or reading.lower[b] in _PRONOUNS


def _unreal(reading: Reading, inner: int) -> bool:
    """Whether a clause asks what may be: "wondered what would happen"."""
    modals = {"would", "might", "could", "should", "can", "may", "'d", "will"}
    return any(
        reading.dep[c] == "aux" and reading.lower[c] in modals for c in reading.children[inner]
    )


def _to(reading: Reading, verb: int) -> bool:
    return any(reading.lower[c] == "to" for c in reading.children[verb])


def _asked_before(reading: Reading, clause: Clause) -> bool:
    """Whether the wh-clause comes first: "why he left was never established"."""
    i = clause.subject
    return (
        i >= 0
        and reading.dep[i] == "csubj"
        and any(reading.lower[c] in WH for c in reading.children[i])
    )


def _nobody(reading: Reading, clause: Clause) -> bool:
    i = clause.subject
    if i < 0:
        return False
    return reading.lower[i] in NOBODY or any(reading.lower[c] == "no" for c in reading.children[i])


def _themselves(reading: Reading, verb: int) -> bool:
    """Whether "ask" is asking oneself; other verbs of asking always are."""
    if reading.lemma[verb] != "ask":
        return True
    whom = reading.child(verb, "dobj", "dative")
    return whom is not None and reading.lower[whom].endswith(("self", "selves"))


def _is_a_question(reading: Reading, clause: Clause) -> bool:
    what = reading.child(clause.verb, "attr")
    if what is None or reading.lemma[what] not in ("question", "mystery", "puzzle", "riddle"):
        return False
    return not clause.negated and clause.subject >= 0 and reading.dep[clause.subject] == "csubj"


# ---------------------------------------------------------------- what is kept back


@once
def withholdings(reading: Reading) -> list[int]:
    """Narrated verbs by which somebody keeps something from somebody.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "I did not tell them about the boat. She kept the letter from him. He hid the key."
    >>> reading = read(told + " She told him everything.")
    >>> [reading.lower[i] for i in withholdings(reading)]
    ['tell', 'kept', 'hid']
    """
    found = []
    masked, lemma, lower = spoken(reading), reading.lemma, reading.lower
    people = reading.cast.persons
    for clause in reading.clauses:
        verb, word = clause.verb, lemma[clause.verb]
        if masked[verb] or clause.subject not in people:
            continue
        if clause.modal and clause.modal != "would":
            continue
        if word in TELL and clause.negated:
            if _to_somebody(reading, verb):
                found.append(verb)
        elif word in HIDE:
            what = reading.child(verb, "dobj")
            if what is None:
                continue
            secret = lemma[what] in ("secret", "truth")
            away = any(lower[c] == "from" for c in reading.children[verb])
            if secret or (away and _from_somebody(reading, verb)) or word in ("hide", "conceal"):
                found.append(verb)
        elif (
            word == "lie"
            and lower[verb] != "lay"
            and any(
                lower[c] in ("to", "about") and reading.dep[c] == "prep"
                for c in reading.children[verb]
            )
        ):
            found.append(verb)
    return found


def _to_somebody(reading: Reading, verb: int) -> bool:
    """Whether a telling has a hearer: "did not tell them", "had mentioned it to nobody"."""
    for c in reading.children[verb]:
        whom = c if reading.dep[c] in ("dobj", "dative") else None
        if reading.dep[c] in ("dative", "prep") and reading.lower[c] == "to":
            whom = reading.child(c, "pobj")
        if whom is not None and whom in reading.cast.persons:
            return True
    return False


def _from_somebody(reading: Reading, verb: int) -> bool:
    for c in reading.children[verb]:
        whom = reading.child(c, "pobj") if reading.lower[c] == "from" else None
        if whom is not None and whom in reading.cast.persons:
            return True
    return False
