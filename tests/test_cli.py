"""The command line as a user meets it: what it prints, as text and as JSON, and how it ends."""

import json
import re

import pytest
import typer

from storyscope.codebook import default_codebook
from storyscope.corpus import write_corpus
from storyscope.corpus.story import Story
from storyscope.table import write_table


@pytest.fixture
def table_path(tmp_path, table):
    return write_table(table, tmp_path / "table.parquet")


@pytest.fixture
def corpus_path(tmp_path, tale):
    stories = [
        Story(f"{p}-{s}", tale.replace("Noor", name), s, f"p{p}")
        for p in range(2)
        for s, name in (("m1", "Ana"), ("human", "Ivo"))
    ]
    return write_corpus(stories, tmp_path / "tales.jsonl")


def test_help_and_version(cli):
    status, out, _ = cli("--help")
    assert status == 0
    assert "see how stories are built" in out.lower()
    status, out, _ = cli("--version")
    assert out.startswith("storyscope ")


def test_help_lists_every_command_once_by_what_it_is_for(cli):
    from storyscope.cli import _TASKS, app

    _, out, _ = cli("--help")
    listed = [name for names in _TASKS.values() for name in names]
    assert sorted(listed) == sorted(typer.main.get_command(app).commands)
    heads = [line[:-1] for line in out.splitlines() if line.endswith(":") and line[0] != " "]
    assert heads == ["Options", *_TASKS]
    assert re.findall(r"^  ([a-z]\S*)  ", out, re.M) == listed


def test_wrong_usage_ends_with_two(cli):
    assert cli("no-such-command")[0] == 2
    assert cli("score")[0] == 2
    assert cli("features", "--no-such-option")[0] == 2


def test_features_lists_the_codebook_as_json(cli):
    status, out, err = cli("features", "--json")
    listed = json.loads(out)
    assert status == 0
    assert [f["id"] for f in listed] == [f.id for f in default_codebook()]
    assert {"id", "name", "dimension", "kind", "style", "answered_by"} <= set(listed[0])
    assert err == ""


def test_one_feature_is_shown_in_full(cli):
    status, out, _ = cli("features", "TMP_DRM_01")
    assert status == 0
    for label in ("question", "evidence", "source", "answered by"):
        assert label in out
    status, _, err = cli("features", "TMP_DMR_01")
    assert status == 1
    assert "Did you mean" in err
    assert "Traceback" not in err


def test_features_are_found_by_words(cli):
    found = [f["id"] for f in json.loads(cli("features", "first Dream", "--json")[1])]
    assert found == ["TMP_DRM_04"]
    assert len(json.loads(cli("features", "plt", "--json")[1])) == len(
        default_codebook().ids(dimension="plot")
    )
    status, _, err = cli("features", "zeppelins")
    assert (status, "No feature has 'zeppelins' in its id" in err) == (1, True)


def test_features_of_one_dimension(cli):
    listed = json.loads(cli("features", "--dimension", "plot", "--json")[1])
    assert listed
    assert {f["dimension"] for f in listed} == {"plot"}
    status, _, err = cli("features", "--dimension", "plots")
    assert status == 1
    assert "plot" in err


def test_a_corpus_is_checked(cli, corpus_path):
    status, out, _ = cli("corpus", "check", corpus_path)
    assert status == 0
    assert "4 stories, 2 sources, 2 prompts" in out
    found = json.loads(cli("corpus", "check", corpus_path, "--json")[1])
    assert found["stories"] == 4
    assert set(found["sources"]) == {"human", "m1"}


def test_bad_rows_are_named_and_make_the_status_one(cli, corpus_path):
    with corpus_path.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    status, out, err = cli("corpus", "check", corpus_path)
    assert status == 1
    assert "tales.jsonl, line 5" in err
    assert "4 stories" in out
    assert cli("corpus", "check", corpus_path, "--skip-bad")[0] == 0


