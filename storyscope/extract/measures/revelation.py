"""Revelation: what the telling gives away, when, and what it makes of it in the end."""

from __future__ import annotations

from storyscope.extract.layers.commentary import foreshadowings
from storyscope.extract.layers.generic import is_abstract
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.layers.questions import (
    open_questions,
    questions,
    unknowns,
    withholdings,
)
from storyscope.extract.layers.surprise import mood_turn, subject_turns
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    share,
    tokens,
    yes,
)
from storyscope.extract.measures.perspective import per_sentences
from storyscope.extract.measures.told import (
    chosen,
    first_told,
    lean_told,
    level_named,
    rate_told,
    sentences_told,
    share_told,
    spans_told,
)
from storyscope.extract.reading import Reading
from storyscope.extract.series import centroid

DISCLOSURE = words("telling", "disclosure")
SECRETS = words("telling", "secrets")
KEEPING = frozenset({"keep", "hold", "have", "share", "hide", "guard", "bury", "know", "carry"})
ENDING, LEAST_FOR_ENDING = 0.9, 250
"""Where the last tenth begins, and the words from which a story has one."""
ENOUGH_OPEN = 3
LATE_MARGIN = 0.5


# ---------------------------------------------------------------- theme


@measures("REV_THM_01", tagged=True)
def stated_theme(reading: Reading) -> Measured:
    return rate_told(reading, "theme")


@measures("REV_THM_02", tagged=True)
def stated_theme_at_end(reading: Reading) -> Measured:
    return _in_ending(reading, "theme")


def _in_ending(reading: Reading, family: str) -> Measured:
    """Whether the last tenth of the story holds something of a family."""
    if reading.n_words < LEAST_FOR_ENDING:
        return NOT_DEFINED
    spans = spans_told(reading, family)
    return yes([s for s in spans if reading.word_clock[s.end - 1] >= ENDING])


@measures("REV_THM_03", tagged=True)
def theme_course(reading: Reading) -> Measured:
    return lean_told(reading, "theme")


@measures("REV_THM_05")
def abstract_subjects_late(reading: Reading) -> Measured:
    """Share of clauses about something abstract in the last third, minus that before."""
    clock, masked = reading.narrated_clock, spoken(reading)
    early: list[bool] = []
    late: list[bool] = []
    spans = []
    for clause in reading.clauses:
        if clause.subject < 0 or masked[clause.verb]:
            continue
        abstract = is_abstract(reading, clause.subject)
        (late if clock[clause.verb] >= 2 / 3 else early).append(abstract)
        if abstract:
            spans.append((clause.subject, clause.subject + 1))
    if len(late) < 15 or len(early) < 30:
        return NOT_DEFINED
    return Measured(sum(late) / len(late) - sum(early) / len(early), spans)


@measures("REV_THM_06")
def abstract_subjects(reading: Reading) -> Measured:
    """Share of narrated clauses whose subject is something abstract."""
    masked = spoken(reading)
    subjects = [c.subject for c in reading.clauses if c.subject >= 0 and not masked[c.verb]]
    return share(tokens([i for i in subjects if is_abstract(reading, i)]), len(subjects), 15)


@measures("REV_THM_08", tagged=True)
def theme_share(reading: Reading) -> Measured:
    return share_told(reading, "theme")


@measures("REV_THM_09", tagged=True)
def theme_in_speech(reading: Reading) -> Measured:
    """Sentences that state a theme and are mostly in quotation marks, among all that state one."""
    found = [reading.sentences[k] for k in sentences_told(reading, "theme")]
    return share([s for s in found if reading.quoted[s.start : s.end].mean() >= 0.5], len(found), 3)


@measures("REV_EPI_01", tagged=True)
def insight_rate(reading: Reading) -> Measured:
    return rate_told(reading, "insight")


@measures("REV_EPI_02", tagged=True)
def insight_course(reading: Reading) -> Measured:
    return lean_told(reading, "insight")


@measures("REV_EPI_03", tagged=True)
def insight_share(reading: Reading) -> Measured:
    return share_told(reading, "insight")


@measures("REV_EPI_04", tagged=True)
def insight_at_end(reading: Reading) -> Measured:
    return _in_ending(reading, "insight")


@measures("REV_EPI_05", tagged=True)
def first_insight(reading: Reading) -> Measured:
    return first_told(reading, "insight")


# ---------------------------------------------------------------- questions


@measures("REV_QUE_01")
def asks(reading: Reading) -> Measured:
    """Questions that the narration asks, per 100 narrated sentences."""
    return per_sentences(reading, [q[:2] for q in questions(reading)])


@measures("REV_QUE_02")
def opens_questions(reading: Reading) -> Measured:
    """Questions about the story left open, and things said not to be known, per 100 sentences."""
    return per_sentences(reading, _opened(reading))


@once
def _opened(reading: Reading) -> list[tuple[int, int]]:
    found = {q[:2] for q in open_questions(reading)}
    found |= {reading.sentence(i)[:2] for i in unknowns(reading)}
    return sorted(found)


@measures("REV_QUE_03")
def questions_when(reading: Reading) -> Measured:
    """Mean position of the questions opened, minus one half."""
    found = _opened(reading)
    if len(found) < ENOUGH_OPEN or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    return number(centroid([reading.word_clock[a] for a, _ in found]), found)


@measures("REV_QUE_04")
def answered_at_once(reading: Reading) -> Measured:
    """Share of narrated questions that the next sentences answer."""
    found = questions(reading)
    return share([q[:2] for q in found if q.answered], len(found), ENOUGH_OPEN)


