import numpy as np
import pandas as pd
import pytest

from storyscope.compare import compare
from storyscope.compare.stock_items import KINDS, items_of
from storyscope.compare.texts import SAME, add_columns, with_texts
from storyscope.corpus import Story
from storyscope.errors import CorpusError, TableError
from storyscope.extract.reading import read

SOURCES = ("human", "m1", "m2")
NAMES = {"m1": ["Sarah"], "m2": ["Sarah"], "human": ["Emma", "George", "Peter", "Laura", "Martin"]}
TOLD = (
    "{name} Quill worked in the harbor. {name} knew the fisherman. The rain fell on the {place}. "
    "{name} thought of the {place} and of number {number}."
)


@pytest.fixture
def told():
    """One short story a source and prompt; the models know but one name."""
    places = ("kitchen", "garden", "market", "cellar")
    return [
        Story(
            f"p{p:03d}/{source}/0",
            TOLD.format(
                name=NAMES[source][p % len(NAMES[source])], place=places[p % 4], number=p * 7
            ),
            source,
            f"p{p:03d}",
        )
        for p in range(24)
        for source in SOURCES
    ]


@pytest.fixture
def table(make_table):
    return make_table(24, SOURCES)


@pytest.fixture
def result(table, book):
    return compare(table, features="all", codebook=book, resamples=100, permutations=49)


def test_texts_add_repetition_and_stock(result, table, book, told):
    found = with_texts(result, table, told, codebook=book)
    assert result.repetition is None
    assert found.repetition.stories == 72
    kinds = {kind.kind: kind for kind in found.stock.kinds}
    assert set(kinds) <= set(KINDS)
    names = {row.source: row for row in kinds["given name"].sources}
    assert names["m1"].top[0] == ("sarah", 1.0)
    assert names["m1"].hill["1"].value == pytest.approx(1)
    assert names["human"].hill["1"].value > 3
    assert kinds["given name"].agreement == 1
    assert kinds["occupation"].favourites[0].item == "fisherman"
    assert {"repetition", "stock"} <= set(found.to_dict())
    text = "\n".join(found.lines())
    assert "favourite, 'sarah', is in 100% of its stories" in text
    assert "Likeness in 2-grams" in text
    titles = {shown.title for shown in found.tables()}
    assert {"Likeness", "Recurring choices", "Longest passages in common"} <= titles


def test_stories_that_the_table_lacks_are_left_out(result, table, book, told):
    found = with_texts(result, table, [*told, Story("x", "Rain.", "m1", "x")], codebook=book)
    assert found.repetition.stories == 72
    with pytest.raises(CorpusError, match="None of the 1 stories is in the table"):
        with_texts(result, table, [Story("x", "Rain.", "m1", "x")], codebook=book)
    with pytest.raises(CorpusError, match="holds no story"):
        with_texts(result, table, [], codebook=book)


def test_what_texts_cannot_tell_is_noted(make_table, book, told):
    table = make_table(24, SOURCES)
    table["prompt_id"] = table["story_id"]
    result = compare(table, features="all", codebook=book, resamples=100, permutations=49)
    lone = [Story(s.id, "Rain fell.", s.source, s.id) for s in told[:9]]
    found = with_texts(result, table, lone, codebook=book)
    assert found.repetition is None
    assert found.stock is None
    notes = " ".join(note.what for note in found.notes)
    assert "every story has its own" in notes
    assert "No source has 20 items of any kind" in notes


def test_meaning_is_one_more_likeness_by_the_shipped_encoder(result, table, book, told):
    """Within 24 prompts the two models tell of the same place, a person of another number."""
    found = with_texts(result, table, told, codebook=book)
    assert [one.measure for one in found.repetition.likeness] == [
        "2-grams",
        "4-grams",
        "features",
        "meaning",
    ]
    alike = found.repetition.likeness[-1]
    kinds = {kind.name: kind.same_prompt.value for kind in alike.kinds if kind.same_prompt}
    assert kinds["between models"] == pytest.approx(1, abs=1e-3)
    assert 0.5 < kinds["between model and person"] < 0.99
    assert alike.same_from == SAME
    assert alike.pooled.between.value == 1
    text = "\n".join(found.lines())
    assert "Likeness in meaning at the same prompt" in text
    titles = {shown.title for shown in found.tables()}
    assert "Different stories by meaning" in titles


def test_sizes_of_families_become_a_trend(result, table, book, told):
    about = pd.DataFrame({"source": ["m1", "m2"], "size": [8, 70], "family": ["m", "m"]})
    described = add_columns(table, about)
    again = [Story(s.id + "b", s.text, s.source, s.prompt_id) for s in told]
    longer = pd.concat([described, described.assign(story_id=[s.id for s in again])])
    again_result = compare(longer, features="all", codebook=book, resamples=100, permutations=49)
    found = with_texts(
        again_result, longer, [*told, *again], codebook=book, size="size", family="family"
    )
    sizes = found.repetition.likeness[0].sizes
    assert [row[:2] for row in sizes.families["m"]] == [("m1", 8.0), ("m2", 70.0)]
    alike = [row[2] for row in sizes.families["m"]]
    step = np.log2(70 / 8)
    assert sizes.slope.value == pytest.approx((alike[1] - alike[0]) / step)
    assert sizes.by_family["m"].value == pytest.approx(sizes.slope.value)
    shown = next(t for t in found.tables() if t.title == "Likeness within models, by size")
    assert [row[:3] for row in shown.rows] == [("m", "m1", "8"), ("m", "m2", "70")]
    assert all(len(row) == len(shown.columns) for row in shown.rows)


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"model": ["m1"], "size": [1]}, "needs a column `source`"),
        ({"source": ["m1", "m1"], "size": [1, 2]}, "'m1' is described twice"),
        ({"source": ["m1"], "words": [1]}, "column 'words' already"),
    ],
)
def test_what_is_said_of_sources_must_fit(table, about, message):
    with pytest.raises(TableError, match=message):
        add_columns(table, pd.DataFrame(about))


def test_what_the_prompt_names_is_nobodys_choice():
    text = "Ada Quill met the fisherman in the kitchen. Ada wept. 'Stop it at once,' he said."
    free = set(items_of(read(text)))
    assert {("given name", "ada"), ("family name", "quill"), ("occupation", "fisherman")} <= free
    assert ("kind of place", "kitchen") in free
    asked = set(items_of(read(text), "Write of Ada and a fisherman."))
    assert free - asked >= {("given name", "ada"), ("occupation", "fisherman")}
    assert ("kind of place", "kitchen") in asked


def test_genitives_and_joined_words_of_the_prompt_count_as_named():
    text = "Jigen Mori bowed. Jigen wept. Emma Stone saw Jigen. Emma laughed."
    free = {item for kind, item in items_of(read(text)) if kind == "given name"}
    asked = set(items_of(read(text), "A tale of Emma\u2019s Jigen-ryu school."))
    assert "emma" in free
    assert not {item for kind, item in asked if kind == "given name"}
