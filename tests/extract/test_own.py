"""Measures written outside the package: registered, scored, recorded, and never mixed with its own."""

import json
import linecache
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import storyscope as ss
from storyscope.cli.tables import opened
from storyscope.errors import CodebookError, StoryscopeError, TableError
from storyscope.extract import MEASURES_VERSION, own
from storyscope.extract.own import load_measures, measures_code
from storyscope.table import join_tables, read_table, write_table

TEXT = "The tide came in and the sea was grey. She ran to the door. " * 20

BOOK = """
dimension: setting
features:
  - id: SEA_WTR_01
    name: water words
    question: How often is the sea named?
    kind: number
    range: [0, 100]
    unit: per 1,000 words
    evidence: The words sea, tide and wave.
    answered_by: measure
    source: our own
"""

FILE = '''
import storyscope as ss
from wordlist import WATER

@ss.measure("SEA_WTR_01")
def water(reading):
    """Water words."""
    found = [i for i, lemma in enumerate(reading.lemma) if lemma in WATER]
    return ss.Measured(1000 * len(found) / reading.n_words, [(i, i + 1) for i in found])
'''


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """No test leaves a measure behind, nor a module."""
    monkeypatch.setattr(own, "_OWN", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in [m for m in sys.modules if m.startswith("storyscope_measures_") or m == "wordlist"]:
        del sys.modules[name]


@pytest.fixture
def sea(tmp_path):
    """A codebook and a file of measures on disk, with a list of words beside it."""
    (tmp_path / "sea.yaml").write_text(BOOK)
    (tmp_path / "sea.py").write_text(FILE)
    (tmp_path / "wordlist.py").write_text('WATER = {"sea", "tide", "wave"}\n')
    return tmp_path


def tales(n=3):
    return ss.Corpus.from_stories([ss.Story(f"s{k}", TEXT, "human", f"p{k}") for k in range(n)])


def register(words=frozenset({"sea", "tide"}), feature="SEA_WTR_01"):
    @ss.measure(feature)
    def water(reading):
        return 1000 * sum(lemma in words for lemma in reading.lemma) / reading.n_words

    return water


def test_it_is_scored_by_its_codebook_and_recorded_apart(sea):
    load_measures(sea / "sea.py")
    book = ss.load_codebook(sea / "sea.yaml")
    table = ss.score(tales(), codebook=book)
    assert table.columns.tolist() == ["story_id", "source", "prompt_id", "words", "SEA_WTR_01"]
    assert table["SEA_WTR_01"].round(3).tolist() == [round(2000 / 14, 3)] * 3
    made = table.attrs["storyscope"]
    assert made["codebook"] == book.version != ss.default_codebook().version
    assert made["measures"].startswith(f"{MEASURES_VERSION}+")


def test_its_values_do_not_join_those_of_the_package(sea):
    load_measures(sea / "sea.py")
    one = ss.score(tales(1), codebook=ss.load_codebook(sea / "sea.yaml"))
    other = ss.score(tales(1), only=["EVT_DEN_01"])
    with pytest.raises(TableError, match="a and b were made by different codebook"):
        join_tables({"a": one, "b": other})


def test_features_of_both_stand_in_one_table_and_the_package_s_are_unchanged(sea):
    load_measures(sea / "sea.py")
    both = ss.Codebook([*ss.default_codebook(), *ss.load_codebook(sea / "sea.yaml")])
    table = ss.score(tales(1), codebook=both, only=["EVT_DEN_01", "SEA_WTR_01"])
    assert table["EVT_DEN_01"].equals(ss.score(tales(1), only=["EVT_DEN_01"])["EVT_DEN_01"])
    assert "SEA_WTR_01" in table


def test_a_value_points_at_its_passages(sea):
    load_measures(sea / "sea.py")
    story = ss.measure_text(TEXT, codebook=ss.load_codebook(sea / "sea.yaml"), tagger=False)
    first = story.evidence("SEA_WTR_01")[0]
    assert (TEXT[first.start : first.end], first.reason) == ("tide", "water words")


def test_another_constant_function_or_file_is_another_code(sea):
    codes = []
    for words in ({"sea"}, {"sea", "tide"}):
        own._OWN.clear()
        register(words)
        codes.append(measures_code(["SEA_WTR_01"]))
    own._OWN.clear()
    load_measures(sea / "sea.py")
    codes.append(measures_code(["SEA_WTR_01"]))
    path = sea / "sea.py"
    path.write_text(FILE.replace("1000", "2000"))
    load_measures(path)
    codes.append(measures_code(["SEA_WTR_01"]))
    assert len(set(codes)) == 4


def test_a_comment_is_no_other_code(sea):
    load_measures(sea / "sea.py")
    before = measures_code(["SEA_WTR_01"])
    (sea / "sea.py").write_text(FILE.replace('"""Water words."""', '"""Wet."""  # as above'))
    load_measures(sea / "sea.py")
    assert measures_code(["SEA_WTR_01"]) == before


def test_a_helper_of_one_s_own_counts_and_one_of_the_package_does_not(tmp_path):
    for n, rate in enumerate((1, 2)):
        (tmp_path / f"m{n}.py").write_text(
            "import storyscope as ss\n"
            f"def per(n): return {rate} * n\n"
            '@ss.measure("SEA_WTR_01")\ndef f(reading): return per(len(ss.__all__))\n'
        )
    codes = []
    for n in (0, 1):
        load_measures(tmp_path / f"m{n}.py")
        codes.append(measures_code(["SEA_WTR_01"]))
    assert codes[0] != codes[1]


def test_workers_run_the_file_themselves(sea, monkeypatch, tmp_path):
    from storyscope.extract import run

    monkeypatch.setattr(run, "SHARD_WORDS", 300)
    load_measures(sea / "sea.py")
    book = ss.load_codebook(sea / "sea.yaml")
    one = ss.score(tales(6), codebook=book, tagger=False)
    two = ss.score(tales(6), codebook=book, tagger=False, workers=2)
    pd.testing.assert_frame_equal(one, two)


def test_a_measure_in_no_file_is_for_one_process(sea, monkeypatch):
    cell = FILE.replace("from wordlist import WATER", "WATER = {'sea'}")
    monkeypatch.setitem(
        linecache.cache, "<cell>", (len(cell), None, cell.splitlines(True), "<cell>")
    )
    exec(compile(cell, "<cell>", "exec"), {"__name__": "cells"})
    with pytest.raises(StoryscopeError, match="workers=1"):
        ss.score(tales(1), codebook=ss.load_codebook(sea / "sea.yaml"), workers=2)


def test_what_has_no_source_is_not_scored(sea):
    exec(compile(FILE.replace("from wordlist import WATER", "WATER = {}"), "<none>", "exec"), {})
    with pytest.raises(StoryscopeError, match="source of water, by which SEA_WTR_01"):
        ss.score(tales(1), codebook=ss.load_codebook(sea / "sea.yaml"))


def test_an_id_of_the_package_is_refused():
    with pytest.raises(CodebookError, match="TMP_DRM_01 is a feature that ships"):
        ss.measure("TMP_DRM_01")(lambda reading: "yes")


def test_an_altered_feature_of_the_package_is_refused():
    altered = replace(ss.default_codebook()["EVT_DEN_01"], question="Something else?")
    with pytest.raises(CodebookError, match=r"EVT_DEN_01 .* asks something else"):
        ss.score(tales(1), codebook=ss.Codebook([altered], name="mine"))


def test_two_functions_for_one_feature_are_refused():
    register()

    def other(reading):
        return 1

    with pytest.raises(CodebookError, match=r"measured by .*water already"):
        ss.measure("SEA_WTR_01")(other)


def test_a_feature_that_nothing_measures_is_told(sea):
    with pytest.raises(CodebookError, match=r"SEA_WTR_01 \(water words\).*--measures"):
        ss.score(tales(1), codebook=ss.load_codebook(sea / "sea.yaml"))


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("number", "many", "gave 'many', and a number takes a number"),
        ("number", True, "gave True"),
        ("number", float("inf"), "takes a finite number"),
        ("binary", "maybe", "takes one of yes, no"),
        ("number", ss.Measured(1.0, [(0, 10**6)]), r"points at tokens \(0, 1000000\)"),
    ],
)
def test_a_wrong_value_names_feature_and_cure(sea, kind, value, said):
    ss.measure("SEA_WTR_01")(lambda reading: value)
    feature = ss.load_codebook(sea / "sea.yaml")["SEA_WTR_01"]
    if kind == "binary":
        feature = replace(feature, kind=kind, range=None, values={"yes": "", "no": ""})
    with pytest.raises(CodebookError, match=said):
        ss.score(tales(1), codebook=ss.Codebook([feature], name="sea"))


