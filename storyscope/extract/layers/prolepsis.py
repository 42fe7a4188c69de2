"""Where the telling runs ahead of its now."""

from __future__ import annotations

import re

from storyscope.extract.layers.anachrony import Passage
from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.habits import habitual, reported
from storyscope.extract.layers.tense import Told, past_share, told
from storyscope.extract.layers.times import FEAST, MONTH, PART_OF_DAY, SEASON, UNITS, unit_before
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["flash_forwards"]

QUANTITY = words("time", "quantity")
LIFE = words("time", "life_event")
_YEAR = re.compile(r"1[5-9]\d\d|2[01]\d\d")
_PARTING = frozenset("see hear speak meet find come go return mention visit set".split())
_HEIRS = frozenset("descendant historian biographer posterity archaeologist scholar".split())
_SETTLED = frozenset("dead gone forgotten buried extinct widowed".split())
_LATER = frozenset("later afterwards afterward hence on off after".split())
_BETWEEN = frozenset("never later soon also still eventually".split())
_AIMS = frozenset(
    "task job plan goal aim idea thing point purpose mission duty hope dream wish intention role step "
    "way trick solution answer choice option decision all what first next last".split()
)
_DUTIES = frozenset("have need like love want try".split())
_TURNS = frozenset(
    "become marry die outlive inherit retire bury emigrate divorce perish hang".split()
)
_SELVES = frozenset({"i", "we", "you"})
_PRONOUNS = frozenset("i you he she we they it that this who".split())
_IMPERSONAL = frozenset("it this that there".split())
_DATED = FEAST | MONTH | SEASON | PART_OF_DAY
_BARRED = frozenset("if unless whether perhaps maybe usually sometimes often once".split())


@once
def flash_forwards(reading: Reading) -> list[Passage]:
    """Passages that tell of a time after the story's now and leave it again, in order.

    "Would", "was to" or, in narration, "will" with a distance ahead or a turn of a life;
    "it was the last time"; "they did not know yet"; a jump ahead in the past tense out of which
    the telling comes back ("But now ..."). What somebody says, plans, fears or supposes, what
    would happen if, and what would happen again and again are not told ahead.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("He sat down. Years later he would tell it at weddings. He said he would go.")
    >>> [story.text_of(p[:2]) for p in flash_forwards(story)]
    ['Years later he would tell it at weddings.']
    """
    tellings = told(reading)
    present = past_share(reading) < 0.5
    habits = set(habitual(reading))
    passages: list[Passage] = []
    planned = False
    for k, (sentence, tells) in enumerate(zip(reading.sentences, tellings, strict=True)):
        ahead = [c for c in tells.mains if _ahead(reading, c, tells, present, habits)]
        reason = ""
        if ahead and not planned:
            if any(_far(reading, sentence, c) or _fated(reading, c, tells) for c in ahead):
                reason = "told ahead"
            elif passages and reading.sentences[k - 1].end == passages[-1].end:
                reason = "told ahead"  # goes on from the sentence before
        if not reason and not tells.spoken and _last_time(reading, tells):
            reason = "last time"
        if not reason and _unknowing(reading, tells):
            reason = "not yet known"
        if reason:
            start = sentence.start
            if (
                passages
                and passages[-1].end >= start - 1
                and reading.sentence_of[passages[-1].end - 1] == k - 1
            ):
                passages[-1] = passages[-1]._replace(end=sentence.end)
            else:
                passages.append(Passage(start, sentence.end, reason))
            continue
        back = _there_and_back(reading, k, tellings)
        if back:
            passages.append(
                Passage(sentence.start, reading.sentences[back - 1].end, "ahead and back")
            )
        planned = bool(ahead) is False and any(
            reading.lemma[c.verb]
            in ("plan", "promise", "vow", "swear", "hope", "decide", "resolve", "imagine", "wonder")
            for c in tells.clauses
        )
    return passages


