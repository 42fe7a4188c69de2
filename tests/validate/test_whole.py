"""The tagger against whole readings: exact figures, intervals, groups, folds and projection."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from storyscope.cli import app
from storyscope.cli.commands import validate as _  # noqa: F401  (registers it)
from storyscope.errors import CorpusError
from storyscope.extract.pipeline import load_pipeline
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.folds import write_folds
from storyscope.validate.whole import counts
from storyscope.validate.whole.figures import figures, figures_by_group
from storyscope.validate.whole.predict import by_model, on_folds, owners
from storyscope.validate.whole.run import whole_figures
from storyscope.validate.whole.stories import find_texts, read_stories


def named(rows):
    return {row["name"]: row for row in rows}


@pytest.fixture
def gold(made_up, tmp_path):
    """Twenty-four readings on disk."""
    return made_up.write(tmp_path / "gold", made_up.rows())


@pytest.fixture
def stories(gold):
    return read_stories(gold)


@pytest.fixture
def folds(stories, tmp_path, monkeypatch):
    """Predictions that say what the reader said, in the place of the shipped ones."""
    path = tmp_path / "folds.npz"
    write_folds(path, {s.id: s.as_prediction() for s in stories})
    monkeypatch.setattr("storyscope.validate.whole.run.shipped_folds", lambda: path)
    return path


# ---------------------------------------------------------------- figures


def test_a_reading_held_against_itself_agrees_in_everything(stories):
    rows = named(figures(stories, [s.as_prediction() for s in stories]))
    for name in ("dream", "looks", "skip", "turn", "conflict"):
        for key in ("precision", "recall", "f1", "ap", "kappa"):
            assert rows[name][key] == 1.0, (name, key)
    assert rows["dream"]["presence_auc"] == rows["dream"]["rho"] == 1.0
    assert rows["closure"]["rho"] == 1.0
    assert rows["closure"]["error"] == 0.0
    assert rows["shape"]["kappa"] == rows["twist"]["accuracy"] == 1.0
    assert rows["tension"]["r"] == 1.0


def test_predictions_of_other_sentences_agree_by_chance(stories):
    rng = np.random.default_rng(4)
    shuffled = [s.as_prediction() for s in stories]
    for p in shuffled:
        rng.shuffle(p.chance)
    rows = named(figures(stories, shuffled))
    for name in ("looks", "conflict", "turn"):
        low, high = rows[name]["kappa_interval"]
        assert abs(rows[name]["kappa"]) < 0.15
        assert low <= 0 <= high or abs(rows[name]["kappa"]) < 0.1


def test_figures_worked_out_by_hand(made_up, tmp_path):
    """Dreams in sentences 3 and 4 (of ten); 4, 5 and 6 are said: one hit of three, of two."""
    folder = made_up.write(tmp_path / "g", [made_up.row(1, dream=[[3, 4]])])
    (story,) = read_stories(folder)
    chance = np.zeros((10, len(FAMILIES)))
    chance[[3, 4, 5, 2], 0] = [0.9, 0.8, 0.6, 0.2]
    row = named(figures([story], [made_up.prediction(chance)]))["dream"]
    assert (row["sentences"], row["stories"]) == (2, 1)
    assert (row["precision"], row["recall"], row["f1"]) == (0.333, 0.5, 0.4)
    # Agreed in 7 of 10; by chance (2 * 3 + 8 * 7) / 100.
    assert row["kappa"] == pytest.approx((0.7 - 0.62) / (1 - 0.62), abs=1e-3)
    # Right ones stand first and fourth: (1/1 + 2/4) / 2.
    assert row["ap"] == 0.75
    assert (row["presence_precision"], row["presence_recall"]) == (1.0, 1.0)


def test_average_precision_with_ties_and_curve_are_those_of_scikit_learn():
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(0)
    scores = [np.round(rng.random(n), 2) for n in (30, 12, 50)]
    truth = [rng.random(len(s)) < s for s in scores]
    once = np.ones((1, 3))
    (ap,) = counts.average_precision(once, scores, truth)
    every, true = np.concatenate(scores), np.concatenate(truth)
    assert ap == pytest.approx(average_precision_score(true, every))
    (auc,) = counts.area_under_curve(np.ones((1, len(every))), every, true)
    assert auc == pytest.approx(roc_auc_score(true, every))


def test_rank_correlation_under_weights_is_that_of_the_stories_repeated():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 40).astype(float), rng.normal(size=40)
    times = rng.integers(0, 3, 40)
    (rho,) = counts.rank_correlation(times[None].astype(float), x, y)
    assert rho == pytest.approx(spearmanr(np.repeat(x, times), np.repeat(y, times)).statistic)


def test_kappa_under_weights_is_that_of_scikit_learn():
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    joint = np.zeros((60, 3, 3))
    joint[np.arange(60), a, b] = 1
    (kappa,) = counts.kappa(np.ones((1, 60)), joint)
    assert kappa == pytest.approx(cohen_kappa_score(a, b))


def test_intervals_hold_their_estimate_and_follow_the_seed(stories, made_up):
    rng = np.random.default_rng(3)
    noisy = [
        made_up.prediction(0.5 * rng.random(s.told.shape) + 0.4 * s.told, scales=s.scales + rng.random(12))
        for s in stories
    ]  # fmt: skip
    rows, again, other = (figures(stories, noisy, seed) for seed in (1, 1, 2))
    assert rows == again
    assert rows != other
    held = 0
    for row in rows:
        for key in [k for k in row if f"{k}_interval" in row]:
            if row[key] is not None and row[f"{key}_interval"]:
                low, high = row[f"{key}_interval"]
                assert low <= row[key] <= high, (row["name"], key)
                held += low < high
    assert held > 40


def test_what_nobody_tells_has_no_recall_and_no_kappa(stories):
    row = named(figures(stories, [s.as_prediction() for s in stories]))["unreal"]
    assert row["sentences"] == 0
    assert row["recall"] is row["f1"] is row["kappa"] is row["presence_auc"] is None


def test_tenths_without_a_sentence_of_their_own_take_the_one_before(made_up, tmp_path):
    short = made_up.row(1)
    short["sentences"] = short["sentences"][:3]
    short["tenths"] = [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    short["reading"] |= {"tension": [0, 0, 0, 5, 5, 5, 10, 10, 10, 10]}
    short["reading"] |= {f: [] for f in FAMILIES}
    (story,) = read_stories(made_up.write(tmp_path / "g", [short]))
    said = made_up.prediction(np.zeros((3, len(FAMILIES))), tension=[0.1, 0.4, 0.7])
    assert named(figures([story], [said]))["tension"]["r"] == 1.0


def test_groups_are_people_models_corpora_and_thirds_by_length(stories):
    groups = figures_by_group(stories, [s.as_prediction() for s in stories])
    found = {(g["by"], g["name"]): g["stories"] for g in groups}
    # Eight stories by people, and the thirds by length, are under ten and left out.
    assert found == {("writer", "models"): 16, ("corpus", "fables"): 12, ("corpus", "tales"): 12}
    assert named(groups[0]["rows"])["looks"]["kappa"] == 1.0


# ---------------------------------------------------------------- readings, texts, folds


def test_readings_are_read_as_the_brief_says(stories):
    first, second = stories[:2]
    assert first.told[:, FAMILIES.index("dream")].nonzero()[0].tolist() == [1, 2]
    assert second.told[:, FAMILIES.index("flashback")].nonzero()[0].tolist() == [6]
    assert second.told[:, FAMILIES.index("turn")].nonzero()[0].tolist() == [5, 7]
    assert second.scales[list(SCALES).index("stakes_end")] == 3
    names = list(CHOICES)
    assert second.choices[names.index("shape")] == 0
    assert first.choices[names.index("twist")] == 1
    assert (first.by_people, second.by_people) == (True, False)


def test_missing_and_broken_readings_are_said(made_up, tmp_path):
    with pytest.raises(CorpusError, match="--readings"):
        read_stories(tmp_path)
    broken = made_up.row(1)
    del broken["reading"]["theme"]
    with pytest.raises(CorpusError, match=r"Line 2 .* 'theme'"):
        read_stories(made_up.write(tmp_path / "g", [made_up.row(0), broken]))
    outside = made_up.row(1, dream=[[3, 11]])
    with pytest.raises(CorpusError, match="sentence 11 of 10"):
        read_stories(made_up.write(tmp_path / "h", [outside]))


def test_texts_are_found_by_their_hash_and_missed_by_name(stories, made_up, tmp_path):
    folder = made_up.write_corpora(tmp_path / "corpora", made_up.rows())
    texts = find_texts(stories, folder)
    assert len(texts) == len(stories)
    assert all(texts[s.sha256].startswith(s.id[1:] + ". ") for s in stories)
    made_up.write_corpora(folder, [r for r in made_up.rows() if r["id"] != "t2"])
    with pytest.raises(CorpusError, match=r"1 of 12 readings .*t2"):
        find_texts(stories, folder)
    (folder / "fables.jsonl.gz").unlink()
    with pytest.raises(CorpusError, match="--corpora"):
        find_texts(stories, folder)


def test_a_story_without_predictions_and_one_of_another_length_are_said(stories, folds):
    assert len(on_folds(stories, folds)) == len(stories)
    write_folds(folds, {s.id: s.as_prediction() for s in stories[1:]})
    with pytest.raises(CorpusError, match="--model"):
        on_folds(stories, folds)
    other = stories[0].as_prediction()
    cut = SimpleNamespace(
        **{**vars(other), "chance": other.chance[:9], "tension": other.tension[:9]}
    )
    cut.told = cut.chance >= 0.5
    write_folds(folds, {stories[0].id: cut})
    with pytest.raises(CorpusError, match="9 sentences, its reading 10"):
        on_folds(stories[:1], folds)


# ---------------------------------------------------------------- projection


def test_split_and_merged_sentences_take_the_widest_overlap():
    # Ours: one over their first two, two within their third (the second is the wider).
    ours, theirs = [(0, 20), (21, 24), (25, 40)], [(0, 9), (10, 20), (21, 40)]
    assert owners(ours, theirs).tolist() == [0, 0, 2]


def test_a_sentence_that_none_of_ours_touches_has_no_owner():
    assert owners([(10, 20)], [(0, 9), (10, 20), (21, 30)]).tolist() == [-1, 0, -1]
    assert owners([], [(0, 9)]).tolist() == [-1]


def test_the_model_reads_texts_and_speaks_of_the_readers_sentences(
    stories, made_up, word_tagger, tmp_path
):
    texts = find_texts(stories, made_up.write_corpora(tmp_path / "corpora", made_up.rows()))
    (said,) = by_model(stories[:1], texts, load_pipeline())
    assert said.told[:, FAMILIES.index("looks")].nonzero()[0].tolist() == [3]
    assert said.told[:, FAMILIES.index("dream")].nonzero()[0].tolist() == [1, 2]
    assert said.tension.tolist() == [0.5] * 10


def test_what_normalising_drops_tells_nothing(made_up, word_tagger, tmp_path):
    """A title is a sentence to the reader and nothing to us."""
    one = made_up.row(1)
    body = one["text"]
    text = "# The Mill in the Dream\n\n" + body
    shift = len(text) - len(body)
    one["sentences"] = [[0, 23, 1]] + [[a + shift, b + shift, 0] for a, b, __ in one["sentences"]]
    one["tenths"] = [*range(1, 10), 11]
    (story,) = read_stories(made_up.write(tmp_path / "g", [one]))
    (said,) = by_model([story], {story.sha256: text}, load_pipeline())
    assert said.told[:, FAMILIES.index("dream")].nonzero()[0].tolist() == [2, 3]
    assert len(said.tension) == 11


# ---------------------------------------------------------------- all of it


def test_folds_and_a_second_reading_make_one_answer(gold, folds, made_up):
    changed = [one for k, one in enumerate(made_up.rows()) if k % 4 or k == 0]
    for one in changed[1::2]:
        one["reading"]["looks"] = []
    made_up.write(gold, changed, "readings_second.jsonl.gz")
    found = whole_figures(gold, None)
    assert (found["from"], found["stories"], found["left_out"]) == ("folds", 24, 0)
    looks = named(found["rows"])["looks"]
    assert looks["kappa"] == 1.0
    assert looks["again"]["stories"] == 19
    # The second reader found 6 of the first one's 12, and nothing else.
    assert looks["again"]["f1"] == pytest.approx(2 * 6 / (12 + 6), abs=1e-3)
    # Dreams are told in two of those sentences only.
    assert named(found["rows"])["dream"]["again"] is None


def test_the_model_is_not_asked_about_stories_it_learned_from(
    gold, folds, stories, made_up, word_tagger, tmp_path
):
    corpora = made_up.write_corpora(tmp_path / "corpora", made_up.rows())
    with pytest.raises(CorpusError, match="trained on all 24"):
        whole_figures(gold, corpora, load_pipeline())
    write_folds(folds, {s.id: s.as_prediction() for s in stories[:20]})
    with pytest.raises(CorpusError, match="--corpora"):
        whole_figures(gold, None, load_pipeline())
    found = whole_figures(gold, corpora, load_pipeline())
    assert (found["from"], found["stories"], found["left_out"]) == ("model", 4, 20)
    assert named(found["rows"])["looks"]["recall"] == 1.0


def test_the_command_prints_tables_and_json(gold, folds):
    command = ["validate", "--readings", str(gold)]
    shown = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for words in ("24 stories, 240 sentences", "flashback", "average precision", "theme_explicit",
                  "commonest answer", "rho of its slope", "models (16)", "mean of families"):  # fmt: skip
        assert words in shown.stdout, words
    done = CliRunner().invoke(app, [*command, "--json"])
    found = json.loads(done.stdout)
    assert list(found) == ["whole"]
    assert named(found["whole"]["groups"][0]["rows"])["dream"]["kappa"] == 1.0


def test_model_and_corpora_go_with_readings(tmp_path):
    done = CliRunner().invoke(app, ["validate", "--model"])
    assert done.exit_code == 2
    assert "--readings" in done.output
