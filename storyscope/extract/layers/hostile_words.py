"""What people say against one another: threats, insults, accusations, refusals, orders."""

from __future__ import annotations

import re

from storyscope.extract.layers.blows import BODY, Sign, subject_of
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span

__all__ = ["hostile_words"]

HOSTILE_SPEECH = words("conflict", "hostile_speech")
INSULT, ABUSE = words("conflict", "insult"), words("conflict", "abuse")
WRONG, PUSH = words("conflict", "wrong"), words("conflict", "push_away")
HARD_THREAT = words("conflict", "hard_blow", "threaten_with")


def hostile_words(reading: Reading) -> list[Sign]:
    """Signs inside quotations, and how they are said."""
    found: list[Sign] = []
    before = ""
    last_end = -1000
    said: dict[tuple[str, ...], int] = {}
    last: set[str] = set()
    for quotation in reading.quotations:
        if quotation.start - last_end > 80:
            before = ""
        opening = True
        for start, end in _utterances(reading, quotation.start, quotation.end):
            kind, weight = _speech_act(reading, start, end, before if opening else "")
            if not weight:
                kind, weight = _countered(reading, start, end, last if opening else set(), said)
            if weight:
                found.append(Sign(start, end, kind, weight))
            before = (
                "question"
                if "?" in reading.lower[max(start, end - 2) : end]
                else kind or "statement"
            )
            opening = False
        last = {*reading.lower[quotation.start : quotation.end]} if quotation.end else set()
        last_end = quotation.end
        tag = _said_how(reading, quotation.start, quotation.end)
        if tag >= 0 and not any(s.start == tag for s in found):
            found.append(Sign(tag, tag + 1, "tone", 0.5))
    return found


def _utterances(reading: Reading, start: int, end: int) -> list[Span]:
    """Pieces of a quotation between full stops, question and exclamation marks."""
    pieces, first = [], start
    for i in range(start, end):
        if reading.lower[i][0] in ".?!" or i == end - 1:
            if any(reading.is_word[first : i + 1]):
                pieces.append(Span(first, i + 1))
            first = i + 1
    return pieces


def _said_how(reading: Reading, start: int, end: int) -> int:
    """The hostile speech verb just before or after a quotation, -1 without one."""
    near = [*range(end, min(end + 5, reading.n)), *range(max(0, start - 5), start)]
    for i in near:
        if (
            reading.pos[i] == "VERB"
            and reading.lemma[i] in HOSTILE_SPEECH
            and not reading.quoted[i]
        ):
            if reading.child(i, "dobj") is not None:
                continue
            if (
                reading.tag[i] in ("VBD", "VBZ", "VBP")
                and subject_of(reading, i) in reading.cast.persons
            ):
                return i
    return -1


_THREATS = (
    " you dare ", " you would n't dare ", " you would not dare ", " how dare ", " try me ",
    " make me ", " my dead body ", " your dead body ", " watch me ", " last warning ",
    " warning you ", " one more word ", " say that again ", " have to shoot ", " have to kill ",
    " you wo n't leave ", " wo n't get away ", " pay for this ", " pay for that ", " be sorry ",
    " or else ", " do n't make me ", " i swear to god ", " i 'm warning ", " i warn you ",
    " you 'll regret ", " you will regret ", " you have been warned ", " last chance ",
    " or i 'll ", " or i will ", " or we 'll ", " one step closer ", " one more step ",
    " another step ", " see you in court ", " see you hang ", " i 'll have you ",
    " i will have you ", " i 'll see to it that you ",
)  # fmt: skip
_DENIALS = (
    " you are lying ", " you 're lying ",
    " a lie ",
    " no right ", " none of your ", " your fault ", " i blame you ",
    " hate you ", " how could you ", " leave me alone ", " 're dismissed ", " 're fired ",
    " are dismissed ", " are fired ", " under arrest ", " re a disgrace ",
    " what 's wrong with you ", " let go of ", " let me go ", " sick of you ",
    " enough of you ", " what have you done ", " you did this ", " you promised ",
    " what did you do ", " that 's mine ", " it 's mine ",
    " belongs to me ", " you stole ", " you lied ", " you cheated ", " you 've ruined ",
    " you ruined ", " you owe ", " i do n't believe you ",
    " who do you think ", " what gives you ", " what right ", " says who ",
    " do n't you ever ", " get away from ", " stay away from ",
    " stop lying ", " you 're mad ", " are you mad ", " are you insane ", " you 're drunk ",
    " you 're hurting ", " afraid of you ", " you ca n't make ", " you ca n't do that ",
    " you ca n't have ", " i forbid ", " i know what you did ", " the nerve ",
    " out of my sight ", " out of my way ", " you betrayed ", " you 've betrayed ", " traitor ",
    " you killed ", " you let him ", " you let her ", " you let them ", " this is your doing ",
    " you 've no right ", " you had no right ", " do n't lie to me ", " i do n't trust you ",
    " i never want to see you ", " you disgust ", " shame on you ", " you should be ashamed ",
)  # fmt: skip
_CONTRADICTS = (
    " not true ", " are wrong ", " 're wrong ", " are lying ", " 're lying ", " because of you ",
    " no business ", " how many times ", " prove it ", " do n't touch ", " not yours ",
    " is n't yours ",
)  # fmt: skip
"""Of less weight: as often said in a quiet difference of opinion, or of somebody who is away."""
_PROHIBIT = (
    " you 'll not ", " you shall not ", " you 're not going ", " you are not going ",
    " you have no right ", " you must not ",
)  # fmt: skip
_REFUSE = (
    " i wo n't ", " i will not ", " we wo n't ", " we will not ", " i refuse ", " we refuse ",
    " i shan't ", " i sha n't ", " i 'd rather die ", " i 'm not going ", " i am not going ",
    " i do n't care ", " i 'll not ", " you ca n't make me ", " never ! ", " not for you ",
    " i do n't take orders ", " not a chance ", " over my ", " we 're not leaving ",
    " i 'm not leaving ", " i 'm staying ", " i will never ", " i 'll never ",
)  # fmt: skip
_NO_REFUSAL = re.compile(
    r" (?:wo n't|will not|'ll not|never|sha n't) (?:be|forget|know|understand|see|find|get|have) "
)
_REGRET = frozenset("regret pay sorry die hang suffer rot burn".split())
_KIND_DONT = frozenset("worry be cry mind forget fret thank mention bother tell know".split())
_PERSONAL = frozenset({"you", "your", "him", "her", "them", "ye", "thee", "it"})