def test_scores_are_written_and_summed_up(cli, corpus_path, tmp_path):
    target = tmp_path / "out.parquet"
    arguments = ("score", corpus_path, "-o", target, "--only", "EVT_DEN_01", "--workers", 1)
    status, out, _ = cli(*arguments, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["stories"] == 4
    assert found["features"] == 1
    assert "en_core_web_sm" in found["pipeline"]
    assert target.exists()


@pytest.mark.parametrize("command", ["compare", "fingerprint", "evaluate"])
def test_analyses_print_one_json_document(cli, table_path, command):
    status, out, _ = cli(command, table_path, "--json")
    assert status == 0
    assert json.loads(out)


@pytest.mark.parametrize("command", ["compare", "fingerprint", "evaluate"])
def test_analyses_print_tables_for_reading(cli, table_path, command):
    status, out, err = cli(command, table_path)
    assert status == 0
    assert "m1" in out
    assert "Traceback" not in err


def test_compare_writes_figures_and_json(cli, table_path, tmp_path):
    folder = tmp_path / "comparison"
    status, _, _ = cli("compare", table_path, "-o", folder)
    names = {p.name for p in folder.iterdir()}
    assert status == 0
    assert "comparison.json" in names
    assert {p.suffix for p in folder.iterdir()} >= {".json", ".png", ".svg"}
    json.loads((folder / "comparison.json").read_text(encoding="utf-8"))


def test_a_report_is_one_page_without_outside_requests(cli, table_path, tmp_path):
    page = tmp_path / "report.html"
    status, out, _ = cli("report", table_path, "-o", page)
    html = page.read_text(encoding="utf-8")
    assert status == 0
    assert str(page) in out
    assert "<svg" in html
    for outside in ('src="http', 'href="http', "@import", "url(http"):
        assert outside not in html


def test_a_model_is_trained_and_used(cli, corpus_path, tmp_path, table):
    from storyscope.corpus import read_corpus

    target = write_table(table, tmp_path / "t.parquet")
    status, out, _ = cli("train", target, "-o", tmp_path / "model", "--json")
    assert status == 0
    assert set(json.loads(out)["sources"]) == {"human", "m1", "m2"}
    assert json.loads(out)["texts"] == table["source"].value_counts().to_dict()
    text = tmp_path / "story.txt"
    text.write_text(next(iter(read_corpus(corpus_path))).text, encoding="utf-8")
    status, out, _ = cli("attribute", text, "--model", tmp_path / "model", "--json")
    found = json.loads(out)
    assert status == 0
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert {"confidence", "features", "passages", "warnings"} <= set(found)

    figure = tmp_path / "story.svg"
    status, out, err = cli("attribute", text, "--model", tmp_path / "model", "--plot", figure)
    assert status == 0
    assert "story.svg" in err
    assert "</svg>" in figure.read_text(encoding="utf-8")
    status, _, err = cli("attribute", text, "--model", tmp_path / "model", "--plot", "story.gif")
    assert status != 0
    assert ".png, .svg or .pdf, not 'story.gif'" in err


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("compare", "nowhere.parquet"), "nowhere.parquet"),
        (("score", "nowhere.jsonl"), "nowhere.jsonl"),
        (("attribute", "nowhere.txt"), "nowhere.txt"),
        (("corpus", "check", "nowhere"), "nowhere"),
        (("report", "nowhere.parquet"), "nowhere.parquet"),
    ],
)
def test_what_is_not_there_is_named_in_one_sentence(cli, command, named):
    status, out, err = cli(*command)
    assert status == 1
    assert named in err
    assert "Traceback" not in err
    assert out == ""


# --- files as people have them -----------------------------------------------------------------


