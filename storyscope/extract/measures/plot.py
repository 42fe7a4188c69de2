"""Plot: why things happen, what people are after, what stands against it, and how it is cut."""

from __future__ import annotations

import itertools
from math import log

import numpy as np

from storyscope.extract.layers.phrases import Phrases
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
)
from storyscope.extract.measures.events import narrated_mains
from storyscope.extract.measures.told import (
    chosen,
    first_told,
    lean_told,
    rate_told,
    share_told,
    spans_told,
    words_in,
)
from storyscope.extract.reading import Reading, Span

RESULTING = frozenset({"therefore", "thus", "hence", "consequently", "accordingly"})
REASONS = frozenset({"because", "since"})
WHEN = frozenset({"when", "while", "after", "before", "until", "as", "once", "whenever", "till"})
GOAL, DECIDE = words("plot", "goal"), words("plot", "decide")
HINDER, LOSS, LIGHT = words("plot", "hinder"), words("plot", "loss"), words("plot", "light")
PRESSING = Phrases(words("plot", "pressing"))
_TIMES = words("time", "part_of_day", "weekday", "season") | frozenset(
    "hour minute day week month year tomorrow tonight midnight noon dawn then time end".split()
)
DIRECTIONS = {"-": "setback", "+": "gain", "?": "another light"}
END = 6 / 7
"""Where the last seventh begins."""
NEARBY_SENTENCES = 3
SAME_THREAD = 0.34
"""Jaccard index of two scenes' people from which they belong to one thread."""


# ---------------------------------------------------------------- causes


@once
def causes(reading: Reading) -> list[tuple[int, int]]:
    """Where narration says outright that one thing happens because of another."""
    found = []
    lower = reading.lower
    for clause in reading.clauses:
        if clause.quoted:
            continue
        since = clause.mark == "since" and _causal_since(reading, clause.verb)
        if clause.mark == "because" or since:
            found.append((min(clause.finite, clause.verb), clause.verb + 1))
    for i, word in enumerate(lower):
        if reading.quoted[i]:
            continue
        if word in RESULTING and reading.dep[i] == "advmod":
            found.append((i, i + 1))
        elif (word == "because" and i + 1 < reading.n and lower[i + 1] == "of") or (
            word == "so"
            and i + 1 < reading.n
            and lower[i + 1] == "that"
            and reading.dep[i] == "mark"
        ):
            found.append((i, i + 2))
    return sorted(found)


def _causal_since(reading: Reading, verb: int) -> bool:
    """Whether a clause with "since" gives a reason: its main clause is no perfect."""
    governor = reading.head[verb]
    return not any(reading.lemma[c] == "have" for c in reading.children[governor])


@measures("PLT_CAU_01")
def explicit_cause(reading: Reading) -> Measured:
    return rate(causes(reading), len(narrated_mains(reading)), per=100, least=20)


@measures("PLT_CAU_02")
def reasons_against_times(reading: Reading) -> Measured:
    """Of the adverbial clauses that say when or why, those that say why."""
    dated = [c for c in reading.clauses if not c.quoted and c.mark in REASONS | WHEN]
    why = [c for c in dated if c.mark in REASONS]
    return share([(min(c.finite, c.verb), c.verb + 1) for c in why], len(dated), least=8)


# ---------------------------------------------------------------- goals, plans, decisions


@once
def goals(reading: Reading) -> list[tuple[int, int, int]]:
    """Narrated wishes and attempts of somebody: verb of wanting, what is wanted, subject."""
    persons = reading.cast.persons
    found = []
    for clause in reading.clauses:
        if clause.quoted or clause.negated or clause.subject not in persons:
            continue
        if reading.lemma[clause.verb] in GOAL and reading.lower[clause.subject] != "you":
            goal = reading.child(clause.verb, "xcomp")
            if goal is not None and reading.tag[goal] == "VB":
                found.append((clause.verb, goal, clause.subject))
    return found


@once
def _happens(reading: Reading) -> dict[str, list[int]]:
    """Narrated event verbs by lemma."""
    found: dict[str, list[int]] = {}
    for i in reading.events:
        if reading.pos[i] == "VERB" and not reading.quoted[i]:
            found.setdefault(reading.lemma[i], []).append(i)
    return found


