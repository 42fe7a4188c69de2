"""What is told once that happened many times, and what is told as happening at one time.

Genette's frequency (iterative narration) and the simultaneity of different people's doings.
"""

from __future__ import annotations

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.layers.tense import Told, dynamic, past_share, told
from storyscope.extract.layers.times import PART_OF_DAY, SEASON, UNITS, WEEKDAY
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["habitual", "habitual_paragraphs", "reported"]

REGULAR = words("time", "regular")
REPORT = words("time", "report")
_RECURRENT = Phrases(words("time", "recurrent"))
_ONCE = Phrases(words("time", "once_only"))
_PERIODS = frozenset(UNITS) | WEEKDAY | PART_OF_DAY | frozenset({"time", "christmas", "market"})
_PLURAL_TIMES = frozenset(
    w + "s" for w in (*WEEKDAY, "morning", "afternoon", "evening", "night", "weekend")
)
_AHEAD = frozenset("eventually finally someday soon forever again until next later never".split())
_PLURALS = WEEKDAY | SEASON | frozenset("morning afternoon evening night weekend".split())
_NOT_ADVERBIAL = frozenset("nsubj poss dobj nsubjpass amod compound nmod".split())
_POLITE = frozenset("like love prefer rather say think suppose imagine hate mind".split())
_KNOWING = frozenset("remember recall know seem appear mean".split())
_MANNERS = frozenset("custom habit practice ritual routine".split())
EXTENT = 2
"""Sentences to which a word of recurrence reaches that opens a paragraph's habit."""
RUN = 3
"""Clauses with "would" and no word of frequency that make a habit when they follow one another."""


@once
def habitual(reading: Reading) -> list[int]:
    """Verbs of narrated main clauses that tell once what happened many times, in order.

    They hold "used to", or "would" (in a present-tense story, the present) beside a word of
    recurrence, or follow in the same paragraph on a sentence that opens with one ("Every Saturday
    he drove to market. He ...") until a word that ties them to one occasion. "Would" that
    is foretold, planned, reported, conditional or polite is no habit.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("On Fridays he would mend the nets. He said he would sell them on Friday.")
    >>> [story.lower[i] for i in habitual(story)]
    ['mend']
    """
    found: list[int] = []
    frame = False
    paragraph = -1
    run: list[int] = []
    planned = False
    doubted = False  # whether the paragraph weighs what would or might be
    lasts = 0  # sentences for which a frame still reaches
    present = past_share(reading) < 0.5
    for sentence, tells in zip(reading.sentences, told(reading), strict=True):
        here = reading.paragraph_of[sentence.start]
        if here != paragraph:
            paragraph, frame = here, False
            found += run if _is_habit(reading, run) and not doubted else []
            run, planned, doubted = [], False, False
        if not tells.mains:
            continue
        cue, opens, at = _recurrence(reading, sentence)
        foretold = bool(_AHEAD & set(tells.words))
        if _ONCE.find(tells.words) and not opens:
            frame = False
            cue = ""
            tied = True
        else:
            tied = False
        hits = []
        doubted = doubted or any(
            (
                c.modal == "would"
                and (c.negated or reading.lower[max(c.subject, 0)] in ("that", "this"))
            )
            or c.modal in ("might", "could", "will", "must")
            for c in tells.clauses
        )
        for clause in tells.mains:
            if _used_to(reading, clause):
                hits.append(clause.verb)
            elif clause.modal == "would":
                if tied or "later" in tells.words or not _may_be_habit(reading, clause, tells):
                    continue
                acts = dynamic(reading, clause)
                often = any(reading.lower[c] in REGULAR for c in reading.children[clause.verb])
                if cue == "period" or frame or (often and acts):
                    hits.append(clause.verb)
                elif acts and not foretold and not planned:
                    run.append(clause.verb)
            elif cue and _repeats(reading, clause, cue, present):
                if at < 0 or opens or _belongs(reading, at, clause):
                    hits.append(clause.verb)
            elif frame and lasts and _plain(reading, clause, present):
                hits.append(clause.verb)
        custom = at >= 0 and reading.lower[at] in _MANNERS
        plural_first = custom or (
            sentence.start + 1 < reading.n and reading.lower[sentence.start] in _PLURAL_TIMES
        )
        lasts = EXTENT if hits and (cue or not lasts) else max(lasts - 1, 0)
        frame = frame or (cue == "period" and opens and bool(hits)) or plural_first
        if any(c.pluperfect or c.progressive for c in tells.mains):
            frame = False
        planned = any(reading.lemma[c.verb] in REPORT for c in tells.clauses)
        if hits:
            # What went before in the paragraph with an uncued "would" belongs to the same habit.
            found += run
            run = []
        found += hits
    found += run if _is_habit(reading, run) and not doubted else []
    return sorted(set(found))


