"""Agreement: with published worked examples, with another implementation where there is one, and on tables."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import messages as server

from storyscope.codebook import load_codebook
from storyscope.errors import TooLittleData
from storyscope.judge.agree import agreement, alpha, reliability

N = float("nan")
# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: four observers,
# twelve units, with gaps; section A: two observers, binary.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
BINARY = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("ratings", "level", "published"),
    [
        (FOUR, "nominal", 0.743),
        (FOUR, "ordinal", 0.815),
        (FOUR, "interval", 0.849),
        (BINARY, "nominal", 0.095),
    ],
)
def test_published_worked_examples(ratings, level, published):
    assert alpha(ratings, level) == pytest.approx(published, abs=0.0006)


tables = st.lists(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, N]), min_size=8, max_size=8),
    min_size=2,
    max_size=4,
)


@given(tables, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_against_pairs_counted_one_by_one(rows, level):
    """The definition, written out: observed over expected disagreement of pairs."""
    units = [[v for v in column if v == v] for column in zip(*rows, strict=True)]
    units = [u for u in units if len(u) > 1]
    values = sorted(v for u in units for v in u)
    if len(set(values)) < 2:
        assert np.isnan(alpha(rows, level))
        return

    def distance(a, b):
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(low <= v <= high for v in values)
        return (between - (values.count(a) + values.count(b)) / 2) ** 2 if a != b else 0.0

    n = len(values)
    observed = sum(
        distance(a, b) / (len(u) - 1)
        for u in units
        for i, a in enumerate(u)
        for j, b in enumerate(u)
        if i != j
    )
    expected = sum(distance(a, b) for a in values for b in values) / (n - 1)
    assert alpha(rows, level) == pytest.approx(1 - observed / expected)


@given(tables)
def test_against_the_other_implementation(rows):
    krippendorff = pytest.importorskip("krippendorff")
    if not np.isnan(alpha(rows)):
        for level in ("nominal", "ordinal", "interval"):
            theirs = krippendorff.alpha(reliability_data=rows, level_of_measurement=level)
            assert alpha(rows, level) == pytest.approx(theirs)


def test_perfect_and_chance_agreement():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 4000)
    assert alpha([first, first]) == 1.0
    assert abs(alpha([first, rng.permutation(first)])) < 0.05
    assert np.isnan(alpha([[1, 1, 1], [1, 1, 1]]))
    assert np.isnan(alpha([[1, 2, N], [N, N, 3]]))


def lines(feature, values, **more):
    return [
        {"story_id": f"s{i}", "feature_id": feature, "sample": sample,
         "status": "undefined" if v is None else "answered", "value": v, **more}
        for i, row in enumerate(values)
        for sample, v in enumerate(row)
    ]  # fmt: skip


def test_questions_to_drop_are_named(book):
    steady = [("well", "well"), ("badly", "badly"), ("open", "open")] * 5
    wavering = [("little", "all"), ("all", "little"), ("much", "much")] * 5
    constant = [("no", "no")] * 15
    few = [("sea", "sea")] * 0
    found = reliability(
        [
            *lines("PLT_TST_01", steady),
            *lines("PLT_TST_02", wavering),
            *lines("TMP_DRM_01", constant),
            *lines("TMP_TST_02", [(0.1, 0.1), (0.5, 0.6)]),
            *lines("SET_TST_01", few),
        ],
        book,
    )
    verdicts = dict(zip(found.questions["feature"], found.questions["verdict"], strict=True))
    assert verdicts == {
        "PLT_TST_01": "keep",
        "PLT_TST_02": "drop",
        "TMP_DRM_01": "never varies",
        "TMP_TST_02": "too little",
    }
    assert found.drop == ["PLT_TST_02"]
    levels = dict(zip(found.questions["feature"], found.questions["level"], strict=True))
    assert levels["PLT_TST_01"] == "nominal"
    assert levels["PLT_TST_02"] == "ordinal"
    assert levels["TMP_TST_02"] == "interval"


def test_a_judge_who_often_gives_no_usable_answer_is_not_believed(book):
    said = lines("TMP_DRM_01", [("yes",), ("no",)] * 8)
    silent = [{"story_id": f"t{i}", "feature_id": "TMP_DRM_01", "sample": 0, "status": "unanswered",
               "reason": "no allowed answer, asked twice"} for i in range(5)]  # fmt: skip
    assert reliability([*said, *silent[:4]], book).doubted == {}
    found = reliability([*said, *silent], book)
    assert found.doubted == {"TMP_DRM_01": "gave no usable answer in 24% of readings"}
    none = reliability(silent, book)
    assert none.doubted == {"TMP_DRM_01": "gave no usable answer in 100% of readings"}


def test_does_not_apply_is_an_answer_among_others(book):
    agree = [("well", "well"), (None, None)] * 8
    differ = [("well", None), (None, "well")] * 8
    for values, sign in ((agree, 1), (differ, -1)):
        found = reliability(lines("PLT_TST_01", values), book).questions.iloc[0]
        assert np.sign(found["alpha"]) == sign
    assert found["undefined"] == 0.5


def test_evidence_is_counted_by_dimension(book):
    quotes = [{"text": "a", "how": "exact"}, {"text": "b", "how": "fuzzy"},
              {"text": "c", "how": "unlocated"}, {"text": "d", "how": "normalised"}]  # fmt: skip
    found = reliability(lines("SET_TST_01", [("indoors",)] * 2, quotes=quotes), book)
    row = found.dimensions.iloc[0]
    assert (row["dimension"], row["quotes"], row["located"], row["exact"]) == (
        "setting",
        8,
        0.75,
        0.25,
    )
    assert found.readings == 1


def test_from_requests_to_the_command_line(api, judging, cli, tmp_path, monkeypatch):
    """Three readings of twelve stories; one question is answered at random."""
    from storyscope.corpus import Corpus, Story
    from storyscope.judge.judged import base_table
    from storyscope.table import write_table

    corpus = Corpus.from_stories(
        [
            Story(f"s{i}", f"Tale {i}. " + "She ran to the sea. " * 80, "m", f"p{i}")
            for i in range(12)
        ]
    )
    rng = np.random.default_rng(1)

    def answer(asked):
        data = server.any_answer(asked)
        for entry in data["answers"]:
            if entry["feature_id"] == "PLT_TST_01":
                entry["value"] = rng.choice(["well", "badly", "open"])
        data["answers"][0]["quotes"] = ["words that stand nowhere in this tale"]
        return data

    api.answer = answer
    asked = judging(corpus, samples=3)
    asked.ask(workers=1)
    table, record = asked.write(base_table(corpus), tmp_path / "t.parquet")
    write_table(table, tmp_path / "t.parquet")
    assert record["answers"] == {"answered": 12 * 6 * 3}
    monkeypatch.setattr("storyscope.judge.agree.default_codebook",
                        lambda: load_codebook(tmp_path / "book"))  # fmt: skip
    status, out, err = cli("reliability", tmp_path / "t.parquet", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert found["readings"] == 3
    assert found["drop"] == ["PLT_TST_01"]
    located = {d["dimension"]: d["located"] for d in found["dimensions"]}
    assert located == {"plot": 2 / 3, "setting": 0.0, "temporal structure": 0.5}
    status, out, err = cli("reliability", tmp_path / "t.parquet")
    assert "To drop, alpha under 0.667: PLT_TST_01" in out


def test_a_table_without_answers_beside_it_is_said(cli, tmp_path):
    status, _, err = cli("reliability", tmp_path / "t.parquet")
    assert status == 1
    assert "No judged answers lie beside" in err


def test_agreement_of_measure_and_judge(book):
    measured = ["yes", "no", "no", None] * 6
    judged = ["yes", "no", "yes", "no"] * 6
    found = agreement(pd.DataFrame({"TMP_DRM_01": measured, "TMP_DRM_01@judge": judged}), book)
    row = found.iloc[0]
    assert (row["stories"], row["only_judge"], row["only_measure"]) == (18, 6, 0)
    assert row["same"] == pytest.approx(2 / 3)
    assert row["alpha"] == pytest.approx(0.3517, abs=0.001)
    assert np.isnan(row["rho"])
    with pytest.raises(TooLittleData, match="no feature both measured and judged"):
        agreement(pd.DataFrame({"TMP_DRM_01": measured}), book)


def test_agreement_of_grades_forgives_another_scale(book):
    from dataclasses import replace

    from storyscope.codebook import Codebook

    share = Codebook([replace(book["TMP_TST_02"], answered_by=("measure", "judge"))])
    x = np.linspace(0, 0.4, 20)
    table = pd.DataFrame({"TMP_TST_02": x, "TMP_TST_02@judge": 2 * x})
    row = agreement(table, share).iloc[0]
    assert row["rho"] == pytest.approx(1.0)
    assert row["alpha"] < 0.8