def _comes_about(reading: Reading, planned: int) -> int:
    """The later event that does what was planned, -1 for none."""
    later = [i for i in _happens(reading).get(reading.lemma[planned], []) if i > planned + 3]
    return later[0] if later else -1


@measures("PLT_GOA_01")
def goal_rate(reading: Reading) -> Measured:
    return rate([(v, g + 1) for v, g, _ in goals(reading)], reading.n_narrated)


@once
def obstacles(reading: Reading) -> list[int]:
    """Verbs of what somebody cannot do, fails or refuses to do, or is kept from doing."""
    persons = reading.cast.persons
    found = []
    for clause in reading.clauses:
        if clause.quoted:
            continue
        cannot = clause.negated and clause.modal in ("could", "can") and clause.subject in persons
        hindered = reading.lemma[clause.verb] in HINDER and not clause.negated
        aimed = reading.child(clause.verb, "xcomp", "dobj", "prep") is not None
        if cannot or (hindered and aimed and clause.tense != "modal"):
            found.append(clause.verb)
    return found


@measures("PLT_GOA_03")
def obstacle_rate(reading: Reading) -> Measured:
    mains = narrated_mains(reading)
    return rate(tokens(obstacles(reading)), len(mains), per=100, least=15)


@measures("PLT_GOA_04")
def goals_opposed(reading: Reading) -> Measured:
    """Goals with an obstacle in the same or the next three sentences."""
    at = sorted(reading.sentence_of[i] for i in obstacles(reading))
    found = [
        (v, g + 1)
        for v, g, _ in goals(reading)
        if any(0 <= s - reading.sentence_of[v] <= NEARBY_SENTENCES for s in at)
    ]
    return share(found, len(goals(reading)), least=2)


@measures("PLT_DEC_01")
def decisions(reading: Reading) -> Measured:
    """Decisions of somebody in the narration, per 1,000 narrated words."""
    persons = reading.cast.persons
    found = []
    for clause in reading.clauses:
        if clause.quoted or clause.negated or clause.tense == "modal":
            continue
        if clause.subject not in persons:
            continue
        lemma = reading.lemma[clause.verb]
        thing = reading.child(clause.verb, "dobj")
        made = lemma in ("make", "take", "reach", "come") and thing is not None
        if lemma in DECIDE or (made and reading.lemma[thing or 0] in ("decision", "choice")):
            found.append((clause.verb, clause.verb + 1))
        elif lemma == "make" and thing is not None and reading.lemma[thing] == "mind":
            found.append((clause.verb, thing + 1))
    return rate(found, reading.n_narrated)


@once
def plans(reading: Reading) -> list[int]:
    """What people in speech say that they or "we" will, shall, must or are going to do."""
    found = []
    for clause in reading.clauses:
        if not clause.quoted or clause.negated:
            continue
        who = reading.lower[clause.subject] if clause.subject >= 0 else ""
        if who not in ("i", "we", "us", "'s"):
            continue
        if clause.modal in ("will", "shall", "must") and reading.tag[clause.verb] == "VB":
            found.append(clause.verb)
        elif clause.tense == "present" and reading.lemma[clause.verb] in ("go", "have", "need"):
            goal = reading.child(clause.verb, "xcomp")
            if goal is not None and reading.tag[goal] == "VB":
                found.append(goal)
    for i, word in enumerate(reading.lower[:-2]):
        if word == "let" and reading.quoted[i] and reading.lower[i + 1] in ("'s", "us"):
            goal = reading.child(i, "ccomp", "xcomp")
            if goal is not None:
                found.append(goal)
    return sorted(set(found))


@measures("PLT_PLA_01")
def plan_rate(reading: Reading) -> Measured:
    return rate(tokens(plans(reading)), reading.n_words - reading.n_narrated, least=100)


@measures("PLT_GOA_02")
def intentions_met(reading: Reading) -> Measured:
    """Goals and spoken plans whose verb comes back as an event.

    Those of being, having, doing or going in general are left out.
    """
    aims = sorted([g for _, g, _ in goals(reading)] + plans(reading))
    clear = [g for g in aims if reading.lemma[g] not in LIGHT]
    met = sorted({i for g in clear if (i := _comes_about(reading, g)) >= 0})
    return share(tokens(met[: len(clear)]), len(clear), least=3)