def _ahead(reading: Reading, clause: Clause, tells: Told, present: bool, habits: set[int]) -> bool:
    """Whether a main clause may tell of a later time: would, was to, or will in narration."""
    if clause.verb in habits or clause.mark or "?" in tells.words or _BARRED & set(tells.words):
        return False
    if (clause.perfect and clause.modal) or reported(reading, clause, tells):
        return False
    if clause.negated and clause.modal and not {"never", "no", "nobody", "none"} & set(tells.words):
        return False
    if (
        any(c.mark == "if" for c in tells.clauses)
        or "if" in tells.words[:2]
        or tells.words[:2] == ("but", "for")
    ):
        return False
    if clause.modal and reading.lemma[clause.verb] in _DUTIES:
        return False
    if clause.modal in ("would", "shall", "will"):
        who = reading.lower[clause.subject] if clause.subject >= 0 else ""
        return clause.modal == "would" or not (tells.spoken or who in ("i", "we"))
    return _was_to(reading, clause)


def _was_to(reading: Reading, clause: Clause) -> bool:
    """Say, "Was to" with a verb, which foretells or arranges."""
    if reading.lemma[clause.verb] != "be" or clause.tense != "past" or clause.perfect:
        return False
    if clause.subject < 0 or reading.pos[clause.subject] not in ("NOUN", "PRON", "PROPN"):
        return False
    if clause.negated and "never" not in reading.lower[clause.verb + 1 : clause.verb + 2]:
        return False
    to = clause.verb + 1
    if reading.dep[clause.verb] not in ("ROOT", "conj", "parataxis"):
        return False
    while to < reading.n and reading.lower[to] in _BETWEEN:
        to += 1
    if reading.lower[to : to + 1] != ["to"] or reading.lower[clause.subject] in _AIMS:
        return False
    return any(
        reading.dep[c] == "xcomp" and reading.tag[c] in ("VB", "VBN") and to < c <= to + 3
        for c in reading.children[clause.verb]
    )


def _far(reading: Reading, sentence: Span, clause: Clause) -> bool:
    """Whether a sentence names a distance ahead: years later, one day, for the rest of her life."""
    lower, lemma, quoted = reading.lower, reading.lemma, reading.quoted
    # "Will" and "was to" are as often plans, so that only long distances count beside them.
    will = clause.modal != "would"
    least = UNITS["day"] if not will else UNITS["month"] if clause.modal else UNITS["year"]
    who = lower[clause.subject] if clause.subject >= 0 else ""
    for i in range(sentence.start, sentence.end):
        if quoted[i]:
            continue
        word = lower[i]
        before = lower[i - 1] if i > sentence.start else ""
        after = lower[i + 1] if i + 1 < sentence.end else ""
        if word in _LATER and unit_before(reading, i, least) is not None:
            return word != "after" or UNITS[lemma[i - 1]] >= UNITS["month"]
        if word == "now" and before == "from" and unit_before(reading, i - 1, least) is not None:
            return True
        if word == "later" and i + 1 < sentence.end and reading.tag[i + 1] in ("VB", ","):
            return True
        if word in ("afterwards", "afterward", "after", "later", "hence") and before == "long":
            return True
        if word == "time" and before == "the" and lower[i - 2] == "by" and i - sentence.start == 2:
            return not will and who not in _SELVES
        if (
            word == "day"
            and before == "one"
            and i == sentence.start + 1
            and who not in _SELVES
            and who != "it"
        ):
            return True
        if will and word in ("someday", "day", "again", "by", "before", "until"):
            continue
        if word == "someday":
            return True
        if word == "day" and before in ("one", "some") and lower[i - 2] == clause.modal:
            return True
        if word == "again" and before == "never":
            return True
        if word in ("years", "decades", "days") and (
            after == "to" and lower[i + 2 : i + 3] == ["come"]
        ):
            return True
        first = word in ("later", "afterwards", "afterward") and i == sentence.start
        if first and after == "," and (who not in _PRONOUNS or lemma[clause.verb] in LIFE):
            return True
        if word == "before" and lower[i + 3 : i + 5] == ["was", "out"]:
            return True
        if word in ("in", "by") and who not in _PRONOUNS and lower[i + 1] in MONTH | SEASON:
            return True
        if (
            word in ("later", "coming", "another", "future")
            and not (will and who == "there")
            and lemma[i + 1 : i + 2]
        ) and UNITS.get(lemma[i + 1], 0.0) >= UNITS["week"]:
            return True
        if (
            word in ("rest", "end")
            and after == "of"
            and {"life", "lives", "days"} & set(lower[i + 2 : i + 5])
        ):
            return True
        if word == "until" and {"died", "death", "end"} & set(lower[i + 1 : i + 6]):
            return True
        if (
            word == "in"
            and UNITS.get(lemma[min(i + 2, reading.n - 1)], 0.0) >= max(least, UNITS["month"])
            and (after in QUANTITY or reading.pos[i + 1] == "NUM")
        ):
            return True
        if (
            word == "by"
            and i - sentence.start <= 1
            and {after, lower[i + 2]} & (SEASON | FEAST | MONTH)
        ):
            return True
        if (
            word in ("by", "before")
            and i - sentence.start <= 1
            and who not in ("he", "she", "i", "we", "they")
        ) and any(
            reading.dep[j] == "pobj" and lower[j] in _DATED
            for j in (i + 1, i + 2)
            if j < sentence.end
        ):
            return True
        if _YEAR.fullmatch(word) and reading.entity[i] == "DATE":
            return True
    return False


