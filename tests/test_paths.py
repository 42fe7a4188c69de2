"""Where results go: owned, by one run at a time, and whole."""

import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from storyscope import paths
from storyscope.errors import OutputError
from storyscope.paths import claimed, folder_written_whole, written_whole

HOLDING = """
import sys
from storyscope.paths import claimed
with claimed(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_run():
    """Start another process that holds a place until it is ended."""
    runs = []

    def start(path):
        run = subprocess.Popen(
            [sys.executable, "-c", HOLDING, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        runs.append(run)
        assert run.stdout.readline() == b"held\n"
        return run

    yield start
    for run in runs:
        run.kill()
        run.communicate()


def mine(path):
    return path.read_text(encoding="utf-8").startswith("made by storyscope")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, text="made by storyscope", **options):
    with written_whole(path, **options) as partial:
        partial.write_text(text, encoding="utf-8")


def fill(folder, text="one"):
    with folder_written_whole(folder, "notes") as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "a.txt").write_text(text, encoding="utf-8")


def fail(attempt):
    with attempt as partial:
        (partial / "x" if partial.is_dir() else partial).write_text("half", encoding="utf-8")
        raise OSError("full")


def test_a_place_belongs_to_one_process(tmp_path, other_run):
    path = tmp_path / "t.txt"
    write(path)
    run = other_run(path)
    with pytest.raises(OutputError, match=r"Another run is writing .*t\.txt"):
        write(path, "more")
    assert path.read_text() == "made by storyscope"
    run.communicate()
    write(path, "more")
    assert path.read_text() == "more"
    assert names(tmp_path) == ["t.txt"]


def test_a_killed_run_holds_nothing(tmp_path, other_run):
    path = tmp_path / "t.txt"
    run = other_run(path)
    run.kill()
    run.wait()
    write(path)
    assert names(tmp_path) == ["t.txt"]


def test_a_place_is_one_by_whatever_name(tmp_path, other_run, monkeypatch):
    (tmp_path / "link.txt").symlink_to("t.txt")
    other_run(tmp_path / "t.txt")
    monkeypatch.chdir(tmp_path)
    for name in ("link.txt", "./t.txt", "../" + tmp_path.name + "/t.txt"):
        with pytest.raises(OutputError, match="Another run"):
            write(name)


def test_threads_share_a_place_no_more_than_processes(tmp_path):
    told = []

    def second():
        try:
            write(tmp_path / "t.txt")
        except OutputError as error:
            told.append(str(error))

    with claimed(tmp_path / "t.txt"), claimed(tmp_path / "t.txt"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        write(tmp_path / "t.txt")
    second()
    assert len(told) == 1


def test_of_many_runs_at_once_each_place_has_one(tmp_path):
    """Locks are deleted when they are let go, and nobody is left holding a deleted one."""
    at_work, most, lock = [0], [0], threading.Lock()

    def often():
        for _ in range(200):
            try:
                with claimed(tmp_path / "t.txt"):
                    with lock:
                        at_work[0] += 1
                        most[0] = max(most[0], at_work[0])
                    with lock:
                        at_work[0] -= 1
            except OutputError:
                pass

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert names(tmp_path) == []


def test_only_what_storyscope_made_is_replaced(tmp_path):
    path = tmp_path / "t.txt"
    path.touch()
    write(path, ours=mine)
    write(path, "made by storyscope, again", ours=mine)
    path.write_text("a letter")
    with pytest.raises(OutputError, match="storyscope did not make it"):
        write(path, ours=mine)
    assert path.read_text() == "a letter"
    assert names(tmp_path) == ["t.txt"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda p: p.symlink_to("/dev/null")])
def test_devices_and_special_files_stay(tmp_path, make):
    path = tmp_path / "t.txt"
    make(path)
    before = path.stat()
    with pytest.raises(OutputError, match="device or another special file"):
        write(path)
    assert path.stat().st_mode == before.st_mode


def test_a_file_is_no_folder_and_a_folder_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="is a folder, where a file"):
        write(tmp_path / "folder")
    with pytest.raises(OutputError, match="is a file, where a folder"):
        fill(tmp_path / "file")
    with pytest.raises(OutputError, match="none does not exist; make it first"):
        write(tmp_path / "none" / "t.txt")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "t.txt").symlink_to(tmp_path / "far" / "t.txt")
    write(tmp_path / "t.txt")
    assert (tmp_path / "t.txt").is_symlink()
    assert (tmp_path / "far" / "t.txt").read_text() == "made by storyscope"


def test_the_umask_and_permissions_are_kept(tmp_path):
    before = os.umask(0o077)
    try:
        write(tmp_path / "private.txt")
        fill(tmp_path / "folder")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "private.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "folder" / "inner" / "a.txt").stat().st_mode) == 0o600
    write(tmp_path / "private.txt")
    fill(tmp_path / "folder")
    assert stat.S_IMODE((tmp_path / "private.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


def test_a_folder_is_replaced_only_as_it_was_written(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    fill(folder)
    fill(folder, "two")
    assert (folder / "inner" / "a.txt").read_text() == "two"
    assert json.loads((folder / "made.json").read_text())["what"] == "notes"
    (folder / "inner" / "a.txt").write_text("corrected by hand")
    with pytest.raises(OutputError, match=r"changed since storyscope made it, 'inner/a\.txt'"):
        fill(folder)
    (folder / "inner" / "a.txt").write_text("two")
    (folder / "b.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds other things .* 'b\.txt'"):
        fill(folder)
    assert names(tmp_path) == ["notes"]


@pytest.mark.parametrize("record", ["[]", "{", '{"files": 3}', '{"files": {}}', "[" * 5000])
def test_a_folder_is_known_by_its_record_alone(tmp_path, record):
    (tmp_path / "made.json").write_text(record)
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(OutputError, match="holds other things"):
        fill(tmp_path)
    assert names(tmp_path) == ["made.json", "model.json"]


@pytest.mark.parametrize("one_step", [True, False])
def test_what_fails_leaves_the_old(tmp_path, monkeypatch, one_step):
    if not one_step:
        monkeypatch.setattr(paths.os, "name", "other")
    write(tmp_path / "t.txt")
    fill(tmp_path / "notes")
    with pytest.raises(OSError, match="full"):
        fail(written_whole(tmp_path / "t.txt"))
    with pytest.raises(OSError, match="full"):
        fail(folder_written_whole(tmp_path / "notes", "notes"))
    assert (tmp_path / "t.txt").read_text() == "made by storyscope"
    assert names(tmp_path / "notes") == ["inner", "made.json"]
    fill(tmp_path / "notes", "two")
    assert (tmp_path / "notes" / "inner" / "a.txt").read_text() == "two"
    assert names(tmp_path) == ["notes", "t.txt"]