# ---------------------------------------------------------------- conflict, turns, chance, stakes


@measures("PLT_CON_01", tagged=True)
def conflict_share(reading: Reading) -> Measured:
    return share_told(reading, "conflict")


@measures("PLT_CON_02", tagged=True)
def conflict_course(reading: Reading) -> Measured:
    return lean_told(reading, "conflict")


@measures("PLT_CON_03", tagged=True)
def conflict_in_speech(reading: Reading) -> Measured:
    """Share of the words of conflict that are spoken."""
    spans = spans_told(reading, "conflict")
    size = words_in(reading, spans)
    if size < 40:
        return NOT_DEFINED
    narrated = sum(int(reading.narrated[a:b].sum()) for a, b in spans)
    return number(1 - narrated / size, spans)


@measures("PLT_CON_05", tagged=True)
def conflict_at_end(reading: Reading) -> Measured:
    """Share of the words of the last seventh that stand in passages of open conflict."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    end = int(np.searchsorted(reading.word_clock, END))
    late = [Span(max(a, end), b) for a, b in spans_told(reading, "conflict") if b > end]
    return number(words_in(reading, late) / int(reading.is_word[end:].sum()), late)


@measures("PLT_CON_06", tagged=True)
def conflict_rate(reading: Reading) -> Measured:
    return rate_told(reading, "conflict")


@measures("PLT_CON_07", tagged=True)
def first_conflict(reading: Reading) -> Measured:
    return first_told(reading, "conflict")


@measures("PLT_TRN_01", tagged=True)
def turn_rate(reading: Reading) -> Measured:
    return rate_told(reading, "turn")


@once
def _turns(reading: Reading) -> list[tuple[Span, str]]:
    """Sentences at which the situation turns, and where to."""
    return [
        (reading.span_of(p), DIRECTIONS[reading.tags.direction(p.first)])
        for p in reading.told("turn")
    ]


@measures("PLT_TRN_02", tagged=True)
def setbacks(reading: Reading) -> Measured:
    """Share of the turns that make things worse."""
    turns = _turns(reading)
    return share([span for span, to in turns if to == "setback"], len(turns), least=2)


@measures("PLT_TRN_03", tagged=True)
def last_turn(reading: Reading) -> Measured:
    """Where the last turn leads."""
    turns = _turns(reading)
    return Measured(turns[-1][1], [turns[-1][0]]) if turns else NOT_DEFINED


@measures("PLT_TRN_04", tagged=True)
def course_of_turns(reading: Reading) -> Measured:
    return lean_told(reading, "turn")


@measures("PLT_CHA_01", tagged=True)
def coincidence(reading: Reading) -> Measured:
    return Measured(chosen(reading, "coincidence"))


@measures("PLT_STK_01")
def conditional_loss(reading: Reading) -> Measured:
    """Conditions on which somebody would die, lose or fail, per 1,000 words."""
    found = []
    for clause in reading.clauses:
        if clause.mark not in ("if", "unless"):
            continue
        main = reading.head[clause.verb]
        if reading.lemma[clause.verb] in LOSS or reading.lemma[main] in LOSS:
            found.append((min(clause.verb, main), max(clause.verb, main) + 1))
    found += [
        (i, i + 2)
        for i in range(reading.n - 1)
        if reading.lower[i] == "or" and reading.lower[i + 1] == "else"
    ]
    return rate(sorted(found), reading.n_words, least=150)


@measures("PLT_STK_02")
def time_pressure(reading: Reading) -> Measured:
    """Deadlines and time running out, per 1,000 words."""
    found = PRESSING.find(reading.lower)
    bound = {
        c.verb for c in reading.clauses if c.modal in ("must", "will", "would", "should", "shall")
    }
    bound |= {c for c in range(reading.n) if reading.lemma[c] in ("have", "need", "got")}
    for i, word in enumerate(reading.lower):
        if word in ("by", "before", "until", "within") and reading.dep[i] == "prep":
            when = reading.child(i, "pobj")
            if when is None or reading.lemma[when] not in _TIMES:
                continue
            verb = reading.head[i]
            if verb in bound or (reading.head[verb] in bound and reading.dep[verb] == "xcomp"):
                found.append((i, when + 1))
    return rate(sorted(found), reading.n_words, least=150)


# ---------------------------------------------------------------- scenes and threads


@measures("PLT_SCN_01")
def scene_rate(reading: Reading) -> Measured:
    """Scenes per 1,000 words."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    starts = [s.start for s in reading.scenes if s.end > s.start]
    return number(1000 * len(starts) / reading.n_words, tokens(starts))


