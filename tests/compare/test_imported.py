"""Tables that others made, by a mapping of columns."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from storyscope.codebook_convert import read_codebook, save_codebook
from storyscope.errors import TableError
from storyscope.imported import as_mapping, codebook_of, import_table, read_mapping
from storyscope.table import read_table, write_table

ROOT = Path(__file__).resolve().parents[2]
CELLS = """llm,story,length,tense,pace,cast,tags,loud,note
m1,p1,900,Past,3.5,Solo,sea|town,yes,x
m2,p1,800,NA,nan,Duo,sea,no,y
m1,p2,700,Past,10,Small,,yes,z
"""
MAPPING = {
    "source": "llm",
    "prompt_id": "story",
    "name": "judged",
    "prefix": "JDG",
    "leave_out": "note",
    "missing": "nan",
    "range": [0, 10],
    "dimensions": {"agents": "cast", "style": ["loud", "length"]},
    "style": ["loud"],
    "columns": {
        "cast": {"kind": "ordinal", "values": ["Solo", "Duo", "Small"]},
        "tags": {"kind": "multi"},
        "length": {"range": [0, 2000], "name": "Length"},
    },
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "judged.csv"
    path.write_text(CELLS, encoding="utf-8")
    return path


def change(**more):
    return as_mapping({**MAPPING, **more})


def test_columns_become_features_of_their_kind(file):
    found = import_table(file, change())
    book = {f.name: f for f in found.codebook}
    assert {name: f.kind for name, f in book.items()} == {
        "Length": "number", "tense": "categorical", "pace": "number", "cast": "ordinal",
        "tags": "multi", "loud": "binary",
    }  # fmt: skip
    assert book["cast"].id == "JDG_AGE_01"
    assert book["tense"].dimension == "answers"
    assert book["Length"].range == (0, 2000)
    assert book["pace"].range == (0, 10)
    assert [f.name for f in found.codebook if f.style] == ["loud"]
    table = found.table
    assert table["story_id"].tolist() == ["p1/m1", "p1/m2", "p2/m1"]
    assert table[book["tense"].id].tolist() == ["Past", "NA", "Past"]
    assert table[book["pace"].id].isna().tolist() == [False, True, False]
    assert table[book["cast"].id].cat.codes.tolist() == [0, 1, 2]
    assert table[book["tags"].id].tolist() == ["sea|town", "sea", None]
    assert found.notes == []


def test_ranges_that_are_not_declared_are_told(file):
    found = import_table(file, change(range=None))
    pace = next(f for f in found.codebook if f.name == "pace")
    assert pace.range == (3.5, 10)
    assert "no range is declared" in found.notes[0]
    assert "pace" in found.notes[0]


def test_stories_that_stand_twice(file):
    with file.open("a", encoding="utf-8") as more:
        more.write("m1,p1,900,Present,9,Duo,sea,no,again\n")
    with pytest.raises(TableError, match=r"holds the story 'p1/m1' in 2 rows"):
        import_table(file, change())
    for which, tense in (("first", "Past"), ("last", "Present")):
        found = import_table(file, change(duplicates=which))
        name = next(f.id for f in found.codebook if f.name == "tense")
        held = found.table.set_index("story_id")[name]
        assert held["p1/m1"] == tense
        assert f"the {which} of each is kept and 1 rows are left out" in found.notes[0]
    again = import_table(file, change(story_id=["story", "llm", "note"], leave_out=()))
    assert len(again.table) == 4


def test_a_codebook_that_is_given_decides(file):
    book = import_table(file, change()).codebook
    names = {f.name: f.id for f in book}
    raw = pd.read_csv(file, keep_default_na=False).rename(columns=names)
    raw.loc[0, names["cast"]] = "Crowd"
    raw.to_csv(file, index=False)
    mapping = {"source": "llm", "prompt_id": "story", "missing": ["nan"]}
    with pytest.raises(TableError, match="holds 'Crowd', which is not Solo, Duo, Small"):
        import_table(file, as_mapping(mapping), book)
    found = import_table(file, as_mapping({**mapping, "unknown": "missing"}), book)
    assert found.table[names["cast"]].isna().tolist() == [True, False, False]
    assert any("length" in note and "left out" in note for note in found.notes)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"source": "llm"}, "which column is the prompt_id"),
        ({**MAPPING, "sauce": "llm"}, "has the key 'sauce'"),
        ({**MAPPING, "duplicates": "both"}, "duplicates is 'both'"),
        ({**MAPPING, "prefix": "lower"}, "three to five capital letters"),
        ({**MAPPING, "range": [3, 3]}, "is empty"),
        ({**MAPPING, "range": "ten"}, "a range is"),
        ({**MAPPING, "columns": {"cast": {"kind": "odd"}}}, "kind 'odd' of cast"),
    ],
)
def test_a_mapping_must_make_sense(mapping, message):
    with pytest.raises(TableError, match=message):
        as_mapping(mapping)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"keep": "words"}, "has no column 'words'"),
        ({"columns": {"cast": {"kind": "ordinal"}}}, "must list values in order"),
        ({"columns": {"tense": {"kind": "number"}}}, "holds 'Past', which is not a number"),
        ({"columns": {"cast": {"values": ["Solo", "Duo"]}}}, "holds 'Small'"),
        ({"dimensions": {"1": "cast"}}, "needs a name of at least two letters"),
    ],
)
def test_cells_must_fit_the_mapping(file, more, message):
    with pytest.raises(TableError, match=message):
        import_table(file, change(**more))


def test_files_of_every_sort(file, tmp_path):
    plain = import_table(file, change()).table
    packed = tmp_path / "judged.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    tabbed = tmp_path / "judged.tsv"
    tabbed.write_text(CELLS.replace(",", "\t"), encoding="utf-8")
    for path in (packed, tabbed):
        pd.testing.assert_frame_equal(import_table(path, change()).table, plain)
    columns = tmp_path / "judged.parquet"
    pd.DataFrame(
        {"llm": ["m1", "m2"], "story": ["p", "p"], "tags": [["sea", "town"], ["sea"]]}
    ).to_parquet(columns)
    mapping = as_mapping(
        {"source": "llm", "prompt_id": "story", "columns": {"tags": {"kind": "multi"}}}
    )
    assert import_table(columns, mapping).table["IMP_ANS_01"].tolist() == ["sea|town", "sea"]
    with pytest.raises(TableError, match=r"is not a \.csv"):
        import_table(file.rename(tmp_path / "judged.txt"), change())
    with pytest.raises(TableError, match="There is no table"):
        import_table(tmp_path / "nowhere.csv", change())


def test_the_command_writes_a_table_and_its_codebook(cli, file, tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(json.dumps(MAPPING), encoding="utf-8")
    target = tmp_path / "made.parquet"
    status, out, _ = cli("import-table", file, mapping, "-o", target, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["sources"] == {"m1": 2, "m2": 1}
    book = read_codebook(found["codebook"])
    assert len(read_table(target, book)) == 3
    assert len(book) == found["features"] == 6
    mapping.write_text("[1, 2]", encoding="utf-8")
    status, _, err = cli("import-table", file, mapping, "-o", target)
    assert status == 1
    assert "must hold keys" in err
    with pytest.raises(TableError, match="There is no mapping"):
        read_mapping(tmp_path / "nowhere.yaml")


def test_a_judged_table_of_others(shared):
    mapping = read_mapping(ROOT / "corpora/mappings/writing_styles.yaml")
    found = import_table(shared / "reference/writing_styles_judged.csv.gz", mapping)
    assert len(found.table) == 6000
    assert len(found.codebook) == 45
    assert found.table["prompt_id"].nunique() == 400
    assert "147 rows are left out" in found.notes[0]
    conflict = next(f for f in found.codebook if f.name == "conflict_type")
    assert "NA" in conflict.levels


# --- as spreadsheets and R write them --------------------------------------------------------------

PACE = "llm,story,pace,open\nm1,p1,3,no\nm2,p1,NA,yes\nm1,p2,4.5,no\nm2,p2,1,yes\n"


def written(folder, content, name="r.csv"):
    (folder / name).write_text(content, encoding="utf-8")
    return import_table(folder / name, as_mapping({"source": "llm", "prompt_id": "story"}))


def test_numbers_with_a_few_na_stay_numbers_and_this_is_said(tmp_path):
    found = written(tmp_path, PACE)
    assert found.codebook["IMP_ANS_01"].kind == "number"
    assert found.table["IMP_ANS_01"].isna().tolist() == [False, True, False, False]
    assert "column pace holds numbers but for NA in 1 rows, which count as missing" in found.notes


def test_semicolons_decimal_commas_and_numbers_of_rows_are_understood(tmp_path):
    lines = PACE.replace(",", ";").replace("4.5", "4,5").splitlines()
    rows = [
        f'""; {lines[0]}'.replace(" ", ""),
        *(f"{k};{line}" for k, line in enumerate(lines[1:], 1)),
    ]
    found = written(tmp_path, "\n".join(rows))
    assert found.table["IMP_ANS_01"].tolist()[2] == 4.5
    assert found.codebook["IMP_ANS_01"].name == "pace"
    assert "column pace writes its numbers with a decimal comma" in found.notes
    assert any("only the numbers of rows" in note for note in found.notes)


def test_a_column_that_is_nearly_numbers_says_what_is_in_the_way(tmp_path):
    cells = "".join(f"m,p{k},{k if k else 'lots'}\n" for k in range(70))
    with pytest.raises(TableError, match="holds numbers but for lots: list that under missing:"):
        written(tmp_path, "llm,story,pace\n" + cells)


def test_the_codebook_beside_a_table_is_found(tmp_path):
    found = written(tmp_path, PACE)
    save_codebook(found.codebook, tmp_path / "t.codebook")
    assert codebook_of(write_table(found.table, tmp_path / "t.parquet")) == tmp_path / "t.codebook"
    assert codebook_of(write_table(found.table, tmp_path / "other.parquet")) is None
    found.table.attrs.clear()  # one that was measured here
    assert codebook_of(write_table(found.table, tmp_path / "t.parquet")) is None
