"""A corpus scored on a Dask cluster, whatever dies meanwhile, gives the table of the local engine."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pandas as pd
import pytest

from storyscope.corpus import read_corpus
from storyscope.errors import StoryscopeError, TableError
from storyscope.extract import score
from storyscope.table import read_table

pytest.importorskip("distributed", reason="needs `pip install storyscope[dask]`")

from storyscope.extract.cluster import score_on_cluster

pytestmark = [
    # Sockets of a cluster that is shut down, or killed on purpose, are closed when collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    # A machine that is busy makes it warn of slow disks.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

FAST = {"tagger": False, "only": ["EVT_DEN_01", "TMP_TNS_01"]}
ROWS = [
    {
        "model": ("m1", "human")[n % 2],
        "prompt_id": f"p{n // 2}",
        "text": f"Noor woke {n} hours late. “You came back,” she said.\n\nHe ran to the door.\n\n"
        * 15,
        "year": None if n == 3 else 1990 + n,
        "mood": (1, "dark")[n % 2],
    }
    for n in range(8)
]


def written(path, rows=ROWS):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def equal(one, other):
    pd.testing.assert_frame_equal(one, other)
    for name in ("codebook", "measures", "tagger", "pipeline", "normalisation", "normalised"):
        assert one.attrs["storyscope"][name] == other.attrs["storyscope"][name]
    assert one.attrs["storyscope"]["found"] == other.attrs["storyscope"]["found"]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return score(read_corpus(written(tmp_path_factory.mktemp("local") / "tales.jsonl")), **FAST)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes; a death is enough for a piece to be suspected."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
    ):
        yield cluster


def test_two_workers_give_the_table_of_the_local_engine(tmp_path, cluster, local, cli):
    rows = [*ROWS[:5], {"text": ""}, {"id": "p0/m1", "text": "Used twice."}, *ROWS[5:]]
    path = written(tmp_path / "tales.jsonl", rows)
    done = score_on_cluster(
        str(path), tmp_path / "out", scheduler=cluster.scheduler_address, piece_bytes=3000, **FAST
    )
    table = read_table(tmp_path / "out")
    equal(table, local)
    assert len(list((tmp_path / "out").glob("*.parquet"))) > 2
    assert done.skipped == []
    assert [p.line for p in done.problems] == [6, 7]
    audit = local.attrs["storyscope"]["audit"]
    assert table.attrs["storyscope"]["audit"]["sources"] == audit["sources"]
    few = read_table(tmp_path / "out", columns=["EVT_DEN_01"])
    assert list(few) == ["story_id", "source", "prompt_id", "words", "EVT_DEN_01"]
    assert not (tmp_path / "out.parts").exists()

    status, out, err = cli(
        "score", path, "--engine", "dask", "--scheduler", cluster.scheduler_address, "--fast",
        "--only", "EVT_DEN_01", "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert status == 1
    assert "2 bad rows were left out" in err
    assert json.loads(out)["stories"] == 8
    assert len(read_table(tmp_path / "out")) == 8


def test_what_is_stopped_goes_on_and_does_nothing_twice(tmp_path, cluster, local):
    path = written(tmp_path / "tales.jsonl")
    run = {"scheduler": cluster.scheduler_address, "piece_bytes": 2000, **FAST}

    def stop(progress):
        if progress.stories >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        score_on_cluster(str(path), tmp_path / "out", watch=stop, **run)
    assert "--resume" in stopped.value.__notes__[0]
    with pytest.raises(StoryscopeError, match="--resume"):
        score_on_cluster(str(path), tmp_path / "out", **run)
    seen = []
    score_on_cluster(str(path), tmp_path / "out", resume=True, watch=seen.append, **run)
    assert 3 <= seen[0].resumed < 8
    assert seen[-1].stories == 8
    equal(read_table(tmp_path / "out"), local)

    (tmp_path / "out" / "000001.parquet").rename(tmp_path / "away")
    with pytest.raises(TableError, match=r"000001.parquet.*is not there"):
        read_table(tmp_path / "out")


def test_poison_is_isolated_and_the_rest_goes_on(tmp_path, cluster, local, cli):
    from distributed import Client, WorkerPlugin

    class Poison(WorkerPlugin):
        """Lets one story raise an error and another kill its worker."""

        name = "poison"

        def setup(self, worker):
            import os
            import signal

            from storyscope.extract import cluster_worker as cluster

            self.measure = measure = cluster.measure_shard

            def poisoned(shard, settings):
                if "2 hours" in shard[0].text:
                    raise ValueError("a clause without end")
                if "5 hours" in shard[0].text:
                    os.kill(os.getpid(), signal.SIGKILL)
                return measure(shard, settings)

            cluster.measure_shard = poisoned

        def teardown(self, worker):
            from storyscope.extract import cluster_worker as cluster

            cluster.measure_shard = self.measure

    path = written(tmp_path / "tales.jsonl")
    with Client(cluster, set_as_default=False) as client:
        client.register_plugin(Poison())
        status, _, err = cli(
            "score", path, "--engine", "dask", "--scheduler", cluster.scheduler_address, "--fast",
            "--only", "EVT_DEN_01", "--only", "TMP_TNS_01", "-o", tmp_path / "out",
        )  # fmt: skip
        client.unregister_worker_plugin("poison")
    assert status == 1
    assert "2 stories could not be measured" in err
    skipped = json.loads((tmp_path / "out" / "manifest.json").read_text())["skipped"]
    assert [(skip["id"], skip["reason"].split(":")[0][:24]) for skip in skipped] == [
        ("p1/m1", "ValueError"),
        ("p2/human", "the workers that measure"),
    ]
    rest = local[~local["story_id"].isin(["p1/m1", "p2/human"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_table(tmp_path / "out"), rest)


def test_shards_of_two_makes_are_refused(tmp_path, cluster):
    from storyscope.table import write_table

    path = written(tmp_path / "tales.jsonl")
    score_on_cluster(
        str(path), tmp_path / "out", scheduler=cluster.scheduler_address, piece_bytes=5000, **FAST
    )
    shard = tmp_path / "out" / "000001.parquet"
    table = read_table(shard)
    table.attrs["storyscope"]["measures"] = "another"
    write_table(table, shard)
    with pytest.raises(TableError, match="different measures"):
        read_table(tmp_path / "out")


def test_without_the_extra_a_sentence_says_so(tmp_path, monkeypatch, cli):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, err = cli(
        "score", "tales.jsonl", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--fast",
        "-o", tmp_path / "out",
    )  # fmt: skip
    assert status == 1
    assert "pip install 'storyscope[dask]'" in err


# ---------------------------------------------------------------- processes of their own


CLIENT = """
import sys
from storyscope.errors import StoryscopeError
from storyscope.extract.cluster import score_on_cluster
try:
    score_on_cluster(sys.argv[1], sys.argv[2], scheduler=sys.argv[3], resume=True, piece_bytes=100,
                     tagger=False, only=["EVT_DEN_01", "TMP_TNS_01"])
