"""Layers of events, conflict, chance, endings and settings: a case, and a case one change away."""

import pytest

from storyscope.extract.layers.chance import chance_cues, coincidences
from storyscope.extract.layers.conflict import clashes, conflict_signs
from storyscope.extract.layers.endings import closure_cues, closure_score, ending, story_ending
from storyscope.extract.layers.intensity import intense_moments, rise, spoken_moments, windows
from storyscope.extract.layers.settings import (
    scenic_sentences,
    setting_passages,
    setting_scores,
    setting_sentences,
)
from storyscope.extract.layers.valence import valences
from storyscope.extract.reading import read

FILLER = "She folded the cloth and put it on the shelf beside the plates. "


def told(reading, tokens):
    return [reading.lower[i] for i in tokens]


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Petra opened the door and climbed the stairs.", ["opened", "climbed"]),
        ("Petra did not open the door.", []),
        ("Petra would open the door if he knocked.", []),
        ("Petra might have climbed out.", []),
        ("She opens the door. She climbs the stairs. She runs out.", ["opens", "climbs", "runs"]),
    ],
)
def test_events_are_what_happens(text, events):
    reading = read(text)
    assert told(reading, reading.events) == events


# ---------------------------------------------------------------- intensity


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("He seized the rail and screamed.", ["seized", "screamed"]),
        ("He did not scream.", []),
        ("He would have screamed.", []),
        ("She shook her head.", []),
        ("She shook the boy until he fell.", ["shook", "fell"]),
        ("The day broke.", []),
        ("The mast broke.", ["broke"]),
        ("There was no blood on the step.", []),
        ("There was blood on the step.", ["blood"]),
        ("Her hair was like fire.", []),
        ("They sat down to a dish of peas.", []),
    ],
)
def test_intense_moments(text, moments):
    reading = read(text)
    assert told(reading, [m.token for m in intense_moments(reading)]) == moments


def test_speech_is_apart():
    reading = read('"Stop! He has a knife!" said Odile. She sat down.')
    assert intense_moments(reading) == []
    assert {"stop", "knife"} <= set(told(reading, [m.token for m in spoken_moments(reading)]))


def test_a_passage_rises_where_the_danger_comes_last():
    calm = "They ate pears. The clock was wound. Ilse read the paper to her aunt. "
    danger = "The roof collapsed on the stair. Ilse screamed and smashed the window with her fist."
    rising, falling = read(calm * 2 + danger), read(danger + " " + calm * 2)
    assert rise(rising, (0, rising.n)) > 1 > 0 > rise(falling, (0, falling.n))
    level = read(calm * 3)
    assert rise(level, (0, level.n)) == 0


def test_windows_cover_the_text_in_whole_sentences():
    reading = read(FILLER * 40)
    found = windows(reading)
    assert len(found) > 3
    assert [a for a, _, _ in found[1:]] == [b for _, b, _ in found[:-1]]
    assert (found[0][0], found[-1][1]) == (0, reading.n)


# ---------------------------------------------------------------- conflict


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ('"You thief," said Anselm. "Get out of my house!" He seized her by the wrist.', True),
        ("Two porters wrestled on the stairs.", True),
        ("She punched the constable in the mouth.", True),
        ("She punched the dough.", False),
        ("She fought sleep until morning.", False),
        ("The two of them had fought once, years before.", False),
        ("She took him by the collar and kissed him.", False),
        ("The remark struck her as odd.", False),
        ('"Would you pass me the salt, please?" said Anselm.', False),
        ('"Don\'t worry," said Anselm. "Sit down, take some soup."', False),
    ],
)
def test_open_conflict(text, clash):
    assert bool(clashes(read(text))) == clash


def test_signs_name_what_they_are():
    reading = read('"I will kill you," he hissed. She slapped him.')
    kinds = {s.kind for s in conflict_signs(reading)}
    assert "threat" in kinds
    assert kinds & {"blow", "tone"}
    for sign in conflict_signs(reading):
        assert 0 <= sign.start < sign.end <= reading.n


# ---------------------------------------------------------------- chance


@pytest.mark.parametrize(
    ("text", "chance"),
    [
        ("By sheer luck the ferry was late.", True),
        ("As she had planned, the ferry was late.", False),
        ("He happened to see her through the window.", True),
        ("He wanted to see her through the window.", False),
        ('"Do you happen to know the time?" he asked.', False),
        ("Not wearing his glasses, he took the wrong coat.", True),
        ("He took the wrong way of putting it.", False),
        ("If the wheel had not broken there, they would have driven past.", True),
        ("If she had told him, he would have left.", False),
        ("She stumbled upon a locked chest.", True),
        ("She might stumble upon a locked chest.", False),
        ("They searched the loft, and found the chest in the end.", False),
    ],
)
def test_chance(text, chance):
    assert bool(coincidences(read(text))) == chance


def test_weak_cues_count_once_each_kind():
    reading = read("He lived in the same street, drank in the same tavern, in the same suit.")
    assert len(chance_cues(reading)) == 3
    assert coincidences(reading) == []


# ---------------------------------------------------------------- endings


@pytest.mark.parametrize(
    ("last", "closed"),
    [
        ("They buried the pilot beside the church. Marit locked the shed for the last time.", True),
        ("She never saw the valley again. It was over, and she walked home.", True),
        ("Then somebody knocked at the door. Who could it be?", False),
        ("Tomorrow she would have to try another key.", False),
    ],
)
def test_closure(last, closed):
    reading = read(FILLER * 14 + last)
    assert (closure_score(reading, ending(reading)) >= 1.2) == closed


def test_cues_of_openness_weigh_against():
    reading = read(FILLER * 14 + "What would tomorrow bring?")
    assert all(c.weight < 0 for c in closure_cues(reading, ending(reading)) if c.kind == "question")


def test_a_text_that_breaks_off_has_no_ending():
    assert story_ending(read(FILLER * 20)) is not None
    assert story_ending(read(FILLER * 20 + "And then the")) is None
    assert story_ending(read(FILLER)) is None


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("A row of poplars lined the canal.", True),
        ("Beyond the barn lay a wide brown field.", True),
        ("There was a rusty pump in the yard.", True),
        ("The room smelled of wax and old paper.", True),
        ("She crossed the yard to the rusty pump.", False),
        ("He opened the door of the barn.", False),
        ("There was a pause.", False),
        ("Was the field wide?", False),
        ("His eyes were two wells.", False),
        ("A city is not a heap of houses.", False),
    ],
)
def test_sentences_that_describe_a_place(text, described):
    assert bool(setting_sentences(read(text))) == described


def test_passages_join_neighbours():
    text = (
        "The road ran between two walls. Grey moss hung from the stones, and beyond the last gate "
        "lay the marsh. Anders walked on."
    )
    reading = read(text)
    (passage,) = setting_passages(reading)
    assert reading.text_of(passage).endswith("lay the marsh.")
    assert set(setting_sentences(reading)) <= set(scenic_sentences(reading))
    assert all(s.points >= 0 for s in setting_scores(reading))


def test_renaming_changes_no_setting():
    text = "{0} stood by the wall. Grey houses lined the street. {0} waited."
    found = [len(setting_sentences(read(text.format(n)))) for n in ("Ruth", "Bartholomew")]
    assert found == [1, 1]


# ---------------------------------------------------------------- valence


def test_a_negation_turns_a_rating_round():
    plain, negated = read("It was a happy day."), read("It was not a happy day.")
    (a,), (b,) = ([v for _, v in valences(r)] for r in (plain, negated))
    assert a > 0 > b
    assert valences(read('"Happy birthday," he said.')) == []
