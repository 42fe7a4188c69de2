"""Files that mean harm, or are merely wrong: each is refused in one sentence, soon and cheaply."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storyscope import guards
from storyscope.codebook import Codebook, default_codebook, load_codebook
from storyscope.codebook_convert import read_codebook, save_codebook
from storyscope.corpus import files
from storyscope.errors import CodebookError, ModelError, PullError, StoryscopeError, TableError
from storyscope.imported import as_mapping, import_table, read_mapping
from storyscope.providers.money import load_prices
from storyscope.pull import load_card
from storyscope.table import check_table, read_table, write_table

BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    + [
        f"{n}: &{n} [{', '.join([f'*{m}'] * 10)}]"
        for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    ]
)
READERS = {
    "codebook": (load_codebook, CodebookError),
    "mapping": (read_mapping, TableError),
    "card": (load_card, PullError),
    "prices": (load_prices, ModelError),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "more than 1,000,000 values"),
        ("a: &a [*a]", "stands for nothing, or for itself"),
        ("[" * 5000, "within one another"),
        ("- " * 5000 + "a", "within one another"),
        ("a: [", "expected"),
        ("? [1, 2]\n: {? {a: 1} : 2}", "unhashable"),
    ],
    ids=["aliases", "itself", "brackets", "dashes", "open", "keys"],
)
def test_yaml_that_cannot_be_worked_with(tmp_path, reader, text, says):
    path = tmp_path / "made.yaml"
    path.write_text(text)
    read, error = READERS[reader]
    with pytest.raises(error, match=says):
        read(path)


def test_brackets_without_end_do_not_end_the_process(tmp_path):
    """The C library below YAML overflows its stack on them."""
    path = tmp_path / "made.yaml"
    path.write_text("[" * 200_000)
    line = [sys.executable, "-c", "from storyscope.cli import main; main()",
            "features", "--codebook", path]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: made.yaml is not valid YAML: more than 60 lists")


FEATURE = {
    "id": "PLT_AAA_01", "name": "N", "question": "Q?", "kind": "scale", "range": [1, 3],
    "evidence": "E", "answered_by": "judge", "source": "S",
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 7}, {"kind": ["scale"]}, {"kind": {"a": 1}}, {"answered_by": 3}, {"range": ["a", "b"]},
        {"range": [1, "b"]}, {"range": [None, 2]}, {"range": [0, float("inf")]}, {"card": "text"},
        {"example": [1]}, {"kind": "ordinal", "range": None, "values": [["a"], ["b"]]},
        {"kind": "ordinal", "range": None, "values": 5}, {"answered_by": [None]}, {7: 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_codebook_with_values_of_wrong_types(tmp_path, wrong):
    import yaml

    path = tmp_path / "book.yaml"
    path.write_text(yaml.safe_dump({"dimension": "plot", "features": [FEATURE | wrong]}))
    with pytest.raises(CodebookError, match=r"book\.yaml, "):
        load_codebook(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": [1]}, {"columns": {"a": "number"}}, {"dimensions": ["plot"]}, {"prefix": 5},
        {"range": 3}, {"range": [0, "inf"]}, {"source": ["a"]}, {"separator": 1}, {"separator": ""},
        {"duplicates": ["first"]}, {"name": {}},
    ],
    ids=str,
)  # fmt: skip
def test_a_mapping_with_values_of_wrong_types(wrong):
    with pytest.raises(TableError, match="the mapping"):
        as_mapping({"source": "llm", "prompt_id": "story"} | wrong)


@pytest.mark.parametrize("wrong", [{"parts": 3}, {"parts": {"a": {"layout": "corpus", "files": [
    {"path": "a", "size": "x"}]}}}, {"columns": [1]}, {"notes": 5, "parts": {"a": 1}}], ids=str)  # fmt: skip
def test_a_card_with_values_of_wrong_types(tmp_path, wrong):
    card = {"name": "a", "title": "A", "origin": "O", "licence": "L", "homepage": "H",
            "from": {"url": "http://127.0.0.1"},
            "parts": {"a": {"layout": "corpus", "files": [{"path": "a.jsonl"}]}}}  # fmt: skip
    path = tmp_path / "card.yaml"
    path.write_text(json.dumps(card))
    load_card(path)
    path.write_text(json.dumps(card | wrong))
    with pytest.raises(PullError, match=r"In the card .*card\.yaml"):
        load_card(path)


@pytest.mark.parametrize("price", ["nan", ".inf", "-1", ".nan"])
def test_a_price_is_an_amount_of_money(tmp_path, price):
    path = tmp_path / "p.yaml"
    path.write_text(
        "date: x\nassumed: {answer_tokens: 1, thought_tokens: 1}\nmodels:\n"
        f"  m: {{input: {price}, output: 1, write_5m: 1, write_1h: 1, read: 1}}\n"
    )
    with pytest.raises(ModelError, match="not an amount of money"):
        load_prices(path)


@pytest.mark.parametrize("what", ["taxonomy.json.gz", "judged.csv.gz"])
def test_what_unpacks_without_end_is_given_up(tmp_path, monkeypatch, what):
    monkeypatch.setattr(guards, "SMALL", 1_000_000)
    path = tmp_path / what
    path.write_bytes(gzip.compress(b"a" * 20_000_000))
    mapping = as_mapping({"source": "a", "prompt_id": "b"})
    read = read_codebook if what.startswith("taxonomy") else lambda p: import_table(p, mapping)
    with pytest.raises(StoryscopeError, match="unpacks to more than"):
        read(path)
    path.write_bytes(gzip.compress(b"a" * 20_000_000)[:-20])
    monkeypatch.setattr(guards, "SMALL", 64_000_000)
    monkeypatch.setattr(files, "_FREE", 64_000_000)
    with pytest.raises(StoryscopeError, match="ended before"):
        read(path)


def test_a_dimension_that_is_a_path_writes_within_the_folder(tmp_path):
    from dataclasses import replace

    dream = default_codebook()["TMP_DRM_01"]
    names = ["../../up", str(tmp_path / "absolute"), "a/b", "a b", "a_b", "..", "x" * 300, "Zeit/Ü"]
    features = [
        replace(dream, id=f"TMP_DRM_{n:02d}", dimension=name) for n, name in enumerate(names, 10)
    ]
    folder = save_codebook(Codebook(features), tmp_path / "in" / "book")
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == len(names)
    assert len(list(folder.glob("*.yaml"))) == len(names)
    again = load_codebook(folder)
    assert {f.id: f.dimension for f in again} == {f.id: f.dimension for f in features}


# ---------------------------------------------------------------- tables


@pytest.fixture
def small():
    return pd.DataFrame(
        {"story_id": ["a", "b"], "source": "m", "prompt_id": ["p", "q"], "words": [500, 600],
         "EVT_DEN_01": [1.0, 2.0]}
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize(("column", "value", "says"), [
    ("EVT_DEN_01", np.inf, "EVT_DEN_01.*infinite value at the story 'b'"),
    ("EVT_DEN_01", -np.inf, "infinite"),
    ("words", np.inf, "Column words holds an infinite value at the story 'b'"),
    ("words", "many", "Column words must be numeric"),
])  # fmt: skip
def test_numbers_are_finite_where_tables_are_read(tmp_path, small, ending, column, value, says):
    path = tmp_path / f"t.{ending}"
    small[column] = [1.0, value] if not isinstance(value, str) else ["500", value]
    write_table(small, path)
    with pytest.raises(TableError, match=says):
        read_table(path)
    with pytest.raises(TableError, match=says):
        check_table(small)


@pytest.mark.parametrize("note", [
    "[1, 2]", "7", '"text"', "[" * 100_000 + "]" * 100_000, '{"a": ' * 50 + "1" + "}" * 50,
    '{"meta": {"a": 1}}', '{"judge": [1]}', "{",
], ids=lambda note: note[:12])  # fmt: skip
def test_a_record_of_another_form_is_refused(tmp_path, small, note):
    path = tmp_path / "t.parquet"
    table = pa.Table.from_pandas(small).replace_schema_metadata({"storyscope": note})
    pq.write_table(table, path)
    with pytest.raises(TableError, match=r"t\.parquet is not a feature table"):
        read_table(path)


def test_a_parquet_file_with_a_damaged_header_is_refused(tmp_path, small):
    """Byte by byte: the library raises an error of the system for some of them."""
    path = tmp_path / "t.parquet"
    write_table(small, path)
    content = path.read_bytes()
    foot = int.from_bytes(content[-8:-4], "little")
    refused = 0
    for at in range(len(content) - 8 - foot, len(content) - 8, max(1, foot // 60)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x0F]) + content[at + 1 :])
        try:
            read_table(path)
        except TableError:
            refused += 1
    assert refused > 5


def test_a_table_of_endless_rows_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "t.parquet"
    one = pa.table({name: pa.array(["a"]).dictionary_encode() for name in ("story_id", "source")})
    rows = pa.table(
        {n: pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000_000, "int8")), ["a"])
         for n in one.column_names}
    )  # fmt: skip
    with pq.ParquetWriter(path, rows.schema) as out:
        for _ in range(11):
            out.write_table(rows)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(TableError, match="110,000,000 rows of 2 columns"):
        read_table(path)


def test_formulas_are_marked_in_csv_and_come_back_as_they_were(tmp_path, small):
    odd = ["=1+1", "@sum", "+a", "-a", "'=b", "-5", "+1e3", "plain", "''@c", "\tx"]
    table = pd.concat([small.iloc[:1]] * len(odd), ignore_index=True)
    table["story_id"] = odd
    table["=head"] = odd
    path = write_table(table, tmp_path / "t.csv")
    text = path.read_text()
    assert "'=1+1" in text
    assert not any(cell.startswith(("=", "@", "\t")) for line in text.split("\n")
                   for cell in line.replace('"', "").split(","))  # fmt: skip
    again = read_table(path)
    assert again["story_id"].tolist() == odd
    assert list(again.columns) == list(table.columns)


# ---------------------------------------------------------------- names that are shown

NAMES = ["human", r"$\frac{1$", "$a_b$ and $x^", "\x1b[31mred\x1b[0m \x9b31m", "a\nb\u202ec"]


@pytest.fixture
def odd_table():
    rng = np.random.default_rng(0)
    ids = [f.id for f in default_codebook() if f.kind in ("number", "share")][:12]
    rows = [
        {"story_id": f"{s}/{p}", "source": s, "prompt_id": f"p{p}", "words": 600,
         **{f: rng.random() for f in ids}}
        for s in NAMES for p in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_names_are_drawn_as_plain_text(odd_table, tmp_path):
    from storyscope.compare import compare
    from storyscope.compare.figures import draw_map, draw_rarity, save_figures

    found = compare(odd_table, features="all", resamples=60, permutations=19)
    assert save_figures(found, tmp_path)
    figure = draw_rarity(found)  # a figure that is kept and written later, outside our style
    figure.savefig(tmp_path / "later.png")
    draw_map(found).savefig(tmp_path / "map.svg")
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert r"$\frac{1$" in labels
    assert all(guards.shown(t) == t for t in labels)


def test_names_do_not_steer_the_terminal(odd_table, tmp_path, cli):
    path = write_table(odd_table, tmp_path / "t.parquet")
    for more in ([], ["--full"], ["--json"]):
        status, out, err = cli("compare", path, "--features", "all", "--resamples", "60",
                               "--permutations", "19", *more)  # fmt: skip
        assert status == 0, err
        assert not set(out + err) & {"\x1b", "\x9b"}
        assert "red" in out


def test_all_stories_on_one_prompt(odd_table):
    from storyscope.compare import compare

    odd_table["prompt_id"] = "p"
    found = compare(odd_table, features="all", resamples=60, permutations=19)
    assert found.about.prompts == 1
    json.loads(found.to_json())


def test_a_comparison_of_very_many_sources_is_refused(odd_table):
    from storyscope.compare import compare

    many = pd.concat([odd_table[odd_table["source"] == "human"]] * 101, ignore_index=True)
    many["source"] = [f"s{i // 6}" for i in range(len(many))]
    many["story_id"] = many.index.astype(str)
    with pytest.raises(TableError, match=r"101 sources .* 100 at most.*--by family"):
        compare(many, features="all")
