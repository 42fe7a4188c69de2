"""Every measure at once: held to the codebook, and to what no story may do to it."""

import random

import pytest

from storyscope.codebook import NUMERIC, default_codebook
from storyscope.corpus import normalise
from storyscope.extract.measures import all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.story import measure_reading, measure_text

BOOK = default_codebook()

ODD = {
    "one word": "Hush.",
    "no letters in the middle": "She left. 12345 !!! ??? ... --- *** She came back. " * 12,
    "quotation marks never closed": '"Stay, he said. "Go, she said. He ran to the door. ' * 25,
    "only speech": '"Where is it?" "Gone." "When?" "At noon, I think." ' * 40,
    "one endless sentence": "and then she ran and the door fell and he wept and " * 120,
    "verse": "The sea\nis wide\nand I\nam small\n\n" * 40,
    "code": "def f(x):\n    return x + 1  # adds one\n\nfor i in range(10):\n    print(f(i))\n"
    * 30,
    "capitals": "SHE RAN TO THE DOOR AND THE DOOR WAS SHUT. HE LAUGHED AT HER. " * 30,
    "another language": "Elle ouvrit la porte et regarda la rue où personne ne passait plus. " * 30,
    "emoji and signs": "She laughed 😂 and he ran 🏃 to the ✨door✨. “Ω≈ç√∫” he said. " * 30,
    "list": "- one egg\n- two cups of flour\n- a pinch of salt\n" * 40,
}


def test_measures_and_codebook_hold_each_other():
    assert set(all_measures()) == set(BOOK.ids(answered_by="measure"))


@pytest.fixture(scope="module", params=ODD, ids=list(ODD))
def odd(request):
    return read(normalise(ODD[request.param]).text)


def test_odd_texts_give_values_of_the_codebook_and_spans_of_the_text(odd):
    for feature_id, found in measure_reading(odd).items():
        feature = BOOK[feature_id]
        if found.value is not None:
            if feature.kind in NUMERIC:
                assert isinstance(found.value, float), feature_id
                assert found.value == found.value, feature_id
                if feature.kind == "share":
                    assert 0 <= found.value <= 1, (feature_id, found.value)
            else:
                assert str(found.value) in feature.levels, (feature_id, found.value)
        for start, end in found.spans:
            assert 0 <= start <= end <= odd.n, feature_id


def test_nothing_is_claimed_of_a_few_words():
    for feature_id, found in measure_reading(read("Hush.")).items():
        assert found.value is None, feature_id


def test_a_text_of_fifty_words_is_measured_or_undefined():
    text = "He shut the gate and ran. The dogs came after him. She called his name twice, and then no more. "
    values = measure_text(text * 3).values
    assert set(values) == set(all_measures())


def test_values_do_not_depend_on_what_was_measured_before(tale):
    first = measure_text(tale).values
    measure_text("It rained all day and nobody came. " * 30)
    assert measure_text(tale).values == first


@pytest.mark.parametrize("words", [20_000])
def test_long_texts_are_measured_in_moderate_memory(words, tale):
    """A book's length in the quick tests; ``benchmarks/side_by_side.py`` has the figures for more."""
    paragraphs = tale.split("\n\n")
    rng = random.Random(0)
    text = "\n\n".join(rng.choice(paragraphs) for _ in range(words // 25))
    values = measure_text(text).values
    undefined = [f for f, v in values.items() if v is None]
    assert len(undefined) < len(values) * 0.2


def test_evidence_lies_where_it_says(tale):
    story = measure_text(tale)
    seen = 0
    for feature_id in story.measured:
        for passage in story.evidence(feature_id, limit=5):
            given = normalise(tale[passage.start : passage.end]).text
            assert given.split() == passage.text.split(), feature_id
            seen += 1
    assert seen > 100


def test_the_reading_is_of_the_parse_alone(tale):
    reading = read(normalise(tale).text)
    again = Reading(reading.doc)
    once = {f: m.value for f, m in measure_reading(reading).items()}
    assert {f: m.value for f, m in measure_reading(again).items()} == once
