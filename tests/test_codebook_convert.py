"""The released taxonomy and feature table."""

import gzip
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pandas as pd
import pytest

from storyscope.codebook import default_codebook, load_codebook
from storyscope.codebook_convert import (
    convert_features,
    convert_taxonomy,
    read_codebook,
    save_codebook,
)
from storyscope.errors import CodebookError, TableError
from storyscope.table import read_table, write_table

spec = spec_from_file_location(
    "released_table", Path(__file__).resolve().parents[1] / "benchmarks" / "released_table.py"
)
released = module_from_spec(spec)
spec.loader.exec_module(released)


def entry(number, kind, values, **more):
    return {"id": f"PLT_TST_{number:03d}", "name": f"Feature {number}", "question": "What?",
            "type": kind, "values": values, "detection_method": "Look.", **more}  # fmt: skip


ENTRIES = [
    entry(1, "ordinal", ["none", "low", "high"]),
    entry(2, "scale", [1, 2, 3, 4, 5]),
    entry(3, "scale", ["1_nowhere", "2_here", "3_everywhere"]),
    entry(4, "binary", ["no", "yes"], merged_from=["PLT_TST_009"]),
    entry(5, "binary", ["no rain", "yes, rain"]),
    entry(6, "multi_select", ["sea", "town", "sky"]),
    entry(7, "categorical", ["red, mostly", "blue"]),
]


def taxonomy(entries=ENTRIES):
    return {"taxonomy_metadata": {"total_features": len(entries)},
            "feature_taxonomy": {"plot": {"aspects": {"a": {"features": entries}}}}}  # fmt: skip


@pytest.fixture
def book():
    return convert_taxonomy(taxonomy())


def test_types_become_kinds(book):
    assert [f.kind for f in book] == [
        "ordinal", "scale", "ordinal", "binary", "categorical", "multi", "categorical",
    ]  # fmt: skip
    assert book["PLT_TST_002"].range == (1.0, 5.0)
    assert book["PLT_TST_003"].levels == ("1_nowhere", "2_here", "3_everywhere")
    assert book["PLT_TST_004"].card == {"released as": "binary", "merged from": "PLT_TST_009"}
    assert {f.answered_by for f in book} == {("judge",)}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (entry(1, "fuzzy", ["a", "b"]), "PLT_TST_001: type 'fuzzy' is none of"),
        (entry(1, "ordinal", ["a", "a"]), "repeat"),
        (entry(1, "ordinal", ["a|b", "c"]), "pipe"),
        (entry(1, "ordinal", []), "lacks values"),
        ({"name": "x"}, "a feature without id: lacks id"),
    ],
)
def test_a_broken_entry_is_named(broken, says):
    with pytest.raises(CodebookError, match=says):
        convert_taxonomy(taxonomy([broken]))


@pytest.mark.parametrize("content", [[], {}, {"plot": {}}, {"plot": {"aspects": {"a": 1}}}, "x"])
def test_what_is_no_taxonomy_is_said(content):
    with pytest.raises(CodebookError, match=r"not a taxonomy|no feature"):
        convert_taxonomy(content)


@pytest.mark.parametrize("name", ["t.json", "t.json.gz"])
def test_files_are_read_packed_or_not(tmp_path, name):
    path = tmp_path / name
    text = json.dumps(taxonomy()).encode()
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert len(read_codebook(path)) == 7


def test_files_that_are_neither_are_refused(tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "a.json.gz").write_text("{}")
    for name in ("a.json", "a.json.gz", "absent.json"):
        with pytest.raises(CodebookError):
            read_codebook(tmp_path / name)


@pytest.mark.parametrize("which", ["released", "shipped"])
def test_a_codebook_is_the_same_after_writing_and_reading(tmp_path, book, which):
    book = book if which == "released" else default_codebook()
    again = load_codebook(save_codebook(book, tmp_path / "book"))
    assert [f.to_dict() for f in again] == [f.to_dict() for f in book]
    assert again.version == book.version


def cells(**columns):
    rows = len(next(iter(columns.values())))
    keys = {"prompt_id": range(rows), "story_title": "T", "source": "human"}
    return pd.DataFrame({**keys, **columns})


@pytest.mark.parametrize(
    ("number", "good", "bad"),
    [
        (1, ["none", "high"], ["medium", "None_at_all", "HIGH"]),
        (2, ["1", "5", 3], ["0", "6", "2.5", "much"]),
        (3, ["2_here"], ["2", "2_her"]),
        (4, ["yes", "no"], ["Yes", "true"]),
        (5, ["yes, rain"], ["yes"]),
        (6, ["sea", "sky|sea", ["town", "sea"]], ["moon", "sea|moon", "sea,town"]),
        (7, ["red, mostly"], ["red"]),
    ],
)
def test_cells_outside_are_counted_and_kept_with_what_stood_in_them(book, number, good, bad):
    name = f"PLT_TST_{number:03d}"
    column = [*good, *bad, None, "", float("nan"), "__MISSING__"]
    made = convert_features(cells(**{name: pd.Series(column, dtype=object)}), book)
    assert made.table[name].notna().tolist() == [True] * len(good) + [False] * (len(bad) + 4)
    assert made.outside["raw"].tolist() == [str(b) for b in bad]
    assert made.outside["story_id"].tolist() == [f"{i + len(good)}/human" for i in range(len(bad))]
    assert made.counts["cells_outside"] == len(bad)
    assert len(made.absent) == 6


def test_multi_answers_are_put_in_order(book):
    made = convert_features(cells(PLT_TST_006=["sky|sea", "sea | sky"]), book)
    assert made.table["PLT_TST_006"].tolist() == ["sea|sky", "sea|sky"]