def _is_habit(reading: Reading, run: list[int]) -> bool:
    """Whether uncued clauses with "would" are enough, in two sentences at least."""
    return len(run) >= RUN and len({reading.sentence_of[verb] for verb in run}) >= 2


def _used_to(reading: Reading, clause: Clause) -> bool:
    verb = clause.verb
    if reading.lower[verb] != "used" or clause.passive or clause.perfect or clause.modal:
        return False
    return reading.lower[verb + 1 : verb + 2] == ["to"] and any(
        reading.dep[c] == "xcomp" and reading.tag[c] == "VB" and reading.lemma[c] not in REPORT
        for c in reading.children[verb]
    )


def _recurrence(reading: Reading, sentence: Span) -> tuple[str, bool, int]:
    """Kind of a sentence's word of recurrence, whether it opens the sentence, and its token.

    Kinds are "period" ("every day", "on Sundays", "whenever"), "adverb" ("often") and "".
    """
    lower, lemma, tag, quoted = reading.lower, reading.lemma, reading.tag, reading.quoted
    adverb = False
    for i in range(sentence.start, sentence.end):
        word = lower[i]
        if quoted[i]:
            continue
        opens = i - sentence.start <= 4
        if word in ("every", "each", "most", "many", "some"):
            if lower[i - 1] in ("for", "with", "of") and i > sentence.start:
                continue
            for j in range(i + 1, min(i + 4, sentence.end)):
                plural = tag[j] in ("NNS", "NNPS")
                if reading.pos[j] == "NUM":
                    break
                if lemma[j] in _PERIODS and (word in ("every", "each") or plural):
                    if word in ("many", "some") and lemma[j] not in _PLURALS:
                        break
                    if reading.dep[j] not in _NOT_ADVERBIAL:
                        return "period", opens, j
        elif word in REGULAR and reading.pos[i] == "ADV":
            adverb = True
        elif word in _PLURAL_TIMES or (tag[i] == "NNS" and lemma[i] in _PLURALS):
            before = lower[i - 1] if i else ""
            bare = i == sentence.start or before in ("on", "of")
            in_the = before == "the" and lower[i - 2 : i - 1] == ["in"]
            if bare or in_the:
                return "period", opens, i
        elif (
            word in ("once", "twice", "times")
            and lower[i + 1 : i + 2]
            and (
                lower[i + 1] in ("a", "each", "every")
                and lemma[i + 2 : i + 3]
                and lemma[i + 2] in UNITS
            )
        ):
            return "period", opens, i
        elif word == "in" and i == sentence.start and lemma[i + 1 : i + 2]:
            if lemma[i + 1] in SEASON and not (lower[i + 2].isdigit() or lower[i + 2] == "of"):
                return "period", True, i
        elif word == "in" and lower[i + 1 : i + 3] == ["those", "days"]:
            return "period", opens, i
        elif word == "after" and lemma[i - 1] in UNITS and lower[i + 1 : i + 2] == [lower[i - 1]]:
            return "period", opens, i - 1  # "night after night"
        elif word in _MANNERS and reading.dep[i] == "attr" and reading.child(i, "poss") is not None:
            return "period", True, i
    phrases = _RECURRENT.find(lower[sentence.start : sentence.end])
    if phrases and not quoted[sentence.start + phrases[0][0]]:
        return "period", phrases[0][0] <= 4, sentence.start + phrases[0][1] - 1
    return ("adverb", False, -1) if adverb else ("", False, -1)


