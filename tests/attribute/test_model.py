"""The attributor: scikit-learn's contract, tables, saving, refusing."""

import json

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from storyscope.attribute import Attributor, storage
from storyscope.codebook import Codebook, default_codebook
from storyscope.errors import ModelMismatch, OutputError, TooLittleData

QUICK = {"trees": 30, "copies": 1}

# Checks that ask for what does not apply here, each with its reason.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "rows are drawn at random for every tree",
    "check_sample_weights_invariance": "rows are drawn at random for every tree",
    "check_classifiers_one_label_sample_weights": "one class is refused",
}


@pytest.fixture(scope="module")
def fitted(big_table):
    return Attributor("narrative", **QUICK).fit(big_table)


def test_the_estimator_contract():
    results = check_estimator(
        Attributor(trees=5, copies=1, folds=0),
        expected_failed_checks=EXPECTED,
        on_fail=None,
        on_skip=None,
    )
    failed = [
        (r["check_name"], str(r["exception"])[:200]) for r in results if r["status"] == "failed"
    ]
    assert not failed


def test_it_learns_what_tells_sources_apart(fitted, big_table):
    held_out = fitted.held_out_probabilities_
    truth = np.searchsorted(fitted.classes_, big_table["source"])
    assert (held_out.argmax(axis=1) == truth).mean() > 0.6
    assert np.allclose(fitted.predict_proba(big_table).sum(axis=1), 1)


def test_sets_of_features(big_table):
    book = default_codebook()
    for name in ("narrative", "style", "all"):
        model = Attributor(name, folds=0, **QUICK).fit(big_table)
        assert set(model.feature_ids_) <= set(book.ids(name))


def test_contributions_sum_to_the_margin(fitted, big_table):
    few = big_table.head(7)
    assert np.allclose(fitted.contributions(few).sum(axis=2), fitted.margins(few), atol=1e-4)


def test_the_same_seed_gives_the_same_bytes(big_table, tmp_path):
    one = Attributor(folds=0, **QUICK).fit(big_table).save(tmp_path / "one")
    two = Attributor(folds=0, **QUICK).fit(big_table).save(tmp_path / "two")
    for name in ("booster.ubj", "model.json", "reference.json", "novelty.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_a_saved_model_answers_as_before(fitted, big_table, tmp_path):
    folder = fitted.save(tmp_path / "model", {"note": "kept"})
    again = Attributor.load(folder)
    assert np.allclose(again.predict_proba(big_table), fitted.predict_proba(big_table))
    assert again.training_ == {"note": "kept"}
    assert sorted(p.suffix for p in folder.iterdir()) == [*[".json"] * 5, ".ubj"]


def test_one_row_encodes_alone_as_among_many(fitted, big_table):
    together = fitted.predict_proba(big_table)[5]
    assert np.allclose(fitted.predict_proba(big_table.iloc[[5]])[0], together)


def test_another_codebook_is_refused_with_the_difference(fitted, tmp_path):
    folder = fitted.save(tmp_path / "model")
    book = default_codebook()
    used = fitted.feature_ids_[0]
    without = Codebook(f for f in book if f.id != used)
    with pytest.raises(ModelMismatch, match=f"{used} is gone.*Train it anew"):
        Attributor.load(folder, without)
    described = json.loads((folder / "model.json").read_text())
    described["encodings"][0]["range"] = [0.0, 999.0]
    (folder / "model.json").write_text(json.dumps(described))
    with pytest.raises(ModelMismatch, match=r"has range .* instead of \[0.0, 999.0\]"):
        Attributor.load(folder)


def _without_encodings(folder):
    described = json.loads((folder / "model.json").read_text())
    del described["encodings"]
    (folder / "model.json").write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "model.json").unlink(), "storyscope train"),
        (lambda f: (f / "model.json").write_text("{"), "damaged"),
        (lambda f: (f / "booster.ubj").write_bytes(b"xx"), "damaged"),
        (lambda f: (f / "model.json").write_text('{"format": 99}'), "layout 99"),
        (_without_encodings, "its record lacks 'encodings'. Copy the folder again"),
    ],
)
def test_a_damaged_model_is_refused(fitted, tmp_path, damage, says):
    folder = fitted.save(tmp_path / "model")
    damage(folder)
    with pytest.raises(ModelMismatch, match=says):
        Attributor.load(folder)


