"""Layers of the telling: each rule on a passage that has the trait and on one a change away."""

import pytest

from storyscope.extract.layers.address import generic_you, letters
from storyscope.extract.layers.commentary import foreshadowings, remarks, unawareness
from storyscope.extract.layers.free_indirect import free_indirect, passages
from storyscope.extract.layers.intertext import (
    dated,
    likened_to_fiction,
    machines_used,
    named,
    works_read,
)
from storyscope.extract.layers.minds import guesses, indirect_speech, minds, reported_speech
from storyscope.extract.layers.person import intrusions, narrative_person, script_lines
from storyscope.extract.layers.questions import (
    open_questions,
    questions,
    unknowns,
    withholdings,
)
from storyscope.extract.layers.surprise import mood_turn, subject_turns
from storyscope.extract.reading import read

WALK = "He shut the gate. He walked to the mill. She followed him. They sat down. "


def texts(reading, spans):
    return [reading.text_of(s[:2]) for s in spans]


def words(reading, tokens):
    return [reading.lower[i] for i in tokens]


# ---------------------------------------------------------------- person


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (
            "I shut the gate. I ran. The dog barked. I fell, and I swore. I got up. I limped.",
            "first",
        ),
        ("We shut the gate. We ran. We fell, and we swore. We got up. We limped.", "first plural"),
        ("You shut the gate. You run. You fall, and you swear. You get up. You limp.", "second"),
        ("She shut the gate. She ran. He fell, and he swore. She got up. He limped.", "third"),
        # Somebody who says "I" in quotation marks does not tell the story.
        (
            'She ran. "I fell," he said. He swore. "I saw it," she said. She got up. He limped.',
            "third",
        ),
        ("It rained.", None),
    ],
)
def test_person_is_that_of_the_narration(text, person):
    assert narrative_person(read(text)) == person


def test_a_remark_of_the_teller_does_not_make_a_first_person_story():
    reading = read("I must confess that he was a thief. " + WALK * 3)
    assert narrative_person(reading) == "third"
    assert words(reading, intrusions(reading)) == ["confess"]


def test_lines_of_a_script_need_four_and_a_speaker_who_returns():
    lines = ["MARA: Who is it?", "OLD TOM (aside): Nobody.", "MARA: Go away.", "OLD TOM: I can't."]
    assert len(script_lines(read("\n\n".join(lines)))) == 4
    assert script_lines(read("\n\n".join(lines[:3]))) == []


# ---------------------------------------------------------------- you


LETTER = "It came on Monday.\n\nDear Ottilie,\n\nIn winter you can hear the ice."


def test_a_letter_greets_somebody_and_its_you_is_not_anybody():
    reading = read(LETTER)
    assert reading.text_of((letters(reading), letters(reading) + 2)) == "Dear Ottilie"
    assert generic_you(reading) == []
    told = read(LETTER.replace("Dear Ottilie", "Poor Ottilie"))
    assert words(told, generic_you(told)) == ["hear"]
    reader = read("Dear reader, it came on Monday.")
    assert letters(reader) == reader.n


@pytest.mark.parametrize(
    ("sentence", "verbs"),
    [
        ("When you lean out you can see the mill.", ["lean", "see"]),
        ("You may wonder why she kept the ring.", []),
        ("You left on Monday.", []),
        ('"You can see the mill," she said.', []),
    ],
)
def test_generic_you(sentence, verbs):
    reading = read(sentence + " " + WALK)
    assert words(reading, generic_you(reading)) == verbs


# ---------------------------------------------------------------- questions


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("Who had cut the rope? She looked round.", ["Who had cut the rope?"]),
        ("Had she locked the door? Yes, she had locked the door.", []),
        ("What choice did he have? He went in.", []),
        ("How does a man come to this? He went in.", []),
        ("He was late, wasn't he? He went in.", []),
        ('"Who cut the rope?" she asked. He shrugged.', []),
        ("And the rope? It hung there.", []),
        ("Why the rope? He went in.", ["Why the rope?"]),
    ],
)
def test_a_question_is_opened_about_the_story(text, opened):
    reading = read(text + " " + WALK)
    assert texts(reading, open_questions(reading)) == opened


def test_kinds_of_questions():
    reading = read("Who was it? Had he gone? Gone where? So he knew? " + WALK)
    assert [q.kind for q in questions(reading)] == ["wh", "yes or no", "fragment", "statement"]


