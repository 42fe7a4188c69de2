"""Setting: places, what they look and sound like, and which senses the telling uses."""

from __future__ import annotations

from math import log

from storyscope.extract.layers.settings import setting_passages, setting_sentences
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
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
from storyscope.extract.reading import Reading

INTERIOR, EXTERIOR = words("place", "interior"), words("place", "exterior")
SCENERY, WEATHER = words("place", "scenery"), words("place", "weather")
SOUND, SMELL = words("place", "sound_words"), words("place", "smell_words")
TASTE, TOUCH = words("place", "taste_words"), words("place", "touch_words")
HEAR, SMELLING = words("verbs", "hear"), words("verbs", "smell")
TASTING, TOUCHING, SEEING = words("verbs", "taste"), words("verbs", "touch"), words("verbs", "see")


@once
def senses(reading: Reading) -> dict[str, list[int]]:
    """Words of each sense in narration: a perceiving verb with somebody, or what is perceived."""
    found: dict[str, list[int]] = {s: [] for s in ("sight", "hearing", "touch", "smell", "taste")}
    persons = reading.cast.persons
    perceivers = {c.verb for c in reading.clauses if c.subject in persons}
    for i, lemma in enumerate(reading.lemma):
        if reading.quoted[i]:
            continue
        pos = reading.pos[i]
        if pos == "VERB":
            if lemma in SMELLING or lemma in SMELL:
                if not (
                    reading.child(i, "dobj") is not None
                    and reading.lemma[reading.child(i, "dobj") or 0] == "trouble"
                ):
                    found["smell"].append(i)
            elif lemma in TASTING or lemma in TASTE:
                found["taste"].append(i)
            elif lemma in HEAR or lemma in SOUND:
                found["hearing"].append(i)
            elif i in perceivers and lemma in SEEING:
                found["sight"].append(i)
            elif lemma in TOUCHING and lemma != "feel" and i in perceivers:
                found["touch"].append(i)
        elif pos == "NOUN":
            if lemma in SMELL:
                found["smell"].append(i)
            elif lemma in SOUND:
                found["hearing"].append(i)
            elif lemma in TASTE:
                found["taste"].append(i)
        elif pos == "ADJ":
            if lemma in TOUCH and _of_a_thing(reading, i):
                found["touch"].append(i)
            elif lemma in ("sweet", "sour", "salty", "metallic") and _of_a_thing(reading, i):
                found["taste"].append(i)
    return found


def _of_a_thing(reading: Reading, i: int) -> bool:
    """Whether an adjective modifies or is said of a thing, not a voice or a manner."""
    if reading.dep[i] not in ("amod", "acomp"):
        return False
    owner = reading.head[i]
    if reading.dep[i] == "acomp":
        subject = reading.child(owner, "nsubj")
        owner = owner if subject is None else subject
    return reading.lemma[owner] not in (
        "voice", "laugh", "smile", "tone", "word", "look", "war", "quarrel", "truth", "reception",
    )  # fmt: skip


def _all_senses(reading: Reading) -> list[int]:
    return sorted(i for found in senses(reading).values() for i in found)


@measures("SET_SEN_01")
def sense_rate(reading: Reading) -> Measured:
    return rate(tokens(_all_senses(reading)), reading.n_narrated)


def _sense_share(reading: Reading, *names: str) -> Measured:
    part = sorted(i for name in names for i in senses(reading)[name])
    return share(tokens(part), len(_all_senses(reading)), least=8)


@measures("SET_SEN_02")
def sight(reading: Reading) -> Measured:
    return _sense_share(reading, "sight")


@measures("SET_SEN_03")
def hearing(reading: Reading) -> Measured:
    return _sense_share(reading, "hearing")


@measures("SET_SEN_04")
def touch(reading: Reading) -> Measured:
    return _sense_share(reading, "touch")


@measures("SET_SEN_05")
def smell_and_taste(reading: Reading) -> Measured:
    return _sense_share(reading, "smell", "taste")


@measures("SET_SEN_06")
def sense_balance(reading: Reading) -> Measured:
    """Evenness over the five senses: 0 one sense, 1 all alike."""
    found = senses(reading)
    total = sum(map(len, found.values()))
    if total < 10:
        return NOT_DEFINED
    entropy = -sum(len(f) / total * log(len(f) / total) for f in found.values() if f)
    return number(entropy / log(5), tokens(_all_senses(reading)))


# ---------------------------------------------------------------- described settings


@measures("SET_DES_01")
def setting_share(reading: Reading) -> Measured:
    return share(setting_sentences(reading), len(reading.narrated_sentences), least=10)


@measures("SET_DES_02")
def scenery_rate(reading: Reading) -> Measured:
    """Nouns of place, scenery and weather with a describing adjective, in narration."""
    found = []
    for i, lemma in enumerate(reading.lemma):
        if reading.quoted[i] or reading.pos[i] != "NOUN":
            continue
        if (lemma in SCENERY or lemma in INTERIOR or lemma in EXTERIOR) and any(
            reading.dep[c] == "amod" and reading.pos[c] == "ADJ" for c in reading.children[i]
        ):
            found.append(i)
    return rate(tokens(found), reading.n_narrated)


@measures("SET_DES_03")
def opening_setting(reading: Reading) -> Measured:
    """Whether a passage of description begins in the first three narrated sentences."""
    opening = reading.narrated_sentences[:3]
    if len(opening) < 3:
        return NOT_DEFINED
    found = [s for s in setting_passages(reading) if s.start < opening[-1].end]
    return yes(found)


@measures("SET_DES_04")
def weather(reading: Reading) -> Measured:
    found = [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in WEATHER and not reading.quoted[i] and reading.pos[i] in ("NOUN", "VERB")
        and lemma not in ("heat", "cold", "air", "sky", "moon", "sun")
    ]  # fmt: skip
    return rate(tokens(found), reading.n_narrated)


@measures("SET_SEN_07")
def smells(reading: Reading) -> Measured:
    """Smells in narration, per 1,000 narrated words."""
    return rate(tokens(senses(reading)["smell"]), reading.n_narrated)