def test_no_library_sees_a_file_that_is_not_the_one_that_was_saved(fitted, tmp_path, monkeypatch):
    # XGBoost's C core crashed on one in ten boosters with a few bytes changed.
    import xgboost

    folder = fitted.save(tmp_path / "model")
    seen = []
    monkeypatch.setattr(xgboost.Booster, "load_model", lambda self, path: seen.append(path))
    whole = (folder / "booster.ubj").read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 20):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        (folder / "booster.ubj").write_bytes(changed)
        with pytest.raises(ModelMismatch, match=r"booster\.ubj is not the file it was saved with"):
            Attributor.load(folder)
    (folder / "booster.ubj").write_bytes(whole)
    for name in ("reference.json", "novelty.json"):
        (folder / name).rename(tmp_path / name)
        with pytest.raises(ModelMismatch, match=f"{name} is not the file"):
            Attributor.load(folder)
        (tmp_path / name).rename(folder / name)
    record = json.loads((folder / "model.json").read_text())
    for wrong in (
        [],
        {**record, "files": {}},
        {"format": record["format"], "files": record["files"]},
    ):
        (folder / "model.json").write_text(json.dumps(wrong))
        with pytest.raises(ModelMismatch, match=r"damaged|does not say what its files"):
            Attributor.load(folder)
    assert seen == []


@pytest.mark.parametrize("name", ["dear.txt", "model.json"])
def test_a_folder_with_other_things_is_not_overwritten(fitted, tmp_path, name):
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / name).write_text("{}")
    (letters / "drafts").mkdir()
    (letters / "drafts" / "one.txt").write_text("keep me")
    with pytest.raises(OutputError, match="letters holds other things than storyscope made"):
        fitted.save(letters)
    assert (letters / name).read_text() == "{}"
    assert (letters / "drafts" / "one.txt").read_text() == "keep me"


def test_a_model_is_replaced_only_as_it_was_saved(fitted, tmp_path):
    folder = fitted.save(tmp_path / "model")
    assert fitted.save(folder, {"note": "again"}) == folder
    assert Attributor.load(folder).training_ == {"note": "again"}
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"such as 'notes\.txt'"):
        fitted.save(folder)
    (folder / "notes.txt").unlink()
    (folder / "reference.json").write_text("{}")
    with pytest.raises(OutputError, match=r"changed since .* 'reference\.json'"):
        fitted.save(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_model_that_cannot_be_written_leaves_the_old_one(fitted, tmp_path, monkeypatch):
    folder = fitted.save(tmp_path / "model", {"note": "old"})

    def full(path, plain):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_dump", full)
    with pytest.raises(OSError, match="No space"):
        fitted.save(folder, {"note": "new"})
    assert Attributor.load(folder).training_ == {"note": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_too_little_to_learn_from(table):
    with pytest.raises(TooLittleData, match="at least two sources"):
        Attributor().fit(table[table["source"] == "m1"])
    few = table[(table["source"] != "m2") | (table["prompt_id"] < "p004")]
    with pytest.raises(TooLittleData, match="'m2' has 4 stories"):
        Attributor().fit(few)
    with pytest.raises(TooLittleData, match="no narrative feature"):
        Attributor().fit(table[["story_id", "source", "prompt_id"]])


def test_a_smaller_penalty_keeps_the_line_calmer(big_table):
    calm, free = (
        Attributor("style", trees=5, folds=0, penalty=p).fit(big_table) for p in (0.001, 0.1)
    )
    assert np.abs(calm.line_.weights).sum() < np.abs(free.line_.weights).sum() / 2