def test_without_the_tagger_what_asks_it_is_undefined(sea):
    ss.measure("SEA_WTR_01")(lambda reading: len(reading.told("dream")))
    table = ss.score(tales(1), codebook=ss.load_codebook(sea / "sea.yaml"), tagger=False)
    assert table["SEA_WTR_01"].isna().all()


def test_on_the_command_line_and_back(sea, cli):
    corpus = sea / "tales.jsonl"
    rows = [
        {"id": f"s{k}", "text": TEXT, "source": f"m{k % 2}", "prompt_id": "p"} for k in range(4)
    ]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = sea / "t.parquet"
    asked = ("--codebook", sea / "sea.yaml", "--measures", sea / "sea.py", "--fast")
    status, _, err = cli("score", corpus, "-o", table, *asked)
    assert status == 0, err
    data, book = opened(table, None)  # as every command that reads a table does
    assert book.name == "t.codebook"
    assert data["SEA_WTR_01"].round(2).tolist() == [142.86] * 4
    own._OWN.clear()
    status, _, err = cli("score", corpus, "-o", table, "--codebook", sea / "t.codebook")
    assert status == 1
    assert "No measure is registered for SEA_WTR_01" in err
    status, _, err = cli("score", corpus, "-o", table, "--measures", sea / "sea.py")
    assert status == 2
    assert "goes with --codebook" in " ".join(err.split())