@pytest.mark.parametrize(
    ("sentence", "verb"),
    [
        ("Nobody ever learned who had sent the money.", "learned"),
        ("She did not know why the dog barked.", "know"),
        ("She wondered who had sent the money.", "wondered"),
        ("She did not know what to say.", None),
        ("She wondered what would happen.", None),
        ("She knew why the dog barked.", None),
        ("He did not know what he wanted.", None),
    ],
)
def test_what_is_not_known(sentence, verb):
    reading = read(sentence + " " + WALK)
    assert words(reading, unknowns(reading)) == ([verb] if verb else [])


@pytest.mark.parametrize(
    ("sentence", "verb"),
    [
        ("She never told her brother about the money.", "told"),
        ("He hid the letter under the stove.", "hid"),
        ("She kept the truth from her brother.", "kept"),
        ("He lied to her about the boat.", "lied"),
        ("She told her brother about the money.", None),
        ("He kept the letter.", None),
        ("She did not tell stories.", None),
    ],
)
def test_what_is_kept_back(sentence, verb):
    reading = read(sentence + " " + WALK)
    assert words(reading, withholdings(reading)) == ([verb] if verb else [])


# ---------------------------------------------------------------- free indirect discourse


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Where had she left the key?", "question"),
        ("Surely the key was in the drawer.", "doubt"),
        ("He would find the key tomorrow.", "near"),
        ("Oh, the key had been in the drawer.", "interjection"),
        ("It had been a mistake to come.", "judged"),
        ("One could hardly ask her for the key.", "one"),
    ],
)
def test_cues_of_a_mind(sentence, kind):
    reading = read(WALK * 2 + sentence + " He went in.")
    assert (sentence, kind) in [(reading.text_of(c[:2]), c.kind) for c in free_indirect(reading)]


@pytest.mark.parametrize(
    "sentence",
    [
        "He wondered where she had left the key.",
        '"Where did you leave the key?" he asked.',
        "Now and then a cart passed.",
        "The key was in the drawer.",
        "How does a man lose a key?",
    ],
)
def test_no_cue_where_it_is_tagged_spoken_or_general(sentence):
    assert free_indirect(read(WALK * 2 + sentence + " He went in.")) == []


def test_a_first_person_story_has_none():
    reading = read(
        "I shut the gate. I ran. I fell. I got up. I swore. I sat. Where had I put the key?"
    )
    assert free_indirect(reading) == []


def test_a_passage_needs_two_cues():
    one = read(WALK * 2 + "\n\nWhere had she left the key? He went in.")
    two = read(
        WALK * 2 + "\n\nWhere had she left the key? Surely it was in the drawer. He went in."
    )
    assert passages(one) == []
    assert [two.text_of(p)[:9] for p in passages(two)] == ["Where had"]


# ---------------------------------------------------------------- minds and speech


def test_whose_mind():
    reading = read("Hanna feared the ice. Jonas wondered whether it would hold.")
    assert [reading.cast.entities[m.entity].label for m in minds(reading)] == ["Hanna", "Jonas"]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("He seemed to know the way.", ["seemed"]),
        ("Hanna looked as if she wanted to speak.", ["wanted"]),
        ("Hanna must have known the way.", ["known"]),
        ("Hanna knew the way.", []),
        ("The way seemed long.", []),
        ("Hanna appeared at the window.", []),
    ],
)
def test_minds_guessed(sentence, found):
    reading = read(sentence)
    assert words(reading, guesses(reading)) == found


@pytest.mark.parametrize(
    ("sentence", "indirect", "reported"),
    [
        ("She said that the road was shut.", ["said"], []),
        ("They talked about the road.", [], ["talked"]),
        ('"The road is shut," she said.', [], []),
        ("The clock said nine.", [], []),
        ("She could tell him about the road.", [], []),
    ],
)
def test_speech_told_and_speech_reported(sentence, indirect, reported):
    reading = read(sentence)
    assert words(reading, indirect_speech(reading)) == indirect
    assert words(reading, reported_speech(reading)) == reported


# ---------------------------------------------------------------- the teller's voice


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("As I said, the mill had burned.", "meta"),
        ("Fortunately the mill had burned.", "attitude"),
        ("As luck would have it the mill had burned.", "attitude"),
        ("It was a pity that the mill had burned.", "verdict"),
        ("I do not remember whether the mill had burned.", "memory"),
        ("I may have been mistaken about the mill.", "doubt"),
        ("It was a mill, or rather a barn.", "repair"),
        ("I swear the mill had burned.", "oath"),
    ],
)
def test_remarks_of_the_teller(sentence, kind):
    reading = read("I shut the gate. I ran. I fell. I got up. I swore. I sat down. " + sentence)
    assert [(reading.text_of(r[:2]), r.kind) for r in remarks(reading)] == [(sentence, kind)]