except StoryscopeError as error:
    sys.exit(f"{error} {' '.join(error.__notes__)}")
"""


SLOW = """
import time
from storyscope.extract import cluster_worker as cluster
from storyscope.extract.rows import measure_shard as measure
cluster.measure_shard = lambda shard, settings: (time.sleep(0.5), measure(shard, settings))[1]
"""


@contextmanager
def machines(folder):
    """A scheduler and two workers as processes, and the scheduler's address."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    (folder / "slow.py").write_text(SLOW)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun = [
        subprocess.Popen([
            sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1",
            "--port", "0", "--no-dashboard", "--scheduler-file", str(file),
        ], **quiet)
    ]  # fmt: skip
    try:
        until(file.exists)
        until(lambda: file.read_text().endswith("}"))
        worker = [
            sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1",
            "--no-dashboard", "--scheduler-file", str(file), "--local-directory", str(folder),
            "--preload", str(folder / "slow.py"),
        ]  # fmt: skip
        begun += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        yield json.loads(file.read_text())["address"], begun
    finally:
        for process in begun:
            process.kill()
            process.wait()


def until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX systems")
def test_workers_and_scheduler_killed_at_random_moments(tmp_path, local):
    path = written(tmp_path / "tales.jsonl")
    moment = random.Random()
    parts = tmp_path / "out.parts"

    def shards():
        return len(list(parts.glob("*.parquet")))

    @contextmanager
    def client(address):
        command = [sys.executable, "-c", CLIENT, str(path), str(tmp_path / "out"), address]
        running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            yield running
        finally:
            running.kill()
            running.communicate()

    with machines(tmp_path) as (address, (scheduler, first, _)), client(address) as running:
        until(lambda: shards() >= 1)
        time.sleep(moment.random() / 5)
        first.send_signal(signal.SIGKILL)
        before = shards()
        until(lambda: shards() > before or running.poll() is not None)
        time.sleep(moment.random() / 20)
        scheduler.send_signal(signal.SIGKILL)
        _, said = running.communicate(timeout=120)
    assert "scheduler is lost" in said
    assert "--resume" in said
    assert 2 <= shards() < len(ROWS)
    assert not (tmp_path / "out").exists()
    with machines(tmp_path) as (address, _), client(address) as running:
        _, said = running.communicate(timeout=120)
        assert running.returncode == 0, said
    equal(read_table(tmp_path / "out"), local)
    assert not parts.exists()