def test_a_model_of_own_features_reads_a_text(sea, tmp_path):
    load_measures(sea / "sea.py")
    book = ss.load_codebook(sea / "sea.yaml")
    stories = [
        ss.Story(
            f"{s}{k}", ("The sea rose. " if s == "a" else "The door fell. ") * (40 + k), s, f"p{k}"
        )
        for k in range(12)
        for s in "ab"
    ]
    table = ss.score(ss.Corpus.from_stories(stories), codebook=book)
    model = ss.Attributor("all", trees=20).fit(table, codebook=book)
    answer = model.attribute("The sea rose. " * 45)
    assert not any("measured otherwise" in reason for reason in answer.no_ground)
    assert answer.no_ground or answer.reads_like == "a"


def test_a_script_s_own_processes_measure_as_well(sea):
    """The whole way of a user with a script: registered in it, scored by two processes."""
    script = sea / "script.py"
    script.write_text(
        FILE + "\nfrom storyscope.extract import run\nrun.SHARD_WORDS = 300\n"
        'if __name__ == "__main__":\n'
        f"    text = {TEXT!r}\n"
        "    tales = [ss.Story(f's{k}', text, 'human', 'p') for k in range(6)]\n"
        "    book = ss.load_codebook('sea.yaml')\n"
        "    table = ss.score(ss.Corpus.from_stories(tales), codebook=book, workers=2, tagger=False)\n"
        "    print(table['SEA_WTR_01'].nunique(), table.attrs['storyscope']['measures'])\n"
    )
    done = subprocess.run([sys.executable, script], cwd=sea, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"1 {MEASURES_VERSION}+")


def test_a_table_keeps_its_codebook_s_name(sea, tmp_path):
    load_measures(sea / "sea.py")
    book = ss.load_codebook(sea / "sea.yaml")
    path = write_table(ss.score(tales(1), codebook=book), tmp_path / "t.parquet")
    assert read_table(path, book).attrs["storyscope"]["codebook_name"] == "sea.yaml"


def test_the_page_about_it_can_be_followed(tmp_path):
    """The two files of `docs/own_features.md`, as they stand there."""
    page = (Path(__file__).resolve().parents[2] / "docs/own_features.md").read_text(
        encoding="utf-8"
    )
    for kind, name in (("yaml", "sea.yaml"), ("python", "sea.py")):
        block = page.split(f"```{kind}\n")[1].split("```")[0]
        (tmp_path / name).write_text(block, encoding="utf-8")
    load_measures(tmp_path / "sea.py")
    table = ss.score(tales(1), codebook=ss.load_codebook(tmp_path / "sea.yaml"), tagger=False)
    assert table["SEA_WTR_01"].tolist() == [2000 / 14]
