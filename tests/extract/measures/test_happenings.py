"""Measures of events, plot and setting: values on small stories, evidence, and where undefined."""

from functools import cache

import pytest

from storyscope.extract.measures import NOT_DEFINED, all_measures
from storyscope.extract.reading import Reading
from storyscope.extract.reading import read as parse
from storyscope.extract.tagger.tags import Tags

MINE = [i for i in all_measures() if i[:3] in ("EVT", "PLT", "SET")]
CALM = (
    "Hedda set the table. She cut the bread and poured the milk. Her uncle read the paper by the stove. "
    "They talked of the price of wool. She washed the plates and put them on the shelf. "
)


def read(text):
    """A reading in which nothing is told and all is calm."""
    return Reading(parse(text).doc, lambda r: Tags.of_labels(len(r.sentences)))


parsed = cache(read)


def value(feature, text):
    return all_measures()[feature](parsed(text)).value


@pytest.fixture(scope="module")
def quiet():
    return read(CALM * 13)


@pytest.fixture(scope="module")
def storm():
    """The same story, tense and at odds in its second half."""
    doc = parsed(CALM * 13).doc
    n = len(parsed(CALM * 13).sentences)
    tags = Tags.of_labels(
        n,
        {"conflict": [(n // 2, n - 3)], "turn": [(9, 9), (n // 2, n // 2), (n - 2, n - 2)]},
        tension=[i / n for i in range(n)],
        directions={9: "-"},
    )
    return Reading(doc, tags)


@pytest.fixture(scope="module")
def short():
    return read("Hedda slept.")


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("feature", MINE)
def test_undefined_on_a_few_words(feature, short):
    assert all_measures()[feature](short) == NOT_DEFINED


@pytest.mark.parametrize("feature", MINE)
def test_evidence_lies_inside_the_story_and_values_in_the_codebook(feature, quiet, storm):
    from storyscope.codebook import default_codebook

    entry = default_codebook()[feature]
    for reading in (quiet, storm):
        found = all_measures()[feature](reading)
        assert all(0 <= a < b <= reading.n for a, b in found.spans)
        if found.value is not None and entry.levels:
            assert found.value in entry.levels
        elif found.value is not None:
            assert isinstance(found.value, float)
            assert entry.kind != "share" or 0 <= found.value <= 1


# ---------------------------------------------------------------- escalation


def test_flat_events_need_a_long_story(quiet):
    assert all_measures()["EVT_ESC_10"](read(CALM * 40)).value == "yes"
    assert all_measures()["EVT_ESC_10"](read(CALM * 20 + "It was a fine day. " * 100)).value == "no"
    assert all_measures()["EVT_ESC_10"](read(CALM * 5)).value is None


# ---------------------------------------------------------------- events

WALK = "Ruth walked to the mill. She entered the yard and crossed it. "
TALK = "Ruth asked him the price. He answered her. She told him the truth. "
LOOK = "Ruth watched the yard. She saw the cart and heard the mill. "


@pytest.mark.parametrize(
    ("feature", "more", "less"),
    [
        ("EVT_TYP_01", TALK, WALK),
        ("EVT_TYP_02", WALK, TALK),
        ("EVT_TYP_03", LOOK, WALK),
        ("EVT_DEN_01", WALK, "The mill was old. It stood by a yard. "),
        ("EVT_NEG_01", "Ruth did not ask him. He never answered. ", TALK),
        ("EVT_NEG_02", "Ruth tried to open the gate. She wanted to go. ", WALK),
        ("EVT_CON_03", "He struck the horse. Ruth seized the whip. ", WALK),
        ("EVT_CON_06", "Ruth helped him. He thanked her. ", WALK),
        ("EVT_TYP_07", CALM + WALK + LOOK + TALK, WALK),
    ],
)
def test_kinds_of_events(feature, more, less):
    high, low = value(feature, more * 24), value(feature, less * 40)
    assert high > (low or 0)


# ---------------------------------------------------------------- plot


@pytest.mark.parametrize(
    ("feature", "more", "less"),
    [
        ("PLT_CAU_01", "She left because the river rose. ", "She left when the river rose. "),
        ("PLT_CAU_01", "Since he was ill, she left. ", "She had been ill since he left. "),
        ("PLT_CAU_02", "She left because the river rose. ", "She left when the river rose. "),
        ("PLT_GOA_01", "Ruth wanted to reach the ferry. ", "Ruth reached the ferry. "),
        ("PLT_GOA_03", "Ruth could not open the gate. ", "Ruth could see the gate. "),
        ("PLT_DEC_01", "Ruth decided to sell the mill. ", "Ruth wanted to sell the mill. "),
        ("PLT_STK_01", "If we stop we will die. ", "If we stop we will eat. "),
        ("PLT_STK_02", "They had to pay before noon. ", "They had paid before noon. "),
    ],
)
def test_marks_of_plot(feature, more, less):
    high, low = value(feature, more * 40), value(feature, less * 40)
    assert high > (low or 0)


def test_intentions_are_met_where_the_deed_follows():
    goal = "Ruth wanted to sell the mill. Ruth planned to marry him. Ruth tried to open the gate. "
    assert (
        value(
            "PLT_GOA_02",
            goal + CALM * 3 + "She sold the mill. She married him. She opened the gate. ",
        )
        == 1
    )
    assert value("PLT_GOA_02", goal + CALM * 3) == 0


def test_spoken_plans():
    assert value("PLT_PLA_01", '"I will sell it," said Ruth. "Let\'s go," he said. ' * 20) > 50
    assert value("PLT_PLA_01", '"I sold it," said Ruth. "Good," he said. ' * 30) == 0


@pytest.mark.parametrize(
    ("first", "mode"),
    [
        ('"Who has the key?" asked Ruth. She looked round.', "speech"),
        ("Rain fell on the mill. Ruth waited.", "weather"),
        (
            "A brown river lined with willows ran past the mill. Grey sheds stood in rows.",
            "setting",
        ),
        ("Ruth kicked the gate open. She ran.", "action"),
        ("Ruth was a miller. She had two sons.", "person"),
        ("Nothing is free. Money is a kind of weather in the head.", "statement"),
    ],
)
def test_opening_mode(first, mode):
    assert value("PLT_OPN_01", f"{first} " + CALM * 8) == mode


@pytest.mark.parametrize(
    ("last", "mode"),
    [
        ('"Goodnight," said Ruth.', "speech"),
        ("Who would feed the hens?", "question"),
        ("Ruth knew that he had lied.", "reflection"),
        ("Ruth locked the gate.", "action"),
        ("Snow covered the yard.", "image"),
        ("She was tired.", "state"),
    ],
)
def test_ending_mode(last, mode):
    assert value("PLT_END_01", CALM * 10 + last) == mode
    assert value("PLT_END_01", CALM * 10 + last.rstrip('.?"') + " and") is None


def test_an_ending_that_takes_up_the_opening():
    opening = (
        "The brass lantern swung above the ferry. Black water lapped the planks, gulls cried over the mud, "
        "and a cracked bell tolled in the fog behind the customs shed. "
    )
    other = (
        "He mended a shoe for the priest, sang a psalm, fed three geese, sharpened the scythe, and "
        "painted a crooked fence green before the fair began. "
    )
    assert value("PLT_END_04", opening * 2 + CALM * 12 + opening * 2) > 0.3
    assert value("PLT_END_04", opening * 2 + CALM * 12 + other * 2) <= 0


def test_a_bright_ending():
    sad, glad = (
        "It was a sad and terrible day of grief and pain. ",
        "It was a happy and lovely day of joy. ",
    )
    assert value("PLT_END_06", sad * 10 + CALM * 10 + glad * 12) > 1
    assert value("PLT_END_06", glad * 12 + CALM * 10 + sad * 10) < -1


def test_insight_against_deed():
    insight = "She understood that he had gone. She knew it. She accepted the loss. "
    deed = "She broke the lock. She pushed the cart out. She burned the shed. "
    assert value("PLT_END_07", CALM * 10 + insight * 8) > value("PLT_END_07", CALM * 10 + deed * 8)


def test_scenes_and_threads():
    ada = (
        "Ada mended the net and Ada sang, and her brother Karl fetched the oars for Ada and for himself. "
        * 5
    )
    otto = (
        "Otto counted the coins, and Otto swore, and his clerk Weber wrote the sum down for Otto. "
        * 5
    )
    later = ["Two days later, ", "The next morning, ", "A week later, ", "Three days later, "]
    story = ada + "".join(
        f"\n\n{when}it rained. {who}"
        for when, who in zip(later, (otto, ada, otto, ada), strict=True)
    )
    assert value("PLT_SCN_01", story) > 5
    assert value("PLT_THR_02", story) > 0.7
    assert 0.4 < value("PLT_THR_01", story) < 0.75
    same = ada + "".join(f"\n\n{when}it rained. {ada}" for when in later)
    assert value("PLT_THR_01", same) == 1


# ---------------------------------------------------------------- setting


@pytest.mark.parametrize(
    ("feature", "more", "less"),
    [
        ("SET_DES_01", "Grey houses lined the street. Beyond them lay the marsh. ", CALM),
        ("SET_DES_06", "Grey houses lined the street. Beyond them lay the marsh. ", CALM),
        (
            "SET_PLC_01",
            "Ruth entered the kitchen. She went into the garden. ",
            "Ruth liked the kitchen. ",
        ),
        ("SET_PLC_02", "Ruth sat in the kitchen. ", "Ruth sat in the meadow. "),
        ("SET_PLC_03", "Ruth came to London. ", "Ruth came to the city. "),
        ("SET_PLC_05", "Ruth came to London. ", "Ruth came to the city. "),
        ("SET_PLC_07", "A chair stood by the bed. ", "A road crossed the valley. "),
        ("SET_NAT_01", "An oak stood on the hill. ", "A lamp stood on the desk. "),
        ("SET_LIG_02", "Darkness filled the hall. A shadow lay there. ", "Light filled the hall. "),
        ("SET_OBJ_01", "Ruth carried the basket into the house. ", "Ruth lifted her hand. "),
        (
            "SET_PER_01",
            "The house watched. The wind whispered. ",
            "The house stood. The wind blew. ",
        ),
        ("SET_SEN_07", "It smelled of tar. ", "It looked like tar. "),
        ("SET_DES_04", "Rain fell on the roof. ", "Paint fell on the roof. "),
    ],
)
def test_marks_of_setting(feature, more, less):
    high, low = value(feature, more * 40), value(feature, less * 40)
    assert high > (low or 0)


def test_an_opening_is_grounded_by_place_time_and_person():
    assert value("SET_GRO_02", "Ruth sat in the kitchen at noon. " + CALM * 6) == "all three"
    assert value("SET_GRO_02", "It was as it was, and so it went on. " * 30) == "none"


def test_a_place_named_late():
    early = value("SET_GRO_01", "Ruth sat in the kitchen. " + CALM * 10)
    late = value(
        "SET_GRO_01",
        "He thought of what she had said. " * 30 + "Ruth sat in the kitchen. " + CALM * 4,
    )
    assert early < 0.1 < 0.5 < late


def test_mood_follows_what_happens():
    dark = "She was sad and afraid and cried. The terrible grey marsh lay beyond the ugly street. "
    against = (
        "She was sad and afraid and cried. The lovely green marsh lay beyond the beautiful street. "
    )
    assert value("SET_MOO_01", dark * 6) > 0 > value("SET_MOO_01", against * 6)