def test_lines_lost_to_an_unclosed_quote_are_no_single_row_to_skip(cli, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('text\nIt rained all day.\n"Never closed\nlost\nlost too\n')
    status, _, err = cli("corpus", "check", path, "--skip-bad")
    assert status == 1
    assert "t.csv, lines 3 to 5" in err
    assert "3 lines of the file went with that" in err


def test_what_was_found_out_about_a_file_is_said(cli, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("text;author\nHer café.;m1\n".encode("cp1252"))
    status, out, _ = cli("corpus", "check", path)
    assert status == 0
    for part in ("semicolons", "Windows-1252", "--column source=author"):
        assert part in out


@pytest.mark.parametrize(
    ("command", "ends"),
    [
        (("compare", "--resamples", 50, "--permutations", 19), 0),
        (("evaluate",), 1),
        (("train",), 1),
    ],
)
def test_texts_are_found_under_another_column(cli, table, tmp_path, command, ends):
    path = tmp_path / "texts.jsonl"
    rows = [{"id": i, "body": f"It rained on {i}."} for i in table["story_id"][:-1]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    target = write_table(table, tmp_path / "t.parquet")
    status, _, err = cli(*command, target, "--texts", path)
    assert status == 1
    assert "--column text=NAME" in err
    status, _, err = cli(*command, target, "--texts", path, "--column", "text=body")
    assert status == ends
    assert ("1 stories of the table are not in" in err) == bool(ends)


def test_files_of_a_folder_that_are_no_texts_are_named(cli, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/short.txt").write_text("Too short.")
    (tmp_path / "in/picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "in/README.md").write_text("About.")
    status, _, err = cli("attribute", tmp_path / "in")
    assert status == 1
    assert "picture.png: it ends in '.png', which is not read" in err
    assert "2 of 2 texts" in err


def test_a_table_of_another_codebook_is_taken_or_its_codebook_asked_for(cli, tmp_path):
    cells = "".join(
        f"{m},p{k},{3 * n + k % 3},{'yes' if (k + n) % 3 else 'no'}\n"
        for k in range(12)
        for n, m in enumerate(("human", "gpt", "claude"))
    )
    (tmp_path / "judged.csv").write_text("llm,story,pace,open\n" + cells)
    (tmp_path / "mapping.yaml").write_text("source: llm\nprompt_id: story\n")
    target = tmp_path / "t.parquet"
    assert (
        cli("import-table", tmp_path / "judged.csv", tmp_path / "mapping.yaml", "-o", target)[0]
        == 0
    )
    status, out, _ = cli("fingerprint", target, "--json")
    assert status == 0
    assert "IMP_ANS_01" in out
    (tmp_path / "t.codebook").rename(tmp_path / "elsewhere")
    status, _, err = cli("fingerprint", target)
    assert status == 1
    assert "column of another codebook than the shipped one (IMP_ANS_01)" in err
    assert cli("fingerprint", target, "--codebook", tmp_path / "elsewhere")[0] == 0


def test_a_report_shows_a_table_of_another_codebook(tmp_path):
    from storyscope.imported import as_mapping, import_table
    from storyscope.report import report

    cells = "".join(
        f"{m},p{k},{(k * 7 + len(m)) % 5}\n" for k in range(12) for m in ("human", "gpt", "ab")
    )
    (tmp_path / "judged.csv").write_text("llm,story,pace\n" + cells)
    found = import_table(
        tmp_path / "judged.csv", as_mapping({"source": "llm", "prompt_id": "story"})
    )
    page = tmp_path / "page.html"
    told = report(found.table, page, codebook=found.codebook, evaluations=[])
    assert told["codebook"] == found.codebook.version
    assert "What does the column pace say?" in page.read_text(encoding="utf-8")


def test_the_demo_says_what_guessing_would_reach(capsys):
    from storyscope.cli.demo import print_findings

    macro = {"macro_f1": {"value": 0.5, "low": 0.4, "high": 0.6}}
    one = {"name": "all", "n_features": 3, "held_out": "versions", "sources": list("abcd")}
    print_findings({"evaluations": [{**one, "metrics": macro}]})
    out = capsys.readouterr().out
    assert "guessing" in out
    assert "0.250" in out