def _speech_act(reading: Reading, start: int, end: int, before: str) -> tuple[str, float]:
    """The hostile act that one utterance performs, and its weight."""
    told = [
        reading.lower[i]
        for i in range(start, end)
        if reading.lower[i] not in ('"', "'", ",", "—", "...")
    ]
    text = f" {' '.join(told)} "
    question = "?" in told[-2:]
    if any(p in text for p in _THREATS) or _threatens(reading, start, end, told):
        strong = (" dare " in text and " do n't you dare " not in text) or " shoot " in text
        return "threat", 0.75 if question else 2.0 if strong else 1.25
    if _insults(reading, start, end, told, text):
        return "insult", 1.5
    if " please " in text:
        return "", 0.0
    if any(p in text and f" n't{p}" not in text and f" not{p}" not in text for p in _DENIALS):
        return "accusation", 1.25
    if any(p in text for p in _CONTRADICTS):
        return "accusation", 0.5
    if not question:
        accused = _accuses(reading, start, end)
        if accused:
            return "accusation", accused
        if any(p in text and not _NO_REFUSAL.search(text) for p in _REFUSE) or any(
            p in text for p in _PROHIBIT
        ):
            return "refusal", 1.0
        if told and told[0] in ("no", "never", "nope") and before and before != "question":
            return "refusal", 1.25 if before == "order" else 0.5 if "!" in told[-2:] else 0.25
        ordered = _orders(reading, start, end, told)
        if ordered:
            return "order", ordered
    return "", 0.0


def _threatens(reading: Reading, start: int, end: int, told: list[str]) -> bool:
    """Whether it threatens: "I'll kill you", "or we shoot", "you will regret it"."""
    will = any(w in ("'ll", "will", "gonna", "going", "shall") for w in told)
    for i in range(start, end):
        if reading.pos[i] != "VERB" and reading.lemma[i] != "sorry":
            continue
        subject = subject_of(reading, i)
        who = reading.lower[subject] if subject >= 0 else ""
        if who == "you" and will and reading.lemma[i] in _REGRET:
            return True
        if who in ("i", "we", "they", "he") and will and reading.lemma[i] in HARD_THREAT:
            target = reading.child(i, "dobj")
            if (
                reading.child(i, "neg") is None
                and target is not None
                and (reading.lower[target] in _PERSONAL or reading.lemma[target] in BODY)
            ):
                return True
    return len(told) > 2 and told[0] == "or" and told[1] in _WE and will


_WE = frozenset({"i", "we", "they", "he", "she"})
_FAIR = frozenset({"fair", "true", "enough", "lie", "business", "fault"})


