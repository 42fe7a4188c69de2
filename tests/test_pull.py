"""Pulling corpora: cards, downloads from a server on loopback, layouts, and the command."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pandas as pd
import pytest
from servers import files, loopback
from servers.files import COMMIT, blob, results

from storyscope.corpus import audit, read_corpus
from storyscope.errors import PullError
from storyscope.pull import LAYOUTS, TABLES, Remote, fetch, find_card, load_card, load_cards, pull
from storyscope.pull.download import _Redirects

ROOT = Path(__file__).resolve().parents[1]
BODY = bytes(range(256)) * 4000  # about a megabyte
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def origin():
    with files.serving() as server:
        yield server


@pytest.fixture
def waits():
    """What was waited for between attempts, without waiting."""
    return []


def card_file(folder: Path, **fields) -> Path:
    card = {
        "name": "tales", "title": "Tales", "origin": "Somebody 2026", "licence": "CC0",
        "homepage": "https://example.org/tales",
        "parts": {"stories": {"layout": "corpus", "files": [{"path": "tales.jsonl"}]}},
    } | fields  # fmt: skip
    path = folder / "card.yaml"
    path.write_text(json.dumps(card), encoding="utf-8")  # JSON is YAML
    return path


def jsonl(n: int, writer: str = "m1") -> bytes:
    rows = [
        {"prompt_id": f"p{i}", "source": writer, "text": f"Door {i} was open. " * 30}
        for i in range(n)
    ]
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


def at(origin, folder, **fields):
    """A card of a plain address."""
    return load_card(card_file(folder, **{"from": {"url": origin.url}}, **fields))


# Cards


def test_shipped_cards_are_whole_and_name_layouts_that_are_there():
    cards = load_cards()
    assert {"storyscope", "slop5", "litbank"} <= set(cards)
    for name, card in cards.items():
        assert card.name == name
        assert card.chosen()
        assert all(part.layout in {**LAYOUTS, **TABLES} for part in card.parts)
        assert card.homepage.startswith("https://")
        assert card.columns
    assert {name for name, card in cards.items() if not card.allowed} == {"eqbench_cw3"}
    assert not [name for name, card in cards.items() if card.allowed and "none" in card.licence]


def test_the_page_on_corpora_names_every_card_and_layout():
    page = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
    table = page.split("| name |")[1].split("\n\n")[0]
    for name, card in load_cards().items():
        row = next(line for line in table.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.split("|")[3].strip().split(":")[0] in card.licence
    assert not [name for name in {**LAYOUTS, **TABLES} if f"`{name}`" not in page]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"from": {"url": "http://x", "hub": "a/b"}}, "'from' names one of hub, github, url"),
        ({"from": {"url": "http://x"}, "licence": ""}, "lacks 'licence'"),
        ({"from": {"url": "http://x"}, "colour": 1}, "has no field 'colour'"),
        ({"from": {"url": "http://x"}, "name": "../up"}, "is not a name"),
        ({"from": {"url": "http://x"}, "parts": {"a": {"layout": "odd", "files": [{}]}}}, "'odd'"),
        (
            {"from": {"url": "http://x"},
             "parts": {"a": {"layout": "corpus", "files": [{"path": "../../etc"}]}}},
            "not a path within the origin",
        ),
    ],
)  # fmt: skip
def test_a_card_that_is_wrong_says_where(tmp_path, fields, says):
    with pytest.raises(PullError, match=r"card\.yaml") as caught:
        load_card(card_file(tmp_path, **fields))
    assert says in str(caught.value)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(PullError, match="Did you mean 'litbank'"):
        find_card("litbnk")


# One file


def test_a_file_arrives_whole_and_checked(origin, tmp_path):
    origin.files["a.bin"] = BODY
    seen = []
    found = fetch(
        Remote("a.bin", f"{origin.url}/a.bin", len(BODY), SHA),
        tmp_path / "deep" / "a.bin",
        progress=lambda *told: seen.append(told),
    )
    assert (tmp_path / "deep/a.bin").read_bytes() == BODY
    assert (found.size, found.sha256, found.checked) == (len(BODY), SHA, "sha256")
    assert seen[-1] == ("a.bin", len(BODY), len(BODY))
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.bin"]


@pytest.mark.parametrize("etag", [True, False])
def test_a_broken_connection_is_gone_on_with(origin, tmp_path, waits, etag):
    origin.files["a.bin"] = BODY
    origin.cut, origin.times, origin.etag = 300_000, 2, etag
    fetch(Remote("a.bin", f"{origin.url}/a.bin", None, SHA), tmp_path / "a.bin", wait=waits.append)
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert origin.spans("a.bin") == ["", "bytes=300000-", "bytes=600000-"]
    assert len(waits) == 2


def test_a_server_without_ranges_sends_all_of_it_anew(origin, tmp_path, waits):
    origin.files["a.bin"] = BODY
    origin.ranges, origin.cut, origin.times = False, 300_000, 1
    found = fetch(
        Remote("a.bin", f"{origin.url}/a.bin", len(BODY), SHA),
        tmp_path / "a.bin",
        wait=waits.append,
    )
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert origin.spans("a.bin") == ["", "bytes=300000-"]
    assert found.received == 300_000 + len(BODY)


def test_a_server_that_always_breaks_at_the_same_place_is_given_up(origin, tmp_path, waits):
    origin.files["a.bin"] = BODY
    origin.ranges, origin.cut, origin.times = False, 300_000, 99
    with pytest.raises(PullError, match=r"connection broke within a\.bin.*is kept"):
        fetch(
            Remote("a.bin", f"{origin.url}/a.bin", None, SHA),
            tmp_path / "a.bin",
            wait=waits.append,
        )
    assert not (tmp_path / "a.bin").exists()
    assert len(origin.log) == 5


def test_an_earlier_start_of_another_content_is_given_up(origin, tmp_path):
    """The file changed between two starts: old and new bytes must not be joined."""
    origin.files["a.bin"] = BODY
    remote = Remote("a.bin", f"{origin.url}/a.bin")
    origin.cut, origin.times = 300_000, 1

    def stop(seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(remote, tmp_path / "a.bin", wait=stop)
    assert (tmp_path / "a.bin.part").read_bytes() == BODY[:300_000]
    origin.files["a.bin"] = BODY[::-1]
    fetch(remote, tmp_path / "a.bin")
    assert origin.spans("a.bin") == ["", "bytes=300000-"]
    assert (tmp_path / "a.bin").read_bytes() == BODY[::-1]


def test_a_start_that_nothing_can_vouch_for_is_given_up(origin, tmp_path):
    origin.files["a.bin"], origin.etag = BODY, False
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    fetch(Remote("a.bin", f"{origin.url}/a.bin"), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert origin.spans("a.bin") == [""]


def test_a_start_of_an_older_version_is_given_up(origin, tmp_path):
    origin.files["a.bin"], origin.cut, origin.times = BODY[::-1], 300_000, 1

    def stop(seconds):
        raise KeyboardInterrupt

    old = hashlib.sha256(BODY[::-1]).hexdigest()
    with pytest.raises(KeyboardInterrupt):
        fetch(Remote("a.bin", f"{origin.url}/a.bin", None, old), tmp_path / "a.bin", wait=stop)
    origin.files["a.bin"] = BODY
    fetch(Remote("a.bin", f"{origin.url}/a.bin", None, SHA), tmp_path / "a.bin")
    assert origin.spans("a.bin") == ["", ""]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_an_empty_file(origin, tmp_path):
    origin.files["a.bin"] = b""
    for size in (0, None):
        fetch(Remote("a.bin", f"{origin.url}/a.bin", size, None, blob(b"")), tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == b""


def test_a_start_longer_than_the_file_is_given_up(origin, tmp_path, waits):
    origin.files["a.bin"] = BODY
    (tmp_path / "a.bin.part").write_bytes(BODY + BODY)
    fetch(Remote("a.bin", f"{origin.url}/a.bin", None, SHA), tmp_path / "a.bin", wait=waits.append)
    assert (tmp_path / "a.bin").read_bytes() == BODY


@pytest.mark.parametrize(
    "remote",
    [
        {"sha256": "0" * 64},
        {"blob": "0" * 40},
        {"size": len(BODY) - 1},
        {"size": len(BODY) + 1},
    ],
    ids=["sha256", "git", "longer", "shorter"],
)
def test_other_content_is_thrown_away(origin, tmp_path, waits, remote):
    origin.files["a.bin"] = BODY
    with pytest.raises(PullError, match=r"not what it should be.*--accept-changed"):
        fetch(
            Remote("a.bin", f"{origin.url}/a.bin", **remote),
            tmp_path / "a.bin",
            wait=waits.append,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_waited_for_as_it_asks(origin, tmp_path, waits):
    origin.files["a.bin"] = BODY
    origin.status["a.bin"], origin.headers = 503, {"Retry-After": "7"}

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            del origin.status["a.bin"]

    fetch(Remote("a.bin", f"{origin.url}/a.bin", None, SHA), tmp_path / "a.bin", wait=wait)
    assert waits == [7.0, 7.0]


@pytest.mark.parametrize(
    ("status", "says"),
    [(404, "not there any more.*card is out of date"), (403, "may not be read.*log in"),
     (500, "the server answered 500; try again later")],
)  # fmt: skip
def test_a_refusal_says_what_to_do(origin, tmp_path, waits, status, says):
    origin.status["a.bin"] = status
    with pytest.raises(PullError, match=says) as caught:
        fetch(Remote("a.bin", f"{origin.url}/a.bin"), tmp_path / "a.bin", wait=waits.append)
    assert len(str(caught.value).splitlines()) == 1


def test_nobody_there(tmp_path, waits):
    with files.serving() as gone:
        pass
    with pytest.raises(PullError, match=r"cannot be reached.*check the connection"):
        fetch(Remote("a.bin", f"{gone.url}/a.bin"), tmp_path / "a.bin", wait=waits.append)
    assert len(waits) == 1


def test_a_login_is_not_carried_to_another_host(origin, tmp_path):
    with files.serving() as elsewhere:
        elsewhere.files["b.bin"] = BODY
        origin.moved["a.bin"] = f"{elsewhere.url}/b.bin"
        origin.moved["c.bin"] = f"{origin.url}/d.bin"
        origin.files["d.bin"] = BODY
        secret = {"Authorization": "Bearer secret"}
        fetch(Remote("a", f"{origin.url}/a.bin", None, SHA, None, secret), tmp_path / "a")
        fetch(Remote("c", f"{origin.url}/c.bin", None, SHA, None, secret), tmp_path / "c")
        assert "Authorization" not in elsewhere.log[0][2]
        assert [h.get("Authorization") for _, p, h in origin.log if p == "d.bin"] == [
            "Bearer secret"
        ]


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_a_redirect_off_http_is_refused(origin, tmp_path, place):
    origin.moved["a.bin"] = place
    with pytest.raises(PullError, match="not safe to follow"):
        fetch(Remote("a", f"{origin.url}/a.bin"), tmp_path / "a")


def test_https_is_not_left():
    request = urllib.request.Request("https://example.org/a")
    with pytest.raises(PullError, match="not safe to follow"):
        _Redirects().redirect_request(request, None, 302, "Found", {}, "http://example.org/a")


def test_a_full_disk_is_said_to_be_one(origin, tmp_path, monkeypatch):
    origin.files["tales.jsonl"] = jsonl(3)
    card = at(origin, tmp_path)

    part = tmp_path / "out/downloads/tales.jsonl.part"
    fsync = os.fsync

    def full(file):
        if part.exists() and os.path.samestat(os.fstat(file), part.stat()):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PullError, match=r"disk of .* is full; what has arrived is kept"):
        pull(card, tmp_path / "out")
    assert part.stat().st_size > 0
    monkeypatch.undo()
    assert pull(card, tmp_path / "out").made[0].stories == 3


def test_what_cannot_fit_is_not_begun(origin, tmp_path):
    card = at(
        origin,
        tmp_path,
        parts={"s": {"layout": "corpus", "files": [{"path": "tales.jsonl", "size": 10**18}]}},
    )
    with pytest.raises(PullError, match="MB are to come"):
        pull(card, tmp_path / "out")
    assert origin.log == []


# A whole corpus


def test_a_corpus_becomes_one_that_can_be_checked(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(4) + b'{"source": "m1", "text": ""}\n'
    found = pull(at(origin, tmp_path), tmp_path / "out")
    made = found.made[0]
    stories = read_corpus(made.path)
    assert made.path == tmp_path / "out/tales.jsonl.gz"
    assert audit(stories).sources["m1"].stories == 4
    assert (made.stories, made.prompts, made.sources) == (4, 4, {"m1": 4})
    assert made.left_out == {"the text is empty": 1}
    record = json.loads((tmp_path / "out/pulled.json").read_text())
    sha256 = hashlib.sha256(origin.files["tales.jsonl"]).hexdigest()
    assert record["files"]["tales.jsonl"]["sha256"] == sha256
    assert record["files"]["tales.jsonl"]["checked"] == "nothing"
    assert record["licence"] == "CC0"


def test_a_second_time_fetches_and_writes_nothing(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(4)
    card = at(origin, tmp_path)
    first = pull(card, tmp_path / "out").made[0]
    before = first.path.stat().st_mtime_ns, first.path.read_bytes()
    asked = len(origin.log)
    again = pull(card, tmp_path / "out")
    assert len(origin.log) == asked
    assert again.received == 0
    assert again.made[0] == first
    assert (first.path.stat().st_mtime_ns, first.path.read_bytes()) == before


def test_a_harmed_download_is_fetched_anew(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(4)
    card = at(origin, tmp_path)
    pull(card, tmp_path / "out")
    (tmp_path / "out/downloads/tales.jsonl").write_bytes(b"{}")
    assert pull(card, tmp_path / "out").made[0].stories == 4


def test_a_harmed_corpus_is_written_anew(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(4)
    card = at(origin, tmp_path)
    path = pull(card, tmp_path / "out").made[0].path
    whole = path.read_bytes()
    path.write_bytes(b"cut")
    pull(card, tmp_path / "out")
    assert path.read_bytes() == whole


def test_what_was_recorded_first_is_held_to(origin, tmp_path):
    """Nobody states a checksum; the first download's own stands for it."""
    origin.files["tales.jsonl"] = jsonl(4)
    card = at(origin, tmp_path)
    pull(card, tmp_path / "out")
    origin.files["tales.jsonl"] = jsonl(5)
    (tmp_path / "out/downloads/tales.jsonl").unlink()
    with pytest.raises(PullError, match="not what it should be"):
        pull(card, tmp_path / "out")
    assert pull(card, tmp_path / "out", accept_changed=True).made[0].stories == 5
    assert pull(card, tmp_path / "out").received == 0


