"""What a story holds: chains, frames, orders, beginnings and ends, naming."""

import itertools

import pytest

from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger.labels import FAMILIES
from storyscope.extract.tagger.tags import Tags
from storyscope.induce.mine import mine
from storyscope.induce.patterns import _MOVES, _NAMING, ACTS, FAMILY, WHO, Pattern, act_of


def found(text, told=None):
    reading = read(text)
    return mine(Reading(reading.doc, Tags.of_labels(len(reading.sentences), told))), reading


def at(text, **told):
    patterns, reading = found(text, told)
    return {p: reading.doc.text[slice(*f.place)] for p, f in patterns.items() if f.place}


def test_a_chain_is_events_that_follow_closely_outside_speech():
    text = 'Ivo took the lamp and walked out. "I ran and fell," he said.'
    chains = {p.parts for p in found(text)[0] if p.kind == "chain"}
    assert ("handling", "moving") in chains
    assert ("to take", "to walk") in chains
    assert not any("to run" in parts or "to fall" in parts for parts in chains)
    filler = "The road was long and dry and grey and empty and quite straight. " * 5
    apart, _ = found(f"Ivo took the lamp. {filler}He walked out.")
    assert Pattern("chain", ("to take", "to walk")) not in apart


def test_frames_know_protagonist_others_bodies_things_and_abstractions():
    text = "Ivo lifted the crate. Ivo slept. Ivo saw Pell. Pell kicked the door. " * 6
    text += "Silence filled the room. Her hands gripped the rail."
    frames = {p.parts for p in found(text)[0] if p.kind == "frame"}
    assert ("protagonist", "to lift", "thing") in frames
    assert ("protagonist", "to see", "character") in frames
    assert ("protagonist", "perceiving", "character") in frames
    assert ("character", "to kick", "thing") in frames
    assert ("abstract", "to fill", "thing") in frames
    assert ("body", "to grip", "thing") in frames


def test_what_is_denied_or_only_possible_is_no_frame():
    text = "Ivo did not lift the crate. He would kick the door. He was pulled out. "
    frames = {p.parts[1] for p in found(text * 6)[0] if p.kind == "frame"}
    assert not frames & {"to lift", "to kick", "to pull"}


@pytest.mark.parametrize("kind", ["chain", "frame"])
def test_person_gender_and_names_change_nothing(kind):
    text = "{} lifted the crate and walked out. {} watched the sea. {} opened the door. "
    told = [text.format(*names) * 8 for names in (("Anna", "She", "She"), ("Ivo", "He", "He"))]
    told.append(text.format("I", "I", "I") * 8)
    one, *others = ({p: f.value for p, f in found(t)[0].items() if p.kind == kind} for t in told)
    assert one
    assert all(other == one for other in others)


def test_orders_ask_which_comes_first_what_follows_and_what_is_last():
    text = " ".join(f"The lamp number {k} burned." for k in range(12))
    told = {"flashback": [(1, 2)], "conflict": [(4, 4), (9, 9)], "theme": [(11, 11)]}
    patterns, _ = found(text, told)
    assert patterns[Pattern("order", ("first", "flashback", "conflict"))].value == 1
    assert patterns[Pattern("order", ("last", "theme"))].value == 1
    assert patterns[Pattern("order", ("last", "conflict"))].value == 0
    assert Pattern("order", ("next", "flashback", "conflict")) in patterns
    assert Pattern("order", ("next", "flashback", "theme")) not in patterns
    assert Pattern("order", ("first", "dream", "conflict")) not in patterns
    assert at(text, **told)[Pattern("order", ("last", "theme"))] == "The lamp number 11 burned."


def test_beginnings_and_ends():
    text = '"Go," said Ivo.\n\n' + "The rain fell on the lane. " * 18 + "\n\nIt was over."
    patterns, reading = found(text, {"theme": [(19, 19)], "insight": [(0, 0)]})
    assert len(reading.sentences) == 20
    assert patterns[Pattern("opening", ("speech",))].value == 1
    assert patterns[Pattern("opening", ("name",))].value == 1
    assert patterns[Pattern("ending", ("speech",))].value == 0
    assert patterns[Pattern("ending", ("alone",))].value == 1
    assert patterns[Pattern("ending", ("told", "theme"))].value > 0
    assert patterns[Pattern("opening", ("told", "theme"))].value == 0
    assert patterns[Pattern("opening", ("told", "insight"))].value > 0


def test_naming_holds_shares_and_no_names():
    text = "She opened the door. Anna Brook waited. Anna slept. She woke. She ate. " * 6
    patterns, _ = found(text)
    naming = {p.parts[0]: f.value for p, f in patterns.items() if p.kind == "naming"}
    assert 0 < naming["by name"] < 1
    assert naming["protagonist named"] == 1
    assert naming["named at once"] == 0
    assert naming["full name first"] == 1
    assert not any("anna" in p.key.lower() or "brook" in p.key.lower() for p in patterns)


def test_a_story_without_words_has_no_patterns():
    assert found("")[0] == {}


def test_every_family_and_type_has_words():
    assert set(FAMILY) == set(FAMILIES)
    assert act_of("nod") == "gesture"


def patterns():
    """One of every sort of pattern that can be made."""
    yield Pattern("chain", ("to look", "to say"))
    for acts in itertools.product(ACTS, repeat=2):
        yield Pattern("chain", acts)
    for subject, object_ in itertools.product(WHO, ["", *WHO]):
        yield Pattern("frame", (subject, "to keep", object_))
        yield Pattern("frame", (subject, "thinking", object_))
    for a, b in itertools.permutations(FAMILIES, 2):
        yield Pattern("order", ("first", a, b))
        yield Pattern("order", ("next", a, b))
    for kind in ("opening", "ending"):
        for family in FAMILIES:
            yield Pattern(kind, ("told", family))
        for act in ACTS:
            yield Pattern(kind, ("act", act))
        for move in _MOVES:
            yield Pattern(kind, (move,))
    for family in FAMILIES:
        yield Pattern("order", ("last", family))
    for habit in _NAMING:
        yield Pattern("naming", (habit,))


def test_every_pattern_has_its_own_closed_question_and_name():
    made = list(patterns())
    questions = [p.question for p in made]
    assert len(set(questions)) == len(made)
    assert len({p.name for p in made}) == len(made)
    for pattern in made:
        assert pattern.question.endswith("?")
        assert pattern.question[0].isupper()
        assert not {"{", "}", "_"} & set(pattern.question + pattern.name)
        assert pattern.counted == pattern.question.startswith("How often")