def _fated(reading: Reading, clause: Clause, tells: Told) -> bool:
    """Whether a clause tells a turn of a life, or how long something was going to last."""
    verb = clause.verb
    if _was_to(reading, clause):
        verb = next(c for c in reading.children[verb] if reading.dep[c] == "xcomp")
    lower = reading.lower
    if reading.lemma[verb] == "come" and any(
        reading.dep[c] == "xcomp" and reading.tag[c] == "VB" for c in reading.children[verb]
    ):
        return True
    if clause.subject >= 0 and _heir(reading, clause.subject):
        return True
    if reading.lemma[verb] == "be":
        attr = reading.child(verb, "attr", "acomp")
        if attr is None:
            return False
        if clause.modal == "would" and _settled(reading, attr, tells):
            return True
        impersonal = clause.subject >= 0 and lower[clause.subject] in _IMPERSONAL
        return impersonal and UNITS.get(reading.lemma[attr], 0.0) >= UNITS["day"]
    if (clause.negated and "never" not in tells.words) or clause.modal in ("will", "shall"):
        return False
    if _was_to(reading, clause):
        return reading.lemma[verb] in LIFE
    # What one person wants for themselves is a plan; the fates of several are the teller's to know.
    if reading.lemma[verb] == "live" and any(
        reading.dep[c] in ("xcomp", "advcl") and reading.tag[c] == "VB"
        for c in reading.children[verb]
    ):
        return True
    if reading.lemma[verb] not in _TURNS or clause.subject < 0:
        return False
    return lower[clause.subject] in ("one", "another", "other", "others", "two", "both") or (
        clause.subject in reading.cast.persons and lower[clause.subject] not in _PRONOUNS
        and reading.tag[clause.subject] != "NN"
    )  # fmt: skip


def _heir(reading: Reading, i: int) -> bool:
    """Whether somebody lives long after: a great-grandchild, a historian."""
    return reading.lemma[i] in _HEIRS or reading.lower[i].startswith(("great-grand", "grandchild"))


def _settled(reading: Reading, i: int, tells: Told) -> bool:
    """Say, "(would be) dead", "(would be) sixty before", where a time is set beside it."""
    word = reading.lower[i]
    if word in _SETTLED:
        return "by" in tells.words or "before" in tells.words
    if reading.pos[i] != "NUM":
        return False
    after = reading.lower[i + 1 : i + 4]
    return not {"o'clock", "o’clock", "of", "percent", "to"} & set(after) and (
        "before" in after or "when" in after or "years" in after
    )


