"""Agents and social networks: values on small stories, evidence, and what short texts leave open."""

import pytest

from storyscope.codebook import default_codebook
from storyscope.extract.measures import all_measures
from storyscope.extract.reading import read
from storyscope.extract.story import measure_text

PEOPLE = [f for f in all_measures() if f[:3] in ("AGE", "SOC")]
RAIN = "The rain fell on the roof and ran down the wall. "


@pytest.fixture(scope="module")
def value():
    """The value of one feature of a text."""
    return lambda feature, text: measure_text(text, features=[feature]).values[feature]


@pytest.mark.parametrize("feature", PEOPLE)
def test_a_few_words_say_nothing_about_people(feature):
    assert measure_text("Mara slept.", features=[feature]).values[feature] is None


@pytest.mark.parametrize("feature", PEOPLE)
def test_evidence_lies_in_the_text(feature, tale):
    story = measure_text(tale, features=[feature])
    for span in story.evidence(feature):
        assert 0 <= span.start < span.end <= len(tale)
    measured = story.measured[feature]
    assert (
        measured.value is None
        or not isinstance(measured.value, float)
        or measured.value == measured.value
    )


@pytest.mark.parametrize("feature", PEOPLE)
def test_values_lie_in_the_declared_set(feature, tale):
    declared = default_codebook()[feature]
    value = measure_text(tale * 2, features=[feature]).values[feature]
    if declared.kind == "share" and value is not None:
        assert 0 <= value <= 1
    elif declared.levels and value is not None:
        assert value in declared.levels


def test_the_two_dimensions_have_enough_measured_features():
    agents = [f for f in PEOPLE if f.startswith("AGE")]
    assert len(agents) >= 30
    assert len(PEOPLE) - len(agents) >= 15


PLAIN = "Mara told Tom to wait. " + RAIN * 12


@pytest.mark.parametrize(
    ("feature", "with_it", "without"),
    [
        ("AGE_EMO_02", "Mara was ashamed. ", "Mara was never ashamed. "),
        ("AGE_INN_01", "Mara knew the way. ", "Mara might know the way. "),
        ("AGE_GOA_01", "Mara tried to row. ", "Mara began to row. "),
        ("SOC_ACT_01", "Mara hugged Tom. ", "Mara hugged the tree. "),
        ("SOC_GRP_02", "They danced together. ", "They danced slowly. "),
        ("SOC_REL_03", "The captain nodded. ", "The baker nodded. "),
    ],
)
def test_a_rate_counts_the_thing_and_not_its_double(value, feature, with_it, without):
    more, less = value(feature, PLAIN + with_it * 3), value(feature, PLAIN + without * 3)
    assert more > less


@pytest.mark.parametrize(
    ("feature", "more", "less"),
    [
        # who acts: swapping doer and sufferer turns agency round
        ("AGE_AGY_01", "Mara pushed Tom. She kicked Tom. ", "Tom pushed Mara. She kicked Tom. "),
        ("AGE_AGY_03", "Mara chose a boat. She took it. ", "Mara waited. She obeyed. "),
        ("SOC_ACT_02", "Mara hit Tom. Tom attacked Mara. ", "Mara helped Tom. Tom thanked Mara. "),
        ("SOC_ACT_03", "Mara hit Tom. Mara pushed Tom. ", "Mara hit Tom. Tom pushed Mara. "),
        ("SOC_GRP_01", "They sang. Mara and Tom ran. ", "She sang. Tom ran. "),
        ("SOC_DIA_03", '"Why?" Mara asked. ', '"No," Mara said. '),
        ("SOC_DIA_05", '"Come, Tom," Mara said. ', '"Come now," Mara said. '),
        ("AGE_INN_03", "Mara wanted the boat. ", "Mara remembered the boat. "),
        ("AGE_INN_04", "Mara knew that it was late. ", "Mara remembered Tom. "),
        ("AGE_CAS_05", "Mara smiled. She sat. ", "Tom smiled. He sat. "),
        ("SOC_REL_01", "Her mother came. ", "The baker came. "),
        ("SOC_REL_02", "Her friend came. ", "The baker came. "),
    ],
)
def test_a_share_moves_the_way_its_question_says(value, feature, more, less):
    start = "Mara smiled at Tom. Tom told Mara to wait. "
    high, low = value(feature, start + more * 16), value(feature, start + less * 16)
    assert high > low


