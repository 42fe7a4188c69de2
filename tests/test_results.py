"""What commands do to what lies where their results go, and how they end when they are stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module

import pytest

from storyscope import cli as command_line
from storyscope.attribute import Attributor, Panel
from storyscope.corpus import Story, write_corpus
from storyscope.table import is_table, read_table, write_table

ONE = ("--only", "EVT_DEN_01", "--workers", 1)
MAPPING = "source: source\nprompt_id: prompt_id\nstory_id: story_id\nname: mine\n"


@pytest.fixture
def here(tmp_path, table, tale, monkeypatch):
    """A folder with one of everything that commands read."""
    monkeypatch.chdir(tmp_path)
    write_table(table, tmp_path / "table.parquet")
    write_table(table.head(6), tmp_path / "few.parquet")
    write_corpus([Story(f"s{k}", tale, "m", f"p{k}") for k in range(2)], tmp_path / "tales.jsonl")
    (tmp_path / "tale.txt").write_text(tale, encoding="utf-8")
    judged = table[["story_id", "source", "prompt_id", "TMP_TNS_01"]]
    judged.rename(columns={"TMP_TNS_01": "tense"}).to_csv(tmp_path / "judged.csv", index=False)
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


FILES = [
    ("score", "tales.jsonl", *ONE, "-o", "out.csv"),
    ("score", "tales.jsonl", *ONE, "-o", "out.parquet"),
    ("score", "tales.jsonl", *ONE, "--evidence", "out.parquet"),
    ("report", "table.parquet", "-o", "out.html"),
    ("diff", "table.parquet", "--old", "m1", "--new", "m2", "--html", "out.html"),
    ("demo", "-o", "out.html"),
    ("import-table", "judged.csv", "mapping.yaml", "-o", "out.parquet"),
    ("attribute", "tale.txt", "-o", "out.csv"),
    ("attribute", "tale.txt", "-o", "out.json"),
    ("attribute", "tale.txt", "--plot", "out.png"),
    ("attribute", "tale.txt", "--html", "out.html"),
    ("attribute", "--table", "few.parquet", "-o", "out.csv"),
]
FOLDERS = [
    ("compare", "table.parquet", "-o", "out"),
    ("train", "table.parquet", "-o", "out"),
    ("calibrate", "table.parquet", "-o", "out"),
    ("features", "--write", "out"),
]


HOLDING = """
import sys
from storyscope.paths import claimed
with claimed(sys.argv[1], folder="." not in sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def named(command):
    return " ".join(map(str, command))


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def no_work(monkeypatch):
    """Any work of a command fails the test: what is wrong must be noticed before."""

    def work(*args, **kwargs):
        pytest.fail("the work was begun")

    monkeypatch.setattr("storyscope.extract.run._count", work)
    monkeypatch.setattr("storyscope.table.read_table", work)
    monkeypatch.setattr("storyscope.imported.import_table", work)
    monkeypatch.setattr(Attributor, "load", work)
    monkeypatch.setattr(Panel, "__init__", work)
    monkeypatch.setattr("storyscope.codebook_convert.save_codebook", work)


@pytest.mark.parametrize("command", FILES, ids=named)
def test_a_file_of_the_users_is_not_replaced(cli, here, no_work, command):
    (here / command[-1]).write_text("story_id,text\na,my own file\n", encoding="utf-8")
    before = everything(here)
    status, out, err = cli(*command)
    assert (status, out) == (1, "")
    assert f"Error: {command[-1]} is not replaced, since storyscope did not make it" in err
    assert everything(here) == before


@pytest.mark.parametrize("command", FOLDERS, ids=named)
def test_a_folder_of_the_users_is_not_replaced(cli, here, no_work, command):
    (here / "out" / "drafts").mkdir(parents=True)
    (here / "out" / "model.json").write_text("{}", encoding="utf-8")
    (here / "out" / "comparison.json").write_text("{}", encoding="utf-8")
    (here / "out" / "drafts" / "one.txt").write_text("mine", encoding="utf-8")
    before = everything(here)
    status, out, err = cli(*command)
    assert (status, out) == (1, "")
    assert "Error: The folder out holds other things than storyscope made" in err
    assert everything(here) == before


@pytest.mark.parametrize("command", FILES, ids=named)
def test_a_missing_folder_is_noticed_before_the_work(cli, here, no_work, command):
    status, out, err = cli(*command[:-1], f"none/{command[-1]}")
    assert (status, out) == (1, "")
    assert err == "Error: The folder none does not exist; make it first.\n"


@pytest.mark.parametrize("command", [*FILES, *FOLDERS], ids=named)
def test_a_second_run_at_a_place_is_told_so_at_once(cli, here, no_work, command):
    holding = [sys.executable, "-c", HOLDING, command[-1]]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        before = everything(here)
        status, out, err = cli(*command)
        assert (status, out) == (1, "")
        assert f"Error: Another run is writing {command[-1]}; wait until it has ended" in err
        assert everything(here) == before
        first.stdin.close()


@pytest.mark.parametrize(
    "command",
    [
        ("import-table", "table.parquet", "mapping.yaml", "-o", "table.parquet"),
        ("features", "--table", "table.parquet", "-o", "./table.parquet"),
        ("score", "table.parquet", *ONE, "-o", "table.parquet"),
    ],
    ids=named,
)
def test_what_is_read_is_not_written_over(cli, here, command):
    before = everything(here)
    write_corpus([Story("a", "Rain. " * 90, "m", "p")], here / "c.jsonl")
    before = everything(here)
    status, _, err = cli(*command)
    assert status == 1
    assert "Error: " in err
    assert everything(here) == before


@pytest.mark.parametrize(
    "command",
    [c for c in [*FILES, *FOLDERS] if c[0] != "demo"],
    ids=named,
)
def test_what_a_command_made_it_replaces(cli, here, command):
    quick = ("--resamples", 60, "--permutations", 49) if command[0] == "compare" else ()
    quick = ("--no-evaluate",) if command[0] == "train" else quick
    assert cli(*command, *quick)[0] == 0
    first = everything(here)
    assert cli(*command, *quick)[0] == 0
    assert everything(here).keys() == first.keys()


def test_a_half_written_comparison_is_never_seen(cli, here, monkeypatch):
    quick = ("--resamples", 60, "--permutations", 49, "--features", "all")
    assert cli("compare", "table.parquet", "-o", "out", *quick)[0] == 0
    before = everything(here)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_module("storyscope.compare.figures"), "save_figures", full)
    status, _, err = cli("compare", "table.parquet", "-o", "out", *quick)
    assert status == 1
    assert err == (
        "Error: out: no space left on device; make room there, and run the command again.\n"
    )
    assert everything(here) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [("features",), ("features", "--json")], ids=named)
