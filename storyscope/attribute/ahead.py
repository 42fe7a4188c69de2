"""A long text is parsed in a second process while the first is still loading.

From a cold start, half the time of one answer goes into loading libraries and the model, the other
half into the parse, and neither needs the other. Run as a program, this module is the second
process: it reads the text from its input and keeps the parse of each stretch in a folder. Its input
stays open as long as the first process lives; when it closes, the second ends and clears up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from storyscope.attribute.segments import stretches

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from storyscope.extract.pipeline import Pipeline

__all__ = ["WORTH_IT", "parsed_ahead"]

WORTH_IT = 1500
"""Words from which a second process saves more than its start costs."""
_GLANCE = 0.005
"""Seconds between two looks whether a parse is there."""


@contextmanager
def parsed_ahead(
    text: str, spacy_model: str | None = None
) -> Iterator[Callable[[Pipeline], Pipeline]]:
    """Begin to parse a text elsewhere, if it is long enough and there is a second processor.

    Parameters
    ----------
    text : str
        As it was given.
    spacy_model : str, optional
        As `load_pipeline` takes it.

    Yields
    ------
    function
        Makes of a pipeline the same one, which takes what has been parsed ahead and parses the
        rest itself. At the end of the context the process is stopped and what it kept deleted.

    Examples
    --------
    >>> from storyscope.extract.pipeline import load_pipeline
    >>> with parsed_ahead("A short text is parsed here.") as feeding:
    ...     pipeline = feeding(load_pipeline())
    >>> pipeline is load_pipeline()
    True
    """
    if len(text.split()) < WORTH_IT or _processors() < 2:
        yield lambda pipeline: pipeline
        return
    with tempfile.TemporaryDirectory(prefix="storyscope-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, spacy_model or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "STORYSCOPE_CACHE": folder},
        )
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError):
                body = text.encode("utf-8", "surrogatepass")
                process.stdin.write(b"%d\n" % len(body) + body)
                process.stdin.flush()
            yield lambda pipeline: _fed(pipeline, Path(folder), process)
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _fed(pipeline: Pipeline, folder: Path, process: subprocess.Popen[bytes]) -> Pipeline:
    """A pipeline that waits for a parse as long as the process lives, and takes it."""
    from storyscope.extract.cache import ParseCache

    kept = ParseCache(folder, pipeline.label)

    def take(text: str) -> Doc | None:
        path = kept.path(text)
        while not path.exists() and process.poll() is None:
            time.sleep(_GLANCE)
        return kept.get(text, pipeline.nlp.vocab)

    return replace(pipeline, ahead=take)


def _parse(text: str, spacy_model: str) -> None:
    from storyscope.corpus import normalise
    from storyscope.extract.pipeline import load_pipeline

    story = normalise(text).text
    bodies = [story[start:end] for start, end in stretches(story)[0]]
    for _ in load_pipeline(spacy_model or None).parse(bodies, cache=True):
        pass


def _end_with_parent(pipe: int, folder: str) -> None:
    os.read(pipe, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    body = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
    parent = (sys.stdin.fileno(), os.environ["STORYSCOPE_CACHE"])
    threading.Thread(target=_end_with_parent, args=parent, daemon=True).start()
    _parse(body.decode("utf-8", "surrogatepass"), sys.argv[1])