def _belongs(reading: Reading, cue: int, clause: Clause) -> bool:
    """Whether a word of recurrence hangs on a clause's verb, or on a clause of time under it."""
    i = cue
    for _ in range(6):
        up = reading.head[i]
        if i == clause.verb:
            return True
        if i != cue and reading.tag[i] in ("VBD", "VBZ", "VBP") and reading.dep[i] != "advcl":
            return False
        if up == i:
            return True  # the root of a fragment
        if reading.dep[i] in ("relcl", "acl", "xcomp", "ccomp", "pcomp") and i != cue:
            return False
        if reading.dep[i] == "advcl" and reading.tag[i] == "VBG":
            return False
        i = up
    return False


def reported(reading: Reading, clause: Clause, tells: Told) -> bool:
    """Whether somebody says, thinks or plans what a clause tells, in the same sentence."""
    head = reading.head[clause.verb]
    if reading.dep[clause.verb] in ("ccomp", "advcl", "conj") and reading.lemma[head] in REPORT:
        return True
    return any(
        c.verb != clause.verb
        and reading.lemma[c.verb] in REPORT
        and (
            c.verb in reading.children[clause.verb]
            and reading.dep[c.verb] in ("parataxis", "ccomp")
        )
        for c in tells.clauses
    )


def _may_be_habit(reading: Reading, clause: Clause, tells: Told) -> bool:
    """Whether a "would" is neither foretold, conditional, reported nor polite."""
    if clause.perfect or clause.mark in ("if", "unless", "that") or "?" in tells.words:
        return False
    polite = reading.lemma[clause.verb] in _POLITE and not (
        reading.lemma[clause.verb] == "say" and {"each", "every", "always"} & set(tells.words)
    )
    if polite or (clause.passive and not reading.child(clause.verb, "agent")):
        return False
    if clause.negated or reported(reading, clause, tells):
        return False
    if "if" in tells.words and not _if_when(tells):
        return False
    return not any(c.modal == "would" and c.perfect for c in tells.clauses)


def _if_when(tells: Told) -> bool:
    """Whether the sentence opens with "if" and a simple past, which may mean "whenever"."""
    return any(
        c.mark == "if" and c.tense == "past" and not c.pluperfect for c in tells.clauses
    ) and (tells.words[0] == "if")


def _repeats(reading: Reading, clause: Clause, cue: str, present: bool) -> bool:
    """Whether a clause beside a word of recurrence tells a repeated deed in the story's tense."""
    if clause.modal or clause.perfect or clause.progressive or clause.negated:
        return False
    if clause.passive and reading.child(clause.verb, "agent") is None and cue != "period":
        return False
    if clause.tense != ("present" if present else "past"):
        return False
    if cue == "adverb":
        often = any(reading.lower[c] in REGULAR for c in reading.children[clause.verb])
        return often and not clause.passive and dynamic(reading, clause)
    return reading.pos[clause.verb] == "VERB" and reading.lemma[clause.verb] not in _KNOWING


def _plain(reading: Reading, clause: Clause, present: bool) -> bool:
    return (
        clause.tense == ("present" if present else "past")
        and not clause.perfect
        and not clause.progressive
        and reading.lemma[clause.verb] not in REPORT
        and dynamic(reading, clause)
    )


@once
def habitual_paragraphs(reading: Reading) -> list[Span]:
    """Paragraphs of which most narrated main clauses tell habits, three at least."""
    tally: dict[int, list[int]] = {}
    found = set(habitual(reading))
    for clause in reading.clauses:
        if clause.main and not clause.quoted:
            counts = tally.setdefault(reading.paragraph_of[clause.verb], [0, 0])
            counts[0] += 1
            counts[1] += clause.verb in found
    return [
        reading.paragraphs[p]
        for p, (mains, habits) in sorted(tally.items())
        if habits >= 3 and 2 * habits > mains
    ]