def test_a_full_output_is_one_sentence(command):
    script = "from storyscope.cli import main; main()"
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-c", script, *command], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert run.returncode == 1
    assert run.stderr == (
        "Error: no space left on device; make room there, and run the command again.\n"
    )


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(13, "x", "a.csv"), "a.csv: permission denied; change its permissions"),
        (OSError(30, "x", b"a.csv"), "a.csv: read-only file system; name a place that can be"),
        (OSError("Arrow says this"), "Arrow says this"),
        (OSError(5, "x"), "input/output error."),
        (MemoryError(), "not enough memory"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(cli, monkeypatch, error, says):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr("storyscope.corpus.read_corpus", refuse)
    status, _, err = cli("corpus", "check", "tales.jsonl")
    assert status == 1
    assert err.startswith("Error: ")
    assert says in err
    assert err.count("\n") == 1


def test_ctrl_c_says_what_is_left(cli, here, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("storyscope.report.summary"), "summarise", interrupt)
    status, _, err = cli("report", "table.parquet", "-o", "page.html")
    assert (status, err) == (130, "Stopped. Nothing was written to page.html.\n")
    (here / "page.html").touch()
    status, _, err = cli("report", "table.parquet", "-o", "page.html")
    assert (status, err) == (130, "Stopped. page.html is as it was.\n")
    monkeypatch.setattr("storyscope.extract.run.measure_shard", interrupt)
    status, _, err = cli("score", "tales.jsonl", *ONE, "-o", "t.parquet")
    assert (status, err) == (130, "Stopped. No story was measured yet.\n")
    assert not list(here.glob(".*"))
    assert not (here / "t.parquet.parts").exists()


def test_signals_are_as_before_once_a_command_has_ended(cli):
    before = signal.getsignal(signal.SIGTERM)
    cli("--version")
    assert signal.getsignal(signal.SIGTERM) == before
    with command_line._signals(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


LONG = """
import multiprocessing, sys
from storyscope.extract import run
from storyscope import cli
run.SHARD_WORDS = 2000
said = []

def watch(self, *args):
    progress(self, *args)
    children = [c.pid for c in multiprocessing.active_children()]
    if children and not said:
        said.append(print(*children, file=sys.stderr, flush=True))

progress = run.Progress.__init__
run.Progress.__init__ = watch
sys.argv[1:] = ["score", "long.jsonl", "-o", "long.parquet", "--workers", "2"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(here, tale, monkeypatch, number):
    monkeypatch.setenv("STORYSCOPE_CACHE", "off")
    stories = [Story(f"s{k}", f"Day {k}. " + tale * 8, "m", f"p{k}") for k in range(80)]
    write_corpus(stories, here / "long.jsonl")
    run = subprocess.Popen([sys.executable, "-c", LONG], stderr=subprocess.PIPE, text=True)
    workers = [int(pid) for pid in run.stderr.readline().split()]
    assert workers
    run.send_signal(number)
    said = run.stderr.read()
    run.stderr.close()
    status = run.wait()
    until = time.monotonic() + 30
    while any(map(alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    if number != signal.SIGKILL:
        assert status == 128 + number
        assert "stories are measured and kept in long.parquet.parts" in said
        assert "--resume" in said
        assert "Traceback" not in said


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_stale_rows_are_told(cli, here, tale):
    stories = [Story(f"s{k}", tale, "m", f"p{k}", meta={"size": k}) for k in range(3)]
    write_corpus(stories, here / "tales.jsonl")
    assert cli("score", "tales.jsonl", *ONE, "-o", "whole.parquet")[0] == 0
    # A run that measured everything and could not write.
    with pytest.MonkeyPatch.context() as patch:

        def full(*args):
            raise OSError(28, "No space left on device", "t.parquet")

        patch.setattr("storyscope.extract.run.write_table", full)
        status, _, err = cli("score", "tales.jsonl", *ONE, "-o", "t.parquet")
    assert status == 1
    assert "no space left" in err
    assert "3 of 3 stories are measured and kept in t.parquet.parts" in err
    write_corpus(stories[1:], here / "tales.jsonl")
    status, out, err = cli("score", "tales.jsonl", *ONE, "-o", "t.parquet", "--resume", "--json")
    assert status == 0
    assert json.loads(out)["stories"] == 2
    assert "1 stories that the unfinished run had measured are gone or not the same" in err
    assert read_table("t.parquet")["story_id"].tolist() == ["s1", "s2"]


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        ("story_id,source,prompt_id,words\n", True),
        ('"story_id","source","prompt_id","words"\n', True),
        ("story_id,source,prompt_id,text\n", False),
        ("id,source,prompt_id\n", False),
        ("\xff", False),
    ],
)
def test_a_csv_table_is_known_by_its_columns(tmp_path, content, ours):
    (tmp_path / "t.csv").write_text(content, encoding="latin-1")
    assert is_table(tmp_path / "t.csv") is ours