def test_solitude_and_company(value):
    alone = ("Mara sat by the stove and told herself to wait. " + RAIN * 6) * 8
    both = ("Mara sat by the stove and told Tom to wait. " + RAIN * 6) * 8
    assert value("SOC_SOL_01", alone) == 1 > value("SOC_SOL_01", both) == 0
    assert value("SOC_SIZ_01", both) == 2 > value("SOC_SIZ_01", alone)


def test_a_balanced_talk_is_even_and_swapping_the_speakers_mirrors_it(value):
    def talk(long, short):
        return (
            f'Mara met Tom. "I am going down to the water now," {long} said. "Good," {short} said. '
        ) * 8

    one, other = value("SOC_DIA_01", talk("Mara", "Tom")), value("SOC_DIA_01", talk("Tom", "Mara"))
    assert one == pytest.approx(other)
    even = 'Mara met Tom. "I am going now," Mara said. "I am staying here," Tom said. ' * 8
    assert value("SOC_DIA_01", even) > one


def test_a_cast_that_changes_is_seen(value):
    first = ("Mara told Tom to wait. " + RAIN * 6) * 6
    then = ("Ada told Ben to wait. " + RAIN * 6) * 6
    assert value("SOC_CHG_01", first + then) == 1
    assert value("SOC_CHG_01", first + first) == 0


def test_a_star_is_more_central_than_a_ring(value):
    def story(pairs):
        return "".join(f"{a} told {b} to wait. " + RAIN * 6 for a, b in pairs) * 3

    star = story([("Mara", "Tom"), ("Mara", "Ada"), ("Mara", "Ben")])
    ring = story([("Mara", "Tom"), ("Tom", "Ada"), ("Ada", "Ben"), ("Ben", "Mara")])
    assert value("SOC_NET_02", star) > value("SOC_NET_02", ring)
    assert value("SOC_NET_03", star) == 1


@pytest.mark.parametrize(
    ("text", "naming"),
    [
        ("Mara smiled. She told Tom to wait. " * 8, "name"),
        ("I sat down. I told Tom to wait. " * 10, "first person"),
        ("The baker smiled. The baker told Tom to wait. The baker left. " * 8, "role"),
    ],
)
def test_how_the_main_character_is_called(value, text, naming):
    assert value("AGE_NAM_01", text) == naming


def test_agency_gained(value):
    borne = ("Tom pushed Mara. Tom kicked Mara. Tom dragged Mara. " + RAIN) * 14
    done = ("Mara pushed Tom. Mara kicked Tom. Mara opened the door. She left. " + RAIN) * 14
    start = "Mara smiled. " * 12
    assert value("AGE_AGY_02", start + borne + done) > 0 > value("AGE_AGY_02", start + done + borne)


def test_one_mind_or_two(value):
    one = "Mara knew Tom. She wanted the boat. She remembered the rain. " * 6
    two = "Mara knew Tom. She wanted the boat. Tom knew Mara. He remembered the rain. " * 6
    assert value("AGE_INN_05", one) > value("AGE_INN_05", two)
    assert value("AGE_INN_06", one) < value("AGE_INN_06", two)


def test_paragraph_breaks_do_not_move_the_networks(tale):
    story = tale * 2
    names = [f for f in PEOPLE if f.startswith(("SOC_NET", "SOC_SOL", "SOC_SIZ", "SOC_CHG"))]
    joined = measure_text(story.replace("white again.\n\nShe", "white again. She"), features=names)
    assert joined.values == measure_text(story, features=names).values


def test_a_reading_of_nothing_but_speech_has_no_rates():
    story = '"I know," said Ann. ' * 3 + '"Nothing but talk goes on here for a long while." ' * 30
    reading = read(story)
    assert all_measures()["AGE_EMO_02"](reading).value is None
