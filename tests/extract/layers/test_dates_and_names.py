"""Dates in any order are dates, and people called as times and virtues are people."""

import pytest

from storyscope.corpus.dates import is_date_line
from storyscope.extract.annotate import readings
from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.layers.scenes import sentence_skips
from storyscope.extract.layers.times import time_expressions
from storyscope.extract.measures.temporal import skips
from storyscope.extract.plain_names import plainly_named
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger.tags import Tags

DATES = [
    ("March 3rd", "March 9th", "April 2nd"),
    ("3 March", "9 March", "2 April"),
    ("1892-03-03", "1892-03-09", "1892-04-02"),
    ("3/3/92", "9/3/92", "2/4/92"),
    ("the third of March", "the ninth of March", "the second of April"),
    ("3.III.1892", "9.III.1892", "2.IV.1892"),
    ("Thursday, 3 March 1892", "Wednesday, 9 March 1892", "Saturday, 2 April 1892"),
]
ENTRIES = ("The cow was ill.", "Snow fell on the barn.", "I sold the cow.")


@pytest.mark.parametrize("dates", DATES, ids=lambda d: d[0])
def test_a_diary_skips_at_each_date_in_any_script(dates):
    story = read("\n\n".join(f"{d}\n\n{e}" for d, e in zip(dates, ENTRIES, strict=True)))
    assert len(sentence_skips(story)) == 2
    assert [t.grain for t in time_expressions(story)] == ["calendar"] * 3


LATER = "The barn stood open all that day and the wind went through it from end to end. " * 6


@pytest.mark.parametrize("told", [{}, {"skip": [(0, 0)]}], ids=["nothing", "the first date"])
@pytest.mark.parametrize("dates", DATES, ids=lambda d: d[0])
def test_a_diary_has_one_skip_at_each_later_date_in_any_script(dates, told):
    text = "\n\n".join(f"{d}\n\n{e} {LATER}" for d, e in zip(dates, ENTRIES, strict=True))
    doc = read(text).doc
    story = Reading(doc, Tags.of_labels(len(Reading(doc).sentences), told))
    found = skips(story)
    assert len(found.spans) == 2
    words = len(f"{' '.join(ENTRIES)} {LATER * 3}".split())
    assert found.value == pytest.approx(2000 / words)


def test_what_the_tagger_tells_at_a_date_counts_once_and_elsewhere_as_before():
    text = "\n\n".join(f"{d}. {e} {LATER}" for d, e in zip(DATES[0], ENTRIES, strict=True))
    doc = read(text).doc
    n = len(Reading(doc).sentences)
    story = Reading(doc, Tags.of_labels(n, {"skip": [(k, k) for k in range(n)]}))
    told_apart = n - 3 * 2  # a date and its first sentence are one, the first entry's none
    assert len(skips(story).spans) == told_apart + 2


@pytest.mark.parametrize(
    "line", ["March was cold.", "May I go?", "12 men left.", "Sunday was long."]
)
def test_a_sentence_is_no_date(line):
    assert not is_date_line(line)


NAMED = (
    "April put the kettle on. She watched June cross the yard. 'It's only June,' said April. "
    "Mr. Friday went past the window. Joy told Hope a tale, and Hope laughed."
)


def test_people_called_as_times_and_virtues_are_people_and_no_times():
    story = read(NAMED)
    named = {story.lower[i] for i in name_tokens(story)}
    assert {"april", "june", "friday", "joy", "hope"} <= named
    assert time_expressions(story) == []


def test_people_called_as_times_are_parsed_as_people_of_plain_names():
    plain = NAMED.replace("April", "Alice").replace("June", "Alice").replace("Friday", "Forbes")
    plain = plain.replace("Joy", "Alice").replace("Hope", "Alice")
    assert plainly_named(read(NAMED)) == plain
    (one,), (other,) = ([o.reading for o in readings([t], tagger=False)] for t in (NAMED, plain))
    assert one.doc.text == NAMED
    assert (one.tag, one.dep, one.head, one.entity) == (
        other.tag,
        other.dep,
        other.head,
        other.entity,
    )
    assert one.sentences == other.sentences
    assert one.lemma[0] == "april"
    assert one.doc[0].dep_ == "nsubj"


def test_what_the_tagger_tells_of_them_is_what_it_tells_of_plain_names():
    plain = "Alice put the kettle on. She had slept badly, and the dream was still with her. " * 3
    one, other = readings([plain.replace("Alice", "Dawn"), plain])
    assert one.reading.tags.chance.tolist() == other.reading.tags.chance.tolist()


def test_months_and_virtues_stay_what_they_are():
    story = read("In April it rained. On Friday the hope was gone. Hope is a fine thing in May.")
    assert not name_tokens(story)
    assert [t.grain for t in time_expressions(story)] == ["calendar", "day", "calendar"]


def test_speech_by_dashes_stays_beside_a_quoted_notice():
    talk = (
        "— Is that the boat?\n\n— It is, he said.\n\nHe sat.\n\n— You could stay.\n\n— I could.\n\n"
    )
    alone, beside = read(talk), read(talk + 'The sign said: "No boats will go until the spring."')
    assert len(alone.quotations) == 4
    assert len(beside.quotations) == 5


def test_a_list_is_no_speech():
    assert not read("- bread\n\n- salt\n\n- a rope\n\n- tea").quotations