def _last_time(reading: Reading, tells: Told) -> bool:
    """Say, "It was the last time", told by somebody who knows."""
    for c in tells.mains:
        if reading.lemma[c.verb] != "be" or c.negated or c.subject < 0 or c.perfect:
            continue
        if reading.lower[c.subject] not in ("it", "that", "this") or c.tense == "present":
            continue
        attr = reading.child(c.verb, "attr")
        if attr is None or not any(reading.lower[x] == "last" for x in reading.children[attr]):
            continue
        ever = "ever" in reading.lower[attr : attr + 6]
        if reading.lemma[attr] == "time" or (ever and reading.child(attr, "relcl") is not None):
            return True
    return any(_never_again(reading, c) for c in tells.mains)


def _never_again(reading: Reading, clause: Clause) -> bool:
    """Say, "He never saw her again": what did not happen from then to the end."""
    if clause.tense != "past" or clause.perfect or reading.lemma[clause.verb] not in _PARTING:
        return False
    near = reading.lower[clause.verb : clause.verb + 7]
    never = any(reading.lower[c] == "never" for c in reading.children[clause.verb])
    if not never or "again" not in near:
        return False
    inner = near[: near.index("again")]
    return not {",", ".", ";", "and", "but", "to"} & set(inner)


def _unknowing(reading: Reading, tells: Told) -> bool:
    """Say, "They did not know then", "little did she know", "he had no way of knowing yet"."""
    text = tells.words
    if "little" in text[:2] and "did" in text[:3] and "would" in text:
        return True
    if any(_cannot_know(reading, c, tells) for c in tells.mains):
        return True
    return any(
        (c.negated or (c.subject >= 0 and reading.lower[c.subject] in ("none", "nobody", "neither")))
        and reading.lemma[c.verb] in ("know", "suspect", "realize", "realise", "guess")
        and c.tense == "past" and {"then", "yet"} & set(reading.lower[c.verb + 1 : c.verb + 4])
        and "." not in reading.lower[c.verb + 1 : c.verb + 2]
        and not {"until", "till", "even"} & set(reading.lower[c.verb + 1 : c.verb + 4]) and not c.perfect
        for c in tells.mains
    )  # fmt: skip


def _cannot_know(reading: Reading, clause: Clause, tells: Told) -> bool:
    """Say, "He could not know that the beggar would one day": the teller knows what comes."""
    if not clause.negated or reading.lemma[clause.verb] not in ("know", "guess", "foresee"):
        return False
    if clause.modal != "could" or (clause.subject >= 0 and "?" in tells.words):
        return False
    return any(
        c.modal == "would" and reading.head[c.verb] == clause.verb and not c.perfect
        for c in tells.clauses
    )


def _there_and_back(reading: Reading, k: int, tellings: list[Told]) -> int:
    """End of a passage that jumps ahead in the past tense and returns with "but now"; 0 if none."""
    sentence, lower, lemma = reading.sentences[k], reading.lower, reading.lemma
    if reading.quoted[sentence.start] or not tellings[k].past:
        return 0
    opening = lower[sentence.start : sentence.start + 5]
    units = [UNITS.get(w, 0.0) for w in lemma[sentence.start : sentence.start + 5]]
    jump = (opening[0] == "in" and opening[1] in QUANTITY and max(units) >= UNITS["week"]) or (
        opening[0] in ("by", "before") and bool(_DATED & set(opening[1:3]))
    )
    if not jump:
        return 0
    for j in range(k + 1, min(k + 5, len(tellings))):
        start = reading.sentences[j].start
        first = lower[start : start + 4]
        if first[:1] == ["but"] and ({"now", "then"} & set(first) or first[1:2] == ["that"]):
            return j
    return 0
