"""Shards measured by several processes, which end with the one that started them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from storyscope.corpus import Story
from storyscope.errors import StoryscopeError
from storyscope.extract.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["in_processes"]

Measure = Callable[[list[Story], Settings], list[dict[str, Any]]]
"""Gives the rows of one shard; a function of a module, so that a process can find it."""


def in_processes(
    measure: Measure, shards: Iterator[list[Story]], settings: Settings, workers: int
) -> Iterator[list[dict[str, Any]]]:
    """Shards over processes, a few ahead at most, handed back in order."""
    import multiprocessing
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from storyscope.extract.pipeline import load_pipeline

    if settings.pipeline:
        load_pipeline(settings.pipeline)  # a missing model is told here, not in every worker
    spawn = multiprocessing.get_context("spawn")
    theirs, ours = spawn.Pipe(duplex=False)
    with (
        theirs,
        ours,
        _one_thread_each(),
        ProcessPoolExecutor(workers, spawn, _end_with_parent, (theirs,)) as pool,
    ):
        waiting: deque[Future[list[dict[str, Any]]]] = deque()
        try:
            for shard in shards:
                waiting.append(pool.submit(measure, shard, settings))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise StoryscopeError(
                "A worker process was ended from outside, most likely for want of memory; try "
                "fewer --workers."
            ) from None
        except BaseException:
            ours.close()  # nobody will take what the workers are at
            raise


def _end_with_parent(pipe: Connection) -> None:
    """Let a worker process end as soon as the one that started it does, whatever ends that.

    The other end of the pipe lies with the parent alone, so that it closes even if the parent is
    killed. Ctrl-C reaches the workers of a terminal too; what it means is left to the parent.
    """
    import signal
    import threading

    def watch() -> None:
        with suppress(EOFError, OSError):
            pipe.recv_bytes()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep the numeric libraries of worker processes to one thread each."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