@once
def _scene_words(reading: Reading) -> list[int]:
    return [int(reading.is_word[s.start : s.end].sum()) for s in reading.scenes]


@measures("PLT_SCN_02")
def scene_variation(reading: Reading) -> Measured:
    """Standard deviation of the log length of scenes, corrected for their number."""
    lengths = [n for n in _scene_words(reading) if n]
    if len(lengths) < 4:
        return NOT_DEFINED
    spread = float(np.std([log(n) for n in lengths], ddof=1))
    return number(spread, tokens([s.start for s in reading.scenes]))


@measures("PLT_SCN_03")
def skips_in_time(reading: Reading) -> Measured:
    """Of the changes of scene, those made by a skip in time."""
    changes = [s for s in reading.scenes if s.why != "opening"]
    return share(tokens([s.start for s in changes if s.why == "time"]), len(changes), least=2)


@once
def scene_casts(reading: Reading) -> list[frozenset[int]]:
    """People of every scene, the narrator apart."""
    scenes = reading.scenes
    casts: list[set[int]] = [set() for _ in scenes]
    ends = np.array([s.end for s in scenes])
    for m in reading.cast.mentions:
        if m.entity >= 0 and m.entity != reading.cast.narrator:
            casts[min(int(np.searchsorted(ends, m.head, side="right")), len(scenes) - 1)].add(
                m.entity
            )
    return [frozenset(people) for people in casts]


def _alike(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / len(a | b)


@measures("PLT_SCN_04")
def change_of_people(reading: Reading) -> Measured:
    """Mean share of people who are not in both of two neighbouring scenes."""
    casts = scene_casts(reading)
    pairs = [(k, a, b) for k, (a, b) in enumerate(itertools.pairwise(casts)) if a and b]
    if len(pairs) < 3:
        return NOT_DEFINED
    value = float(np.mean([1 - _alike(a, b) for _, a, b in pairs]))
    return number(value, tokens([reading.scenes[k + 1].start for k, _, _ in pairs]))


@once
def threads(reading: Reading) -> list[int] | None:
    """Thread of every scene with known people, -1 for others; None with fewer than four.

    Scenes with `SAME_THREAD` of their people in common belong together, directly or by others.
    """
    casts = scene_casts(reading)
    known = [k for k, people in enumerate(casts) if people]
    if len(known) < 4:
        return None
    thread = list(range(len(casts)))
    for n, k in enumerate(known):
        for j in known[:n]:
            if thread[j] != thread[k] and _alike(casts[j], casts[k]) >= SAME_THREAD:
                old = thread[k]
                thread = [thread[j] if t == old else t for t in thread]
    return [t if casts[k] else -1 for k, t in enumerate(thread)]


@measures("PLT_THR_01")
def main_thread(reading: Reading) -> Measured:
    """Share of the words of scenes that belongs to the longest thread."""
    thread = threads(reading)
    if thread is None:
        return NOT_DEFINED
    size: dict[int, int] = {}
    for t, n in zip(thread, _scene_words(reading), strict=True):
        if t >= 0:
            size[t] = size.get(t, 0) + n
    longest = max(size, key=lambda t: size[t])
    spans = [s[:2] for s, t in zip(reading.scenes, thread, strict=True) if t == longest]
    return number(size[longest] / sum(size.values()), spans)


@measures("PLT_THR_02")
def alternation(reading: Reading) -> Measured:
    """Share of changes of scene that change the thread."""
    thread = threads(reading)
    if thread is None:
        return NOT_DEFINED
    known = [(s.start, t) for s, t in zip(reading.scenes, thread, strict=True) if t >= 0]
    changed = [b[0] for a, b in itertools.pairwise(known) if a[1] != b[1]]
    return share(tokens(changed), len(known) - 1, least=3)