def test_a_card_may_not_be_allowed(origin, tmp_path):
    card = at(origin, tmp_path, allowed=False)
    with pytest.raises(PullError, match=r"may not be fetched for you.*--from FILE"):
        pull(card, tmp_path / "out")
    assert origin.log == []
    assert not (tmp_path / "out").exists()
    mine = tmp_path / "mine.jsonl"
    mine.write_bytes(jsonl(2))
    assert pull(card, tmp_path / "out", local=mine).made[0].stories == 2


def test_one_folder_holds_one_corpus(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(1)
    pull(at(origin, tmp_path), tmp_path / "out")
    with pytest.raises(PullError, match="holds the corpus 'tales'; choose another folder"):
        pull(at(origin, tmp_path, name="sagas"), tmp_path / "out")


def test_one_pull_at_a_time_in_a_folder(origin, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    origin.files["tales.jsonl"] = jsonl(1)
    (tmp_path / "out").mkdir()
    handle = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(PullError, match="Another `storyscope pull` is at work"):
        pull(at(origin, tmp_path), tmp_path / "out")
    os.close(handle)
    assert pull(at(origin, tmp_path), tmp_path / "out").made[0].stories == 1


def test_what_a_killed_start_left_half_written_goes(origin, tmp_path):
    origin.files["tales.jsonl"] = jsonl(1)
    (tmp_path / "out").mkdir()
    for name in (".tales.jsonl.gz.x1", ".pulled.json.x2", ".mine"):
        (tmp_path / "out" / name).write_text("half")
    pull(at(origin, tmp_path), tmp_path / "out")
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {".mine", "downloads", "pulled.json", "tales.jsonl.gz"}


def test_optional_parts_are_fetched_only_by_name(origin, tmp_path):
    origin.files |= {"tales.jsonl": jsonl(1), "more.jsonl": jsonl(2)}
    card = at(
        origin,
        tmp_path,
        parts={
            "some": {"layout": "corpus", "files": [{"path": "tales.jsonl"}]},
            "more": {"layout": "corpus", "files": [{"path": "more.jsonl"}], "optional": True},
        },
    )
    assert [m.part for m in pull(card, tmp_path / "out").made] == ["some"]
    found = pull(card, tmp_path / "out", parts=["more"])
    assert (found.made[0].path.name, found.made[0].stories) == ("tales_more.jsonl.gz", 2)
    with pytest.raises(PullError, match="has no part 'most'; it has some, more"):
        pull(card, tmp_path / "out", parts=["most"])


def test_killed_in_the_middle_and_run_again(origin, tmp_path):
    """A process that is killed leaves what has arrived; the next one asks for the rest only."""
    content = jsonl(3000)
    sha256 = hashlib.sha256(content).hexdigest()
    origin.files["tales.jsonl"], origin.pause = content, 0.05
    wanted = [{"path": "tales.jsonl", "sha256": sha256}]
    path = card_file(
        tmp_path,
        **{"from": {"url": origin.url}, "parts": {"s": {"layout": "corpus", "files": wanted}}},
    )
    out = tmp_path / "out"
    started = subprocess.Popen(
        [sys.executable, "-c", "from storyscope.cli import main; main()",
         "pull", str(path), "-o", str(out)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    part = out / "downloads/tales.jsonl.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 100_000):
        assert time.monotonic() < deadline
        assert started.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    have = part.stat().st_size
    assert 0 < have < len(content)
    assert not (out / "downloads/tales.jsonl").exists()
    assert not (out / "tales.jsonl.gz").exists()
    origin.pause = 0.0
    found = pull(load_card(path), out)
    assert origin.spans("tales.jsonl") == ["", f"bytes={have}-"]
    assert found.received == len(content) - have
    assert found.made[0].stories == 3000
    assert (out / "downloads/tales.jsonl").read_bytes() == content


def test_nothing_half_written_when_a_layout_fails(origin, tmp_path):
    origin.files["a.json"] = b'{"m": {"test_model": "m", "samples": [{"prompt_index": 1}, {}]}}'
    parts = {"s": {"layout": "slop_results", "files": [{"path": "a.json"}]}}
    with pytest.raises(PullError, match=r"a\.json has not the form .*no 'prompt_index'"):
        pull(at(origin, tmp_path, parts=parts), tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"downloads", "pulled.json"}


# GitHub


def on_github(origin, folder, files, parts, **place):
    origin.repository("some/tales", files)
    where = {"github": "some/tales", "api": origin.url, "raw": origin.url, **place}
    return load_card(card_file(folder, **{"from": where, "parts": parts}))


RESULTS = {"s": {"layout": "slop_results", "files": [{"pattern": "results/*.json"}]}}


def test_a_repository_is_read_at_one_commit_and_checked_by_git(origin, tmp_path):
    files = {
        "results/a b.json": results("lab/alpha"), "results/b.json": results("beta"),
        "results/old/c.json": results("gamma"), "README.md": b"hello",
    }  # fmt: skip
    found = pull(on_github(origin, tmp_path, files, RESULTS), tmp_path / "out")
    assert found.revision == COMMIT
    assert [(f["path"], f["checked"]) for f in found.files] == [
        ("results/a b.json", "git"),
        ("results/b.json", "git"),
    ]
    assert found.made[0].sources == {"alpha": 3, "beta": 3}
    assert found.made[0].left_out == {"an essay": 2, "an empty answer": 2}
    record = json.loads((tmp_path / "out/pulled.json").read_text())
    assert record["revision"] == COMMIT


def test_a_repository_keeps_to_the_commit_of_the_first_time(origin, tmp_path):
    card = on_github(origin, tmp_path, {"results/a.json": results("alpha")}, RESULTS)
    pull(card, tmp_path / "out")
    (tmp_path / "out/downloads/results/a.json").unlink()
    origin.files["repos/some/tales/commits/HEAD"] = json.dumps({"sha": "d" * 40}).encode()
    assert pull(card, tmp_path / "out").revision == COMMIT


def test_content_that_is_not_the_commits_is_thrown_away(origin, tmp_path):
    card = on_github(origin, tmp_path, {"results/a.json": results("alpha")}, RESULTS)
    origin.files[f"some/tales/{COMMIT}/results/a.json"] = results("alphb")
    with pytest.raises(PullError, match="git's checksum"):
        pull(card, tmp_path / "out")


def test_a_file_that_left_the_repository(origin, tmp_path):
    card = on_github(origin, tmp_path, {"results/a.txt": b"a"}, RESULTS)
    with pytest.raises(PullError, match=r"no file results/\*\.json.*It has results/a\.txt"):
        pull(card, tmp_path / "out")


def test_a_card_that_wants_more_than_before_is_fetched_again(origin, tmp_path):
    files = {"results/a.json": results("alpha"), "more/b.json": results("beta")}
    pull(on_github(origin, tmp_path, files, RESULTS), tmp_path / "out")
    both = {"s": {"layout": "slop_results",
                  "files": [{"pattern": "results/*.json"}, {"path": "more/b.json"}]}}  # fmt: skip
    found = pull(on_github(origin, tmp_path, files, both), tmp_path / "out")
    assert found.made[0].sources == {"alpha": 3, "beta": 3}
    assert len([p for _, p, _ in origin.log if p.endswith("results/a.json")]) == 1


def test_a_name_that_leads_out_of_the_folder_is_refused(origin, tmp_path):
    files = {"results/..": b"{}"}
    parts = {"s": {"layout": "slop_results", "files": [{"pattern": "results/*"}]}}
    with pytest.raises(PullError, match="not a safe name"):
        pull(on_github(origin, tmp_path, files, parts), tmp_path / "out")


def test_a_repository_that_is_gone_or_asked_too_often(origin, tmp_path):
    card = on_github(origin, tmp_path, {"results/a.json": b""}, RESULTS, revision="v1")
    with pytest.raises(PullError, match=r"github\.com/some/tales is not there any more"):
        pull(card, tmp_path / "out")
    origin.status["repos/some/tales/commits/v1"] = 403
    origin.headers = {"X-RateLimit-Remaining": "0"}
    with pytest.raises(PullError, match=r"60 questions an hour.*GITHUB_TOKEN"):
        pull(card, tmp_path / "out")


# The Hugging Face hub


@pytest.fixture
def hub(origin, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", origin.url)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return origin


def released(split: str, prompts: range) -> bytes:
    import io

    frame = pd.DataFrame(
        {
            "prompt_id": list(prompts),
            "split": split,
            "title": [f"Tale {i}" for i in prompts],
            "prompt": [f"Write of door {i}." for i in prompts],
            "human_author": "A. Writer",
            "human_anthology": "Doors",
            "human_word_count": 5000.0,
            "story_gpt": [f"The door {i} stood open. " * 30 for i in prompts],
            "story_claude": [None if i == 1 else f"Door {i} was shut. " * 30 for i in prompts],
        }
    )
    held = io.BytesIO()
    frame.to_parquet(held)
    return held.getvalue()


def taxonomy_and_features() -> tuple[bytes, bytes]:
    import io

    point = {
        "id": "PLT_AAA_001", "name": "Doors", "question": "Is there a door?", "type": "binary",
        "values": ["yes", "no"], "detection_method": "Look.",
    }  # fmt: skip
    taxonomy = {"feature_taxonomy": {"plot": {"aspects": {"a": {"features": [point]}}}}}
    held = io.BytesIO()
    pd.DataFrame(
        {"prompt_id": [1, 1, 2, 2], "story_title": "T", "source": ["human", "gpt"] * 2,
         "PLT_AAA_001": ["yes", "no", "perhaps", "no"]}
    ).to_parquet(held)  # fmt: skip
    return json.dumps(taxonomy).encode(), held.getvalue()


def on_hub(folder, files):
    card = json.loads(json.dumps(load_cards()["storyscope"].to_dict()))
    parts = {
        "stories": {"layout": "storyscope",
                    "files": [{"path": p} for p in files if p.startswith("stories")]},
        "features": {"layout": "released_features",
                     "files": [{"path": "storyscope_features.parquet"}, {"path": "taxonomy.json"}]},
    }  # fmt: skip
    fields = {k: card[k] for k in ("name", "title", "origin", "licence", "homepage")}
    return card_file(folder, **fields, **{"from": {"hub": card["from"]["hub"]}, "parts": parts})


def test_the_release_becomes_a_corpus_and_a_table(hub, tmp_path, cli):
    taxonomy, features = taxonomy_and_features()
    files = {
        "stories_train.parquet": released("train", range(1, 4)),
        "stories_test.parquet": released("test", range(4, 6)),
        "storyscope_features.parquet": features,
        "taxonomy.json": taxonomy,
    }
    hub.hub("jjrussell10/storyscope", files, lfs=[p for p in files if p.endswith(".parquet")])
    path, out = on_hub(tmp_path, files), tmp_path / "out"
    status, text, err = cli("pull", path, "-o", out)
    assert status == 0, err
    assert "Licence:  MIT" in err
    assert err.index("Licence") < err.index("Fetching 4 files")
    assert f"at revision {COMMIT}" in err
    assert "9 stories, 5 prompts" in text
    stories = {s.id: s for s in read_corpus(out / "storyscope.jsonl.gz")}
    assert set(stories) == {f"{i}/{w}" for i in range(1, 6) for w in ("gpt", "claude")} - {
        "1/claude"
    }
    assert stories["4/gpt"].meta["split"] == "test"
    assert stories["4/gpt"].prompt == "Write of door 4."
    table = pd.read_parquet(out / "features.parquet")
    assert table["PLT_AAA_001"].tolist()[:2] == ["yes", "no"]
    assert "1 times a cell that the taxonomy does not allow" in err
    assert "storyscope compare" in err
    record = json.loads((out / "pulled.json").read_text())
    checked = {p: f["checked"] for p, f in record["files"].items()}
    assert checked == {p: "git" if p == "taxonomy.json" else "sha256" for p in files}


def test_the_hub_has_another_version_than_the_card(hub, tmp_path):
    content = jsonl(2)
    hub.hub("some/tales", {"tales.jsonl": content}, lfs=["tales.jsonl"])
    wanted = [{"path": "tales.jsonl", "sha256": "0" * 64}]
    card = load_card(
        card_file(
            tmp_path,
            **{
                "from": {"hub": "some/tales"},
                "parts": {"s": {"layout": "corpus", "files": wanted}},
            },
        )
    )
    with pytest.raises(PullError, match=r"another tales\.jsonl today.*--accept-changed"):
        pull(card, tmp_path / "out")
    assert not [p for _, p, _ in hub.log if "resolve" in p]
    assert pull(card, tmp_path / "out", accept_changed=True).made[0].stories == 2


def test_a_login_goes_to_the_hub(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.hub("some/tales", {"tales.jsonl": jsonl(2)})
    card = load_card(card_file(tmp_path, **{"from": {"hub": "some/tales"}}))
    pull(card, tmp_path / "out")
    sent = [h.get("Authorization") for _, p, h in hub.log if "resolve" in p]
    assert sent == ["Bearer hf_secret"]
    assert "hf_secret" not in (tmp_path / "out/pulled.json").read_text()


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "GatedRepo", "is gated: accept its terms at .* log in with `hf auth login`"),
        (404, "RepoNotFound", "is not there, or is private"),
        (404, "RevisionNotFound", "has no revision"),
        (500, "", "answered 500; try again later"),
        (403, "", "wants a login"),
    ],
)
def test_what_the_hub_refuses(hub, tmp_path, status, code, says):
    hub.status["api/datasets/some/tales"] = status
    hub.headers = {"X-Error-Code": code} if code else {}
    card = load_card(card_file(tmp_path, **{"from": {"hub": "some/tales"}}))
    with pytest.raises(PullError, match=says) as caught:
        pull(card, tmp_path / "out")
    assert len(str(caught.value).splitlines()) == 1


def test_the_hub_is_not_there(hub, tmp_path, monkeypatch):
    with files.serving() as gone:
        pass
    monkeypatch.setenv("HF_ENDPOINT", gone.url)
    card = load_card(card_file(tmp_path, **{"from": {"hub": "some/tales"}}))
    with pytest.raises(PullError, match=r"cannot be reached.*check the connection"):
        pull(card, tmp_path / "out")


def test_without_the_package_its_command_is_given(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    card = load_card(card_file(tmp_path, **{"from": {"hub": "some/tales"}}))
    with pytest.raises(PullError) as caught:
        pull(card, tmp_path / "out")
    extra = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = str(caught.value).split("pip install ")[1].split('"')[1]
    assert f'pull = ["{wanted}"]' in extra


def test_gold_annotations_are_read_where_they_lie(origin, tmp_path):
    files = {
        "events/tsv/9_a_brat.tsv": b"It\tO\nfell\tEVENT\n",
        "entities/tsv/9_a_brat.tsv": b"It\tO\nfell\tO\n",
        "original/9_a.txt": b"It fell. " * 40,
    }
    parts = {
        "gold": {"layout": "litbank_gold",
                 "files": [{"pattern": "events/tsv/*"}, {"pattern": "entities/tsv/*"}]},
    }  # fmt: skip
    made = pull(on_github(origin, tmp_path, files, parts), tmp_path / "out").made[0]
    assert (made.path / "events/tsv/9_a_brat.tsv").read_bytes() == files["events/tsv/9_a_brat.tsv"]
    assert made.next == f"storyscope validate --litbank {tmp_path / 'out/downloads'}"
    assert not (made.path / "original").exists()


# The command


def test_the_list_says_what_may_be_fetched(cli):
    status, out, _ = cli("pull")
    assert status == 0
    for name in load_cards():
        assert name in out
    assert "none stated: not fetched" in out
    listed = json.loads(cli("pull", "--json")[1])
    assert [c["name"] for c in listed] == list(load_cards())
    assert listed[0]["licence"]


def test_a_card_is_shown_without_fetching(cli):
    status, out, _ = cli("pull", "storyscope", "--show")
    assert status == 0
    assert "arXiv 2604.03136" in out
    assert "Part features, 7.94 MB" in out
    shown = json.loads(cli("pull", "storyscope", "--show", "--json")[1])
    assert shown["parts"]["features"]["size"] == 7_655_015 + 285_139


def test_errors_of_the_command_are_one_line(cli, tmp_path):
    status, out, err = cli("pull", "nothing-like-it")
    assert (status, out) == (1, "")
    assert err.startswith("Error: There is no card for")
    assert len(err.strip().splitlines()) == 1


def test_json_of_the_command(origin, tmp_path, cli):
    origin.files["tales.jsonl"] = jsonl(3)
    path = card_file(tmp_path, **{"from": {"url": origin.url}})
    status, out, err = cli("pull", path, "-o", tmp_path / "out", "--json")
    assert status == 0, err
    told = json.loads(out)
    assert told["files"][0]["size"] == len(origin.files["tales.jsonl"])
    assert told["made"][0]["sources"] == {"m1": 3}
    status, out, _ = cli("corpus", "check", told["made"][0]["path"], "--json")
    assert status == 0
    assert json.loads(out)["stories"] == 3


def test_a_terminal_shows_rate_and_time_left(origin, tmp_path):
    pty = pytest.importorskip("pty")
    origin.files["tales.jsonl"], origin.pause = jsonl(3000), 0.05
    path = card_file(tmp_path, **{"from": {"url": origin.url}})
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-c", "from storyscope.cli import main; main()",
         "pull", str(path), "-o", str(tmp_path / "out")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert started.wait() == 0
    text = shown.decode(errors="replace")
    assert "1/1 tales.jsonl" in text
    assert re.search(r"[\d.]+ [kM]B/s", text)
    assert re.search(r"\d:\d\d:\d\d", text)


def test_what_nobody_states_a_checksum_of_is_said(origin, tmp_path, cli):
    origin.files["tales.jsonl"] = jsonl(3)
    path = card_file(tmp_path, **{"from": {"url": origin.url}})
    _, _, err = cli("pull", path, "-o", tmp_path / "out")
    assert "Nobody states a checksum of tales.jsonl" in err


@pytest.mark.parametrize("size", [None, 1000])
def test_an_address_without_end_is_given_up(tmp_path, monkeypatch, size):
    """It sends for ever, and says nothing of how much."""
    monkeypatch.setattr("storyscope.pull.download.MOST_UNSTATED", 3_000_000)

    class Endless(loopback.Handler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(BODY)
            except OSError:
                pass

    with (
        loopback.serving(Endless) as url,
        pytest.raises(PullError, match=r"more than (3,000,000|1,000) bytes"),
    ):
        fetch(Remote("a.jsonl", f"{url}/a.jsonl", size), tmp_path / "a.jsonl")
    assert list(tmp_path.iterdir()) == []
