"""The codebook: what it accepts, what it refuses, and how it encodes."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyscope.codebook import DIMENSIONS, NUMERIC, default_codebook, load_codebook
from storyscope.errors import CodebookError, UnknownFeature

FEATURES = list(default_codebook())

GOOD = """
dimension: events
features:
  - id: EVT_TST_01
    name: Trials
    question: How many?
    kind: count
    range: [0, 10]
    evidence: the trials
    answered_by: measure
    source: this test
"""


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.id)
def test_every_feature_is_complete(feature):
    assert feature.question.endswith("?")
    assert feature.evidence
    assert feature.source
    assert (feature.kind in NUMERIC) == (feature.range is not None)
    assert feature.style == (feature.dimension == "style")


def test_ten_files_one_a_dimension():
    assert default_codebook().dimensions == DIMENSIONS


def test_every_measured_feature_has_a_measure_and_the_reverse():
    from storyscope.extract.measures import MEASURES, all_measures

    measured = set(default_codebook().ids(answered_by="measure"))
    assert measured == set(all_measures()) == set(MEASURES)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: Trials", "nom: Trials", "lacks name"),
        ("id: EVT_TST_01", "id: trials", "must look like"),
        ("kind: count", "kind: heap", "is none of"),
        ("range: [0, 10]", "range: [10, 0]", "needs a range"),
        ("range: [0, 10]", "values: [a, b]", "takes a range, not values"),
        ("kind: count", "kind: ordinal\n    values: [a, b]", "takes values, not a range"),
        ("kind: count", "kind: ordinal", "needs at least two values"),
        ("answered_by: measure", "answered_by: guess", "must be measure, judge or both"),
        ("source: this test", "source: this test\n    colour: red", "unknown fields colour"),
        ("source: this test", "source: this test\n    reads: more trials", "needs one pair"),
        ("source: this test", "source: this test\n    reads: {more: trials}", "one for `less`"),
        (
            "kind: count\n    range: [0, 10]",
            "kind: categorical\n    values: [a, b]\n    reads: more/fewer trials",
            "takes no `reads`",
        ),
        ("features:", "feature:", "a list of `features`"),
    ],
)
def test_a_broken_file_is_refused_with_place_and_reason(tmp_path, old, new, says):
    path = tmp_path / "events.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(CodebookError, match=says) as error:
        load_codebook(path)
    assert "events.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("given", "more", "less"),
    [
        ("", "more trials", "less trials"),
        ("reads: more/fewer trials", "more trials", "fewer trials"),
        ("reads: {more: a later trial, less: an earlier one}", "a later trial", "an earlier one"),
    ],
)
def test_more_and_less_are_said_as_given_or_made_from_the_name(tmp_path, given, more, less):
    path = tmp_path / "events.yaml"
    path.write_text(f"{GOOD.rstrip()}\n    {given}\n", encoding="utf-8")
    feature = load_codebook(path)["EVT_TST_01"]
    assert (feature.says(True), feature.says(False)) == (more, less)
    assert feature.to_dict()["reads"] == {"more": more, "less": less}


def test_bare_yes_is_explained(tmp_path):
    path = tmp_path / "events.yaml"
    text = GOOD.replace("kind: count", "kind: ordinal").replace(
        "range: [0, 10]", "values: [yes, no]"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CodebookError, match="in quotes"):
        load_codebook(path)


def test_the_same_id_twice_is_refused(tmp_path):
    for name in ("events.yaml", "plot.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(CodebookError, match="EVT_TST_01"):
        load_codebook(tmp_path)


def test_version_changes_with_meaning_only(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text(GOOD, encoding="utf-8")
    first = load_codebook(path).version
    path.write_text("# a remark\n" + GOOD, encoding="utf-8")
    assert load_codebook(path).version == first
    path.write_text(GOOD.replace("[0, 10]", "[0, 12]"), encoding="utf-8")
    assert load_codebook(path).version != first


def test_a_wrong_id_gets_a_suggestion():
    with pytest.raises(UnknownFeature, match="Did you mean 'TMP_DRM_01'"):
        default_codebook()["TMP_DRMM_01"]


KINDS = """
dimension: events
features:
  - {id: EVT_TST_01, name: n, question: q?, kind: number, range: [0, 5], evidence: e, answered_by: measure, source: s}
  - {id: EVT_TST_02, name: n, question: q?, kind: ordinal, values: [low, mid, high], evidence: e, answered_by: judge,
     source: s}
  - {id: EVT_TST_03, name: n, question: q?, kind: categorical, values: [red, blue], evidence: e, answered_by: judge,
     source: s}
  - {id: EVT_TST_04, name: n, question: q?, kind: multi, values: [a, b, c], evidence: e, answered_by: judge, source: s}
  - {id: EVT_TST_05, name: n, question: q?, kind: binary, evidence: e, answered_by: both, source: s}
"""


@pytest.fixture
def kinds(tmp_path):
    path = tmp_path / "kinds.yaml"
    path.write_text(KINDS, encoding="utf-8")
    return load_codebook(path)


def test_encoding_by_kind(kinds):
    table = pd.DataFrame(
        {
            "EVT_TST_01": [1.5, None],
            "EVT_TST_02": ["high", None],
            "EVT_TST_03": ["blue", None],
            "EVT_TST_04": ["a|c", None],
            "EVT_TST_05": ["yes", None],
        }
    )
    encoded = kinds.encode(table)
    assert encoded.iloc[0].to_dict() == {
        "EVT_TST_01": 1.5, "EVT_TST_02": 2, "EVT_TST_03=red": 0, "EVT_TST_03=blue": 1,
        "EVT_TST_04=a": 1, "EVT_TST_04=b": 0, "EVT_TST_04=c": 1, "EVT_TST_05": 1,
    }  # fmt: skip
    assert encoded.iloc[1].isna().all()


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(0, 5)),
            st.sampled_from([None, "low", "mid", "high"]),
            st.sampled_from([None, "a", "b|c", "a|b|c"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_one_story_encodes_the_same_alone_as_among_others(rows):
    book = default_codebook_of_kinds()
    frame = pd.DataFrame(rows, columns=["EVT_TST_01", "EVT_TST_02", "EVT_TST_04"])
    together = book.encode(frame)
    for i in range(len(frame)):
        alone = book.encode(frame.iloc[[i]])
        for x, y in zip(alone.iloc[0], together.iloc[i], strict=True):
            assert x == y or (math.isnan(x) and math.isnan(y))


def default_codebook_of_kinds():
    """The codebook of `KINDS`, read once without a fixture (hypothesis wants none)."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kinds.yaml"
        path.write_text(KINDS, encoding="utf-8")
        return load_codebook(path)
