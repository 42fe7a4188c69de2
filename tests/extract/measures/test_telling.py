"""Measures of perspective, revelation and situatedness: values, undefined cases, evidence."""

from functools import lru_cache

import pytest

from storyscope.codebook import default_codebook
from storyscope.corpus import normalise
from storyscope.extract.measures import all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger import Tags

BOOK = default_codebook()
OURS = [
    f
    for dimension in ("perspective", "revelation", "situatedness")
    for f in BOOK.ids(dimension=dimension, answered_by="measure")
]
MEASURES = all_measures()
THIRD = (
    "Ottla shut the gate and went down to the water. The boat lay on its side. Jiri sat on the wall "
    "with his back to her. He mended the net. She stood beside him for a time. He did not turn. "
)
FIRST = (
    "I shut the gate and went down to the water. The boat lay on its side. Jiri sat on the wall. "
    "I stood beside him for a time. I asked for the knife. I cut the rope. "
)


@lru_cache(maxsize=8)
def reading_of(text):
    """A reading in which the tagger found nothing."""
    reading = read(normalise(text).text)
    return Reading(reading.doc, Tags.of_labels(len(reading.sentences)))


def value(feature_id, text):
    return MEASURES[feature_id](reading_of(text)).value


def evidence(feature_id, text):
    reading = reading_of(text)
    return [reading.text_of(span) for span in MEASURES[feature_id](reading).spans]


def test_none_is_style():
    assert not any(BOOK[f].style for f in OURS)


@pytest.mark.parametrize("feature_id", OURS)
def test_every_one_says_how_it_was_tested(feature_id):
    card = BOOK[feature_id].card
    assert card.get("tested"), feature_id
    assert card.get("blind"), feature_id
    assert set(card) <= {"tested", "precision", "recall", "blind", "rests on", "signal"}


@pytest.mark.parametrize("feature_id", OURS)
def test_undefined_on_a_few_words(feature_id):
    assert value(feature_id, "Ottla shut the gate.") is None


@pytest.mark.parametrize("feature_id", OURS)
def test_typography_changes_nothing(feature_id):
    plain = THIRD * 8 + 'Where had he gone? "Home," she said. Perhaps that was what mercy meant.'
    curly = plain.replace('"Home,"', "\u201cHome,\u201d").replace(". He", ".  He")
    assert value(feature_id, plain) == value(feature_id, curly)


# feature, a text that has it, the same text one change away
PAIRS = [
    ("PER_POV_02", FIRST * 2, THIRD * 2),
    ("PER_FID_01", THIRD * 3 + "Where had he put it?", THIRD * 3 + 'He asked, "Where is it?"'),
    ("PER_FID_02", THIRD * 3 + "Surely he had it.", THIRD * 3 + "He had it."),
    (
        "PER_KNO_01",
        THIRD * 3 + "She did not see that he wept.",
        THIRD * 3 + "She saw that he wept.",
    ),
    ("PER_FOC_04", THIRD * 3 + "He seemed to doubt her.", THIRD * 3 + "He doubted her."),
    ("PER_EVA_01", THIRD * 3 + "Luckily it rained.", THIRD * 3 + "Later it rained."),
    ("PER_REL_01", FIRST * 3 + "Or so I believed.", FIRST * 3 + "So I believed it."),
    ("PER_HED_01", THIRD * 3 + "Perhaps it rained.", THIRD * 3 + "Later it rained."),
    ("REV_QUE_01", THIRD * 3 + "Was it late?", THIRD * 3 + 'He said, "Is it late?"'),
    ("REV_QUE_02", THIRD * 3 + "Who had cut the net?", THIRD * 3 + "What choice had she?"),
    ("REV_FOR_01", THIRD * 3 + "She was to regret it.", THIRD * 3 + "She did not regret it."),
    ("REV_SEC_01", THIRD * 3 + "She lied to him about it.", THIRD * 3 + "She spoke to him of it."),
    ("REV_DIS_01", THIRD * 3 + "She discovered that he had left.", THIRD * 3 + "He had left."),
    ("SIT_MET_01", THIRD * 3 + "As I said, he had left.", THIRD * 3 + '"As I said," he said.'),
    ("SIT_MET_02", THIRD * 3 + "It was like a scene in a novel.", THIRD * 3 + "He had a novel."),
    (
        "SIT_GEN_01",
        THIRD * 3 + "People forget their debts.",
        THIRD * 3 + "They forgot their debts.",
    ),
    ("SIT_RDR_03", THIRD * 3 + "When it rains you can hear it.", THIRD * 3 + "He could hear it."),
    ("SIT_INT_01", THIRD * 3 + "He read the Odyssey.", THIRD * 3 + "He read the letter."),
    ("SIT_INT_02", THIRD * 3 + "She thought of Orpheus.", THIRD * 3 + "She thought of Jiri."),
    ("SIT_WLD_01", THIRD * 3 + "She thought of Vienna.", THIRD * 3 + "She thought of Jiri."),
    ("SIT_WLD_02", THIRD * 3 + "She thought of Einstein.", THIRD * 3 + "She thought of Jiri."),
    ("SIT_WLD_03", THIRD * 3 + "It was built in 1911.", THIRD * 3 + "He sold 1911 nets."),
    ("SIT_WLD_04", THIRD * 3 + "She answered the phone.", THIRD * 3 + "She answered the boy."),
]


