"""Names, mentions, pronouns, speakers, deeds and ties."""

import pytest

from storyscope.extract.layers.deeds import deeds, goals, protagonist
from storyscope.extract.layers.exchanges import exchanges
from storyscope.extract.layers.names import find_named
from storyscope.extract.layers.speakers import called, turns
from storyscope.extract.layers.ties import chance_of_meeting, network, stretches, tie
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Noor laughed. Noor told Ivo to wait. Ivo sighed.", ["Noor", "Noor", "Ivo", "Ivo"]),
        ("They walked through Paris and sailed to Malta.", []),
        ("Paris laughed. She told him that Paris was tired.", ["Paris", "Paris"]),
        ('"Gone," said Mara.', ["Mara"]),
        ("On Monday the English danced.", []),
        ("Mrs. Quill nodded. Dr. Hale sighed.", ["Mrs. Quill", "Dr. Hale"]),
    ],
)
def test_names(text, names):
    reading = read(text)
    assert [reading.text_of(s) for s in find_named(reading).spans] == names


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ada Quill bowed. She wept. Miss Quill smiled, and Ada laughed.", 1),
        ("Mr. Quill bowed. Mrs. Quill smiled and said no.", 2),
        ("The baker came. The baker left.", 1),
        ("A baker came. Another baker left.", 2),
        ("Her brother slept. His brother woke.", 2),
    ],
)
def test_who_is_the_same_person(text, people):
    assert len(read(text).cast.entities) == people


def test_pronouns_follow_gender_and_the_narrator_is_one_person():
    cast = read("Sarah met Thomas. She hugged him. I watched them, and my tea went cold.").cast
    by_label = {e.label: e for e in cast.entities}
    assert len(by_label["Sarah"].mentions) == len(by_label["Thomas"].mentions) == 2
    assert len(by_label["I"].mentions) == 2
    assert cast.entities[cast.narrator].label == "I"


def speakers(text):
    reading = read(text)
    entities = reading.cast.entities
    return [(entities[t.entity].label if t.entity >= 0 else "", t.how) for t in turns(reading)]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ('"Go," the nurse said.', [("nurse", "tag after")]),
        ('"Go, Peter," said Ann. Peter went.', [("Ann", "tag after")]),
        ('Ann told Peter: "Go." Peter went.', [("Ann", "tag before")]),
        (
            '"No," said Ann, "not today."',
            [("Ann", "tag after"), ("Ann", "same turn")],
        ),
        (
            'Ann met Peter.\n"Well?" said Ann.\n"Well what?" Peter asked.\n"The key."\n"Lost."',
            [
                ("Ann", "tag after"),
                ("Peter", "tag after"),
                ("Ann", "alternation"),
                ("Peter", "alternation"),
            ],
        ),
        (
            '"Where were you?"\n"Out," said Mara.\n"Out where?" Tom asked.',
            [("Tom", "alternation"), ("Mara", "tag after"), ("Tom", "tag after")],
        ),
        ('Mara smiled. Mara put down the cup. "Enough."', [("Mara", "beat")]),
        ('The sign read "exit" in red.', []),
    ],
)
def test_speakers(text, spoken):
    assert speakers(text) == spoken


def test_whom_a_quotation_calls():
    reading = read('Ann saw Peter. "Come here, Peter," said Ann. "Peter is here," said Ann.')
    first, second = (t.quotation for t in turns(reading))
    names = {reading.cast.entities[e].label for e in called(reading, first)}
    assert names == {"Peter"}
    assert not called(reading, second)


def test_exchanges_end_where_narration_goes_on():
    talk = '"Well?" said Ann.\n"No," said Tom.\n'
    reading = read(talk + "It rained and rained. " * 20 + "\n" + talk)
    assert [e.blocks for e in exchanges(reading)] == [2, 2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mara struck Tom.", [("mara", "struck", "tom")]),
        ("Tom struck Mara.", [("tom", "struck", "mara")]),
        ("Mara did not strike Tom.", []),
        ("Mara would have struck Tom.", []),
        ("Mara struck herself.", [("mara", "struck", "")]),
        ("Tom was dragged outside by Mara.", [("mara", "dragged", "tom")]),
        ("Tom was tall and knew Mara.", []),
        ("Mara gave Tom the key.", [("mara", "gave", "tom")]),
    ],
)
def test_deeds(text, found):
    reading = read("Mara smiled at Tom. Tom told Mara to wait. " + text)
    start = 11
    told = [
        tuple(reading.lower[i] if i >= 0 else "" for i in (d.agent, d.verb, d.patient))
        for d in deeds(reading)
        if d.verb >= start
    ]
    assert told == found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("She planned to sell the mill.", 1),
        ("She did not plan to sell the mill.", 0),
        ("She refused to sell the mill.", 1),
        ("It wanted to rain.", 0),
        ("He used to row.", 0),
        ("She ran in order to catch the boat.", 1),
        ("He would try to row.", 0),
    ],
)
def test_goals(text, count):
    assert len(goals(read(text))) == count


def test_nobody_is_the_protagonist_of_a_few_lines():
    assert protagonist(read("Mara slept.")) == -1
    reading = read("Mara smiled. She sat down and told Tom that she was tired. " * 8)
    assert reading.cast.entities[protagonist(reading)].label == "Mara"


def test_ties_of_a_drawn_network():
    present = [frozenset(s) for s in ({0, 1}, {0, 1, 2}, {0}, {2, 3})]
    found = tie([0, 1, 2, 3], present)
    assert found.weights == {(0, 1): 2, (0, 2): 1, (1, 2): 1, (2, 3): 1}
    assert (found.total, found.strength(0), found.strength(3)) == (5, 3, 1)
    assert found.centre == 0


@pytest.mark.parametrize(
    ("a", "b", "n", "chance"), [(1, 1, 2, 0.5), (2, 2, 4, 5 / 6), (3, 3, 4, 1)]
)
def test_chance_of_meeting(a, b, n, chance):
    assert chance_of_meeting(a, b, n) == pytest.approx(chance)


def test_a_name_in_speech_is_not_present():
    rain = "It rained and it rained. " * 24
    text = 'Mara told Tom a lie. "Where is Ann?" Tom asked Mara. ' + rain
    reading = read(text + "Ann smiled at last.")
    first = stretches(reading)[0]
    assert {reading.cast.entities[e].label for e in first.present} == {"Mara", "Tom"}


def test_stretches_cover_the_story_and_do_not_depend_on_paragraphs():
    text = "Mara shut the door and sat down by the stove. Tom told her to go. " * 12
    one, many = read(text), read(text.replace(". Tom", ".\n\nTom"))
    assert [s.present for s in stretches(one)] == [s.present for s in stretches(many)]
    assert stretches(one)[-1].end == one.n
    assert network(one).total == network(many).total > 0