def test_what_people_say_is_no_remark():
    reading = read('"Fortunately the mill burned," he said. "As I said, it burned." ' + WALK)
    assert remarks(reading) == []


@pytest.mark.parametrize(
    ("sentence", "hint"),
    [
        ("She was to regret it.", True),
        ("Little did he know what lay ahead.", True),
        ("Had she known, she would have stayed.", True),
        ("He would later sell the mill.", True),
        ("He hoped he would one day sell the mill.", False),
        ("He would walk there daily.", False),
        ("How had she known?", False),
    ],
)
def test_hints_at_what_is_to_come(sentence, hint):
    reading = read(WALK + sentence)
    assert texts(reading, foreshadowings(reading)) == ([sentence] if hint else [])


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("She did not notice that the gate was open.", True),
        ("He never saw that she was crying.", True),
        ("Unbeknownst to him, the gate was open.", True),
        ("He did not know what to say.", False),
        ("I did not know that the gate was open.", False),
        ("She noticed that the gate was open.", False),
    ],
)
def test_the_telling_knows_more(sentence, told):
    reading = read(WALK + sentence)
    assert texts(reading, unawareness(reading)) == ([sentence] if told else [])


# ---------------------------------------------------------------- the world and other works


def test_names_of_the_gazetteer():
    reading = read("She sang like Orpheus in Vienna, and he quoted Keats to her.")
    assert texts(reading, named(reading, "places")) == ["Vienna"]
    assert texts(reading, named(reading, "myth")) == ["Orpheus"]
    assert texts(reading, named(reading, "people")) == ["Keats"]
    assert texts(reading, works_read(reading)) == ["Keats"]


def test_somebody_of_the_story_is_no_allusion():
    told = "Homer shut the gate. Homer laughed. Homer told Ann to go. Homer sat down."
    assert named(read(told), "people") == []
    assert named(read("He was fed on milk and honey in a mars of a place."), "places") == []


def test_years_and_ages():
    reading = read("In 1913, before the Great War, he sold 1913 hats.")
    assert texts(reading, dated(reading)) == ["1913", "Great War"]


def test_fiction_as_a_likeness_and_as_a_thing():
    alike = read("It was like a scene from a novel.")
    thing = read("She put the novel back on the shelf.")
    assert words(alike, likened_to_fiction(alike)) == ["novel"]
    assert likened_to_fiction(thing) == []


def test_machines_in_use():
    used, named_only = read("She answered the phone."), read("The phone was a novelty.")
    assert words(used, machines_used(used)) == ["phone"]
    assert machines_used(named_only) == []


# ---------------------------------------------------------------- turns

SEA = "The sailor tied the rope and the boat rocked on grey water near the old pier again. "
LAW = "The judge opened the court and the lawyer read the law to the silent jury once more. "


def test_a_change_of_subject_is_placed_and_an_even_story_has_none():
    turn = subject_turns(read(SEA * 25 + LAW * 25))
    assert turn is not None
    assert turn.position == pytest.approx(0.5, abs=0.1)
    even = subject_turns(read((SEA + LAW) * 25))
    assert even is not None
    assert even.position is None
    assert even.largest < turn.largest
    assert subject_turns(read(SEA * 5)) is None


def test_a_change_of_mood_is_placed():
    glad, sad = "She laughed with joy and love. ", "He wept in grief and horror. "
    turn = mood_turn(read(glad * 20 + sad * 20))
    assert turn is not None
    assert turn.position == pytest.approx(0.5, abs=0.1)
    mixed = mood_turn(read((glad + sad) * 20))
    assert mixed is not None
    assert mixed.position is None
    assert mood_turn(read(glad * 10)) is None


def test_turns_of_a_long_story_take_little_memory():
    # Counts for every stretch, lemma and shuffle at once once took 10 GB for a novel.
    import tracemalloc
    from types import SimpleNamespace

    import numpy as np

    lemmas = [f"word{k}" for k in np.random.default_rng(1).integers(0, 3000, 12_000)]
    n = len(lemmas)
    story = SimpleNamespace(pos=["NOUN"] * n, lemma=lemmas, is_word=np.ones(n, bool))
    tracemalloc.start()
    try:
        assert subject_turns(story) is not None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 250e6