@pytest.mark.parametrize(("feature_id", "has", "lacks"), PAIRS, ids=[p[0] for p in PAIRS])
def test_a_rate_rises_with_its_trait_only(feature_id, has, lacks):
    assert value(feature_id, has) > 0
    assert value(feature_id, lacks) == 0
    assert evidence(feature_id, has)
    assert evidence(feature_id, lacks) == []


@pytest.mark.parametrize(
    ("feature_id", "text"),
    [
        ("PER_POV_03", FIRST * 3),  # a teller in the story does not intrude
        ("PER_POV_05", THIRD * 3),
        ("PER_FID_01", FIRST * 3),
        ("PER_REL_01", THIRD * 3),
        ("PER_FOC_01", FIRST * 3),
        ("REV_WHO_01", FIRST * 3),
        ("REV_SUR_01", THIRD * 4),
    ],
)
def test_what_does_not_apply_is_undefined(feature_id, text):
    assert value(feature_id, text) is None


def test_person_rests_on_its_clauses():
    assert value("PER_POV_01", FIRST * 2) == "first"
    assert value("PER_POV_01", THIRD * 2) == "third"
    assert evidence("PER_POV_01", FIRST)[0] == "shut"


def test_late_excess_has_a_sign():
    general = "People forget their debts. Wounds heal. "
    late, middle = THIRD * 14 + general, THIRD * 7 + general + THIRD * 7
    assert value("SIT_GEN_02", late) > 0 > value("SIT_GEN_02", middle)


def test_a_withheld_name_counts_from_the_first_word():
    unnamed = THIRD.replace("Ottla", "She").replace("Jiri", "He")
    named = "Anselm Krüger came in. Anselm sat down. Anselm laughed. Anselm drank. Anselm left. "
    early, late = value("REV_WHO_01", named + unnamed * 4), value("REV_WHO_01", unnamed * 4 + named)
    assert early == 0
    assert late > 0.6


def test_late_arrivals_are_more_than_chance():
    a = "Anselm Krüger sat down. Anselm laughed. Anselm drank his beer. Anselm left again. "
    b = "Ottla Weber sat down. Ottla laughed. Ottla drank her beer. Ottla left again. "
    c = "Jiri Novak sat down. Jiri laughed. Jiri drank his beer. Jiri left again. "
    filler = "The rain fell on the roof and on the road and on the river below the mill. " * 30
    assert value("REV_WHO_02", a + b + filler + c + filler[:200]) > 0.2
    assert value("REV_WHO_02", a + b + c + filler * 2) < 0


def test_kinds_of_allusion():
    none = value("SIT_INT_03", THIRD * 14)
    one = value("SIT_INT_03", "She thought of Orpheus. " + THIRD * 14)
    more = value("SIT_INT_03", "She thought of Orpheus and of Einstein. " + THIRD * 14)
    assert (none, one, more) == ("none", "one kind", "several kinds")


def test_focal_mind_and_its_switches():
    one = "Ottla feared the water. Ottla hoped for rain. Ottla wondered whether it would rain. "
    other = "Jiri doubted the net. Jiri feared the cold. Jiri wanted to go. "
    sat = "Ottla Weber sat with Jiri Novak. He mended the net and she watched him. "
    assert value("PER_FOC_01", sat * 4 + one * 4) == 1
    assert value("PER_FOC_02", sat * 4 + one * 4) == 0
    both = sat * 4 + (one + other) * 3
    assert value("PER_FOC_01", both) < 0.8
    assert value("PER_FOC_02", both) > 0


def test_kinds_of_speech():
    direct = '"Go," said Ottla. ' * 5
    indirect = "Jiri said that the road was shut. " * 5
    told = "Ottla thanked him for the net. " * 5
    text = THIRD + direct + indirect + told
    assert value("PER_REP_01", text) == pytest.approx(1 / 3)
    assert value("PER_REP_02", text) == pytest.approx(1 / 3)
    assert value("PER_REP_01", THIRD + direct * 2) == 0