def _countered(
    reading: Reading, start: int, end: int, last: set[str], said: dict[tuple[str, ...], int]
) -> tuple[str, float]:
    """A turn that takes up the other's words, denies them, asks once more or bids "you" to do."""
    told = tuple(reading.lower[i] for i in range(start, end) if reading.is_word[i])
    question = "?" in reading.lower[max(start, end - 2) : end]
    again = question and len(told) >= 2 and start - said.get(told, -1000) < 80
    said[told] = start
    if again:
        return "accusation", 0.75
    if told[:2] == ("no", "you") or (
        told[:1] == ("you",) and told[1:2] in (("will",), ("listen",)) and "be" not in told[2:3]
    ):
        return "order", 0.75
    echo = 2 <= len(told) <= 4 and told[0] in ("your", "my", "fair", "sorry", "mad")
    if echo and last and set(told[1:]) <= last:
        return "accusation", 0.75
    for i in range(start, end):
        if reading.lower[i] != "you" or reading.dep[i] not in ("nsubj", "nsubjpass"):
            continue
        verb = reading.head[i]
        denied = reading.child(verb, "neg") is not None
        if denied and not question and reading.lemma[verb] not in _MILD:
            return "accusation", 0.5
    if {"not", "n't"} & set(reading.lower[start:end]) and _FAIR & set(told) and len(told) <= 5:
        return "accusation", 0.75
    return "", 0.0


_KEPT_SHUT = re.compile(r" (?:keep|kept|him|her|them|it|be|been|was|were) shut up ")
_MILD = frozenset("worry have need mind know understand think look see want get bother".split())


def _insults(reading: Reading, start: int, end: int, told: list[str], text: str) -> bool:
    for _k, i in enumerate(range(start, end)):
        named = reading.lower[i].rstrip("s") in INSULT or reading.lower[i] in INSULT
        if named and reading.pos[i] != "VERB":
            near = reading.lower[max(start, i - 3) : i]
            if (
                "you" in near
                or (len(told) <= 3 and reading.dep[i] in ("ROOT", "npadvmod", "intj", "vocative"))
            ) and not {"not", "n't", "no", "guinea"} & set(near):
                return True
    kept_shut = _KEPT_SHUT.search(text) is not None
    return not kept_shut and any(f" {p} " in text for p in ABUSE)


def _accuses(reading: Reading, start: int, end: int) -> float:
    """Weight of "you lied", "you're trying to", "you never listen", "you took my"."""
    blamed = 0
    for i in range(start, end):
        if reading.lower[i] != "you" or reading.dep[i] != "nsubj":
            continue
        verb = reading.head[i]
        if not start <= verb < end:
            continue
        if (
            reading.pos[verb] == "VERB"
            and reading.tag[verb] in ("VBD", "VBP", "VBN")
            and (not any(reading.tag[c] == "MD" for c in reading.children[verb]))
        ):
            blamed += reading.tag[verb] == "VBD" and reading.lemma[verb] in WRONG
            mine = reading.child(verb, "dobj")
            if mine is not None and any(
                reading.lower[c] in ("my", "our") for c in reading.children[mine]
            ):
                return 0.75
        adverbs = {reading.lower[c] for c in reading.children[verb]}
        if reading.pos[verb] == "VERB" and (
            "never" in adverbs or ("always" in adverbs and reading.lemma[verb] in WRONG)
        ):
            return 1.0
        past = reading.tag[verb] == "VBD" or (
            reading.tag[verb] in ("VBN", "VBG")
            and any(reading.lemma[c] in ("have", "be") for c in reading.children[verb])
        )
        wrong = reading.pos[verb] == "VERB" and reading.lemma[verb] in WRONG
        if past and wrong and verb > i and not reading.child(verb, "mark"):
            return 0.75
    return 0.75 if blamed >= 2 else 0.0


def _orders(reading: Reading, start: int, end: int, told: list[str]) -> float:
    """Weight of an imperative that pushes somebody away or holds them down."""
    skip = ("then", "now", "just", "so", "and", "well", "but")
    first = next(
        (i for i in range(start, end) if reading.is_word[i] and reading.lower[i] not in skip), -1
    )
    if first < 0:
        return 0.0
    loud = 0.25 if "!" in told[-2:] else 0.0
    if (
        reading.lower[first] == "do"
        and first + 1 < end
        and reading.lower[first + 1] in ("n't", "not")
    ):
        verb = reading.head[first] if reading.dep[first] == "aux" else first + 2
        return 0.0 if reading.lemma[min(verb, reading.n - 1)] in _KIND_DONT else 0.5 + loud
    if (
        (
            reading.tag[first] in ("VB", "VBP")
            and reading.lemma[first] in PUSH
            and reading.dep[first] in ("ROOT", "ccomp")
        )
        and reading.child(first, "nsubj") is None
        and len(told) <= 9
    ):
        hard = any(f" {p} " in f" {' '.join(told)} " for p in _AWAY) or len(told) <= 2
        return (0.75 if hard else 0.25) + loud
    return 0.0


_AWAY = (
    "get out", "get off", "get away", "get back", "let go", "let me go", "drop it", "drop the",
    "stop it", "stop that", "back off", "stand back", "stay back", "stay away", "keep away",
    "hands up", "put it down", "put that down", "put the", "give it back", "give me that",
    "shut up", "shut it", "leave me", "leave us", "move aside", "stand aside",
)  # fmt: skip