@measures("REV_QUE_05")
def rhetorical_share(reading: Reading) -> Measured:
    """Share of narrated questions that want no answer, or ask of people in general."""
    found = questions(reading)
    return share([q[:2] for q in found if q.rhetorical or q.general], len(found), ENOUGH_OPEN)


# ---------------------------------------------------------------- who, and since when


@measures("REV_WHO_01")
def withheld_name(reading: Reading) -> Measured:
    """Where the most mentioned named character is first named, as a share of the story."""
    cast = reading.cast
    if narrative_person(reading) != "third":
        return NOT_DEFINED
    main = next((e for e in cast.recurrent(5) if cast.entities[e].named), None)
    if main is None:
        return NOT_DEFINED
    first = next(m for m in cast.entities[main].mentions if m.kind == "name")
    return Measured(float(reading.word_clock[first.start]), [(first.start, first.end)])


@measures("REV_WHO_02")
def late_arrivals(reading: Reading) -> Measured:
    """Share of recurrent characters first met after the middle, minus what chance would give.

    By chance all of m mentions fall in the second half once in 2 to the m.
    """
    cast = reading.cast
    recurrent = [e for e in cast.recurrent(3) if e != cast.narrator]
    if len(recurrent) < 3 or reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.word_clock
    late = [e for e in recurrent if clock[cast.entities[e].mentions[0].head] >= LATE_MARGIN]
    chance = sum(0.5 ** len(cast.entities[e].mentions) for e in recurrent) / len(recurrent)
    spans = [cast.entities[e].mentions[0][:2] for e in late]
    return Measured(len(late) / len(recurrent) - chance, sorted(spans))


# ---------------------------------------------------------------- hiding, hinting, coming to light


@measures("REV_FOR_01")
def foreshadows(reading: Reading) -> Measured:
    """Hints at what is to come, per 100 narrated sentences."""
    return per_sentences(reading, list(foreshadowings(reading)))


@measures("REV_SEC_01")
def keeps_back(reading: Reading) -> Measured:
    """How often somebody hides, lies or does not tell, or a secret is kept."""
    return rate(tokens(_kept(reading)), reading.n_narrated)


@once
def _kept(reading: Reading) -> list[int]:
    found = set(withholdings(reading))
    masked = spoken(reading)
    for i, word in enumerate(reading.lemma):
        if word in SECRETS and not masked[i] and reading.dep[i] == "dobj":
            found |= {i} if reading.lemma[reading.head[i]] in KEEPING else set()
    return sorted(found)


@once
def _disclosures(reading: Reading) -> list[int]:
    """Narrated verbs by which something comes to light, with what it is as a clause or a noun."""
    masked, people = spoken(reading), reading.cast.persons
    found = []
    for clause in reading.clauses:
        verb = clause.verb
        start, end = reading.sentence(verb)
        if masked[start:end].any() or clause.negated or clause.modal:
            continue
        word = reading.lemma[verb]
        told = reading.child(verb, "ccomp") is not None
        owned_up = word in ("admit", "confess") and clause.tense == "present"
        if (
            word in DISCLOSURE
            and not owned_up
            and (told or word in ("reveal", "confess", "uncover", "discover"))
        ):
            found.append(verb)
        elif word == "turn" and any(reading.lower[c] == "out" for c in reading.children[verb]):
            if clause.subject not in people and (told or reading.child(verb, "xcomp") is not None):
                found.append(verb)
        elif (
            word == "find"
            and told
            and any(reading.lower[c] == "out" for c in reading.children[verb])
        ):
            found.append(verb)
    return found


@measures("REV_DIS_01")
def discloses(reading: Reading) -> Measured:
    """How often something comes to light in narration."""
    return rate(tokens(_disclosures(reading)), reading.n_narrated)


@measures("REV_DIS_02")
def discloses_when(reading: Reading) -> Measured:
    """Mean position of what comes to light, minus one half."""
    found = _disclosures(reading)
    if len(found) < ENOUGH_OPEN or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    return number(centroid([reading.word_clock[i] for i in found]), tokens(found))


# ---------------------------------------------------------------- turns


@measures("REV_SUR_01")
def changes_subject(reading: Reading) -> Measured:
    """Divergence of neighbouring stretches beyond that of the shuffled story."""
    turn = subject_turns(reading)
    return NOT_DEFINED if turn is None else number(turn.excess, [(turn.token, turn.token + 1)])


@measures("REV_SUR_02")
def largest_turn(reading: Reading) -> Measured:
    """Largest change of subject, in standard deviations of the largest by chance."""
    turn = subject_turns(reading)
    return NOT_DEFINED if turn is None else number(turn.largest, [(turn.token, turn.token + 1)])


@measures("REV_SUR_03")
def mood_jump(reading: Reading) -> Measured:
    """Largest change of mood, in standard deviations of the largest by chance."""
    turn = mood_turn(reading)
    return NOT_DEFINED if turn is None else number(turn.largest, [(turn.token, turn.token + 1)])


@measures("REV_SUR_04")
def twist_position(reading: Reading) -> Measured:
    """Where the largest change of mood stands, if it is beyond the 95% of chance."""
    turn = mood_turn(reading)
    if turn is None or turn.position is None:
        return NOT_DEFINED
    return Measured(turn.position, [(turn.token, turn.token + 1)])


@measures("REV_SUR_05", tagged=True)
def surprise(reading: Reading) -> Measured:
    return level_named(reading, "surprise")


@measures("REV_SUR_06", tagged=True)
def twist(reading: Reading) -> Measured:
    return Measured(chosen(reading, "twist"))