def test_keys(book):
    given = pd.DataFrame({"prompt_id": [7.0, 7.0, 7.0], "source": ["a", "b", "a"],
                          "PLT_TST_004": "yes"})  # fmt: skip
    made = convert_features(given, book).table
    assert made["story_id"].tolist() == ["7/a", "7/b", "7/a#2"]
    assert made["prompt_id"].tolist() == ["7", "7", "7"]
    with pytest.raises(TableError, match="no column 'source'"):
        convert_features(given.drop(columns="source"), book)
    with pytest.raises(TableError, match="No column of the table is a feature"):
        convert_features(given.drop(columns="PLT_TST_004"), book)


def test_the_released_taxonomy_and_a_table_of_its_layout(shared, tmp_path, cli):
    """Loaded, written, converted, encoded, trained, evaluated, and one new row attributed."""
    source = shared / "reference" / "storyscope_taxonomy.json.gz"
    book = read_codebook(source)
    assert len(book) == 304
    assert len(book.dimensions) == 10
    given = released.generate(book, 50, sources=("human", "claude", "gpt"), lean=0.4)
    path = tmp_path / "released.parquet"
    given.to_parquet(path)
    strange = int((given == released.OUTSIDE).sum().sum())
    status, out, err = cli("features", "--codebook", source, "--write", tmp_path / "book",
                           "--table", path, "-o", tmp_path / "table.parquet", "--json")  # fmt: skip
    assert status == 0, err
    told = json.loads(out)
    assert (told["features"], told["rows"], told["cells_outside"]) == (304, 150, strange)
    assert strange > 100
    raw = pd.read_csv(tmp_path / "table.outside.csv")
    assert (raw["raw"] == released.OUTSIDE).all()

    book = load_codebook(tmp_path / "book")
    table = read_table(tmp_path / "table.parquet", book)
    assert len([c for c in table if c in book]) == 304
    encoded = book.encode(table)
    pd.testing.assert_frame_equal(encoded.iloc[[7]], book.encode(table.iloc[[7]]))

    held_out = table["prompt_id"].isin(["0", "1"])
    write_table(table[~held_out], tmp_path / "train.parquet")
    write_table(table[table["story_id"] == "0/claude"], tmp_path / "one.parquet")
    write_table(table[held_out], tmp_path / "six.parquet")
    status, out, err = cli("evaluate", tmp_path / "train.parquet", "--codebook", source,
                           "--features", "style", "--no-tune", "--json")  # fmt: skip
    assert status == 0, err
    first = json.loads(out)[0]
    assert first["n_features"] == len(book.ids("style")) == 39
    assert first["metrics"]["macro_f1"]["value"] > 0.9
    status, _, err = cli("train", tmp_path / "train.parquet", "--codebook", tmp_path / "book",
                         "-o", tmp_path / "model", "--no-evaluate", "--features", "style")  # fmt: skip
    assert status == 0, err
    answers = {}
    for name in ("one", "six"):
        status, out, err = cli("attribute", "--table", tmp_path / f"{name}.parquet",
                               "--model", tmp_path / "model", "--json")  # fmt: skip
        assert status == 0, err
        found = json.loads(out)
        answers[name] = {a["text"]: a for a in (found if name == "six" else [found])}
    alone = answers["one"]["0/claude"]
    assert alone == answers["six"]["0/claude"]
    right = [
        a["text"].endswith("/" + next(iter(a["probabilities"]))) for a in answers["six"].values()
    ]
    assert sum(right) >= 5
    assert alone["features"]


def test_a_table_of_another_codebook_needs_to_be_told(shared, tmp_path, cli, book):
    cells(PLT_TST_004=["yes", "no"]).to_parquet(tmp_path / "released.parquet")
    table = convert_features(tmp_path / "released.parquet", book).table
    write_table(table, tmp_path / "table.parquet")
    status, _, err = cli("train", tmp_path / "table.parquet", "-o", tmp_path / "model")
    assert status == 1
    assert "PLT_TST_004" in err
    status, _, err = cli("attribute", "--table", tmp_path / "table.parquet", "also.txt")
    assert status != 0
    assert "name text files, or a feature table" in err


def test_features_lists_a_taxonomy(tmp_path, cli):
    path = tmp_path / "taxonomy.json"
    path.write_text(json.dumps(taxonomy()))
    status, out, _ = cli("features", "--codebook", path)
    assert status == 0
    assert "7 features" in out
    status, out, _ = cli("features", "PLT_TST_003", "--codebook", path)
    assert "2_here" in out
    status, _, err = cli("features", "--codebook", tmp_path / "absent.json")
    assert status == 1
    assert "No codebook at" in err


def test_the_wording_of_any_codebook_is_checked(tmp_path, cli):
    path = tmp_path / "taxonomy.json"
    path.write_text(json.dumps(taxonomy()))
    status, out, err = cli("features", "--codebook", path, "--check", "--json")
    assert status == 0, err
    told = json.loads(out)
    assert told["features"] == 7
    assert told["counts"]["no example"] > 0
    assert told["counts"]["asked twice"] == 0
    assert sum(told["counts"].values()) == len(told["findings"])
    assert {"feature": "PLT_TST_001", "check": "no meaning", "detail": "low"} in told["findings"]
    status, out, _ = cli("features", "--codebook", path, "--check")
    assert status == 0
    assert "findings in 7 of 7 features" in out


def test_one_feature_is_shown_with_its_examples_and_to_what_it_applies(cli):
    status, out, _ = cli("features", "PLT_CON_53")
    assert status == 0
    assert out.count("\n     example  ") == 2
    assert "applies to  every story" in out


def test_a_written_codebook_reads_back_the_same(tmp_path):
    book = default_codebook()
    assert list(load_codebook(save_codebook(book, tmp_path / "book"))) == list(book)
