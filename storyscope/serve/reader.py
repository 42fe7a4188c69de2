"""The program that reads texts for the local page, one after another, in a process of its own.

So the page answers while a text is read, a text that takes too long can be given up, and what a
damaged file may do stays there. Run as ``python -m storyscope.serve.reader [MODEL]``. It is given a
line of JSON (`name`, `pasted`, `bytes`) and so many bytes a text, and answers in lines of JSON: `ready` once,
then for each text its stages and at last `data` and `page`, or `error`, a sentence. It ends when its
input does, whatever ended that.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO

from storyscope.errors import StoryscopeError, UnusableText

if TYPE_CHECKING:
    from storyscope.attribute import Attributor, Panel

__all__ = ["MOST_CHARACTERS", "STAGES", "read_text"]

STAGES = (
    "Opening the file",
    "Parsing the sentences",
    "Finding what is told",
    "Measuring the features",
    "Comparing with people and models",
    "Laying out the page",
)
"""What is done with a text, in this order."""
MOST_CHARACTERS = 1_000_000
"""Of a text; a novel of 180,000 words has about as many."""
_MOST_MEMORY = 3_000_000_000
"""Bytes from which a reader ends after its text; the next text is given to a new one."""


def read_text(
    raw: bytes,
    name: str,
    model: Panel | Attributor,
    tell: Callable[[str], None],
    *,
    pasted: bool = False,
) -> dict[str, Any]:
    """Read one story from the bytes of its file, and lay out its page.

    Parameters
    ----------
    raw : bytes
        Content of the file, or a pasted text in UTF-8.
    name : str
        Of the file; its ending says how to read it.
    model : Panel or Attributor
        Who is asked.
    tell : callable
        Told each of `STAGES` when it begins.
    pasted : bool
        Whether it is plain text, whatever `name` ends in.

    Returns
    -------
    dict
        ``data``: what `summarise_story` gives; ``page``: the same as HTML.

    Raises
    ------
    StoryscopeError
        For what cannot be read, is too short or too long.
    """
    from storyscope.corpus import manuscript_of, normalise
    from storyscope.corpus.kinds import unlike_a_story
    from storyscope.extract.annotate import check_text, readings
    from storyscope.extract.story import StoryMeasures, measure_reading
    from storyscope.report.story import summarise_story
    from storyscope.report.story_layout import render

    tell(STAGES[0])
    found = manuscript_of(raw, "The pasted text" if pasted else name)
    text = found.text
    if len(text) > MOST_CHARACTERS:
        raise UnusableText(
            f"{name} has {len(text):,} characters and this page takes {MOST_CHARACTERS:,}; give it "
            "in parts, or use `storyscope attribute`, which has no such limit."
        )
    check_text(text)
    measured = None
    if not unlike_a_story(normalise(text).text):
        tell(STAGES[1])
        opened = next(readings([text]))
        check_text(opened.normalised.text)
        tell(STAGES[2])
        _ = opened.reading.tags  # made when they are first asked for
        tell(STAGES[3])
        measured = StoryMeasures(opened.reading, opened.normalised, measure_reading(opened.reading))
    tell(STAGES[4])
    answer = model.attribute(text, measured=measured)
    tell(STAGES[5])
    data = summarise_story(text, name=name, answer=answer, model=model, measured=measured)
    data["warnings"] += [f"{n} {what}." for what, n in found.left_out.items()]
    return {"data": data, "page": render(data)}


def main() -> None:
    """Read what comes in until nothing comes any more."""
    # Anything that a library prints would be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this
    given: SimpleQueue[tuple[str, bool, bytes]] = SimpleQueue()
    threading.Thread(target=_take, args=(sys.stdin.buffer, given), daemon=True).start()

    def say(**what: Any) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    try:
        model = _load(sys.argv[1] if len(sys.argv) > 1 else None)
    except StoryscopeError as error:
        say(error=str(error))
        return
    say(ready=True)
    while _memory() < _MOST_MEMORY:
        name, pasted, raw = given.get()
        try:
            said = read_text(raw, name, model, lambda stage: say(stage=stage), pasted=pasted)
        except StoryscopeError as error:
            said = {"error": str(error)}
        except MemoryError:
            said = {"error": f"There is not enough memory to read {name}; give it in parts."}
        except Exception as error:
            traceback.print_exc()
            said = {
                "error": f"{name} could not be read, by a fault of StoryScope's "
                f"({type(error).__name__}); the terminal that serves this page shows where."
            }
        say(**said)


def _load(folder: str | None) -> Panel | Attributor:
    """All that reads, in memory before the first text."""
    from storyscope.attribute.panel import Panel, shipped
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.tagger import load_tagger

    model = shipped(folder)
    if isinstance(model, Panel):
        _ = model.people, model.built, model.worded, model.family
    load_pipeline()
    load_tagger()
    return model


def _take(stream: BinaryIO, given: SimpleQueue[tuple[str, bool, bytes]]) -> None:
    """Hand on texts as they come; when the server is gone, end at once."""
    while line := stream.readline():
        head = json.loads(line)
        raw = stream.read(head["bytes"])
        if len(raw) < head["bytes"]:
            break
        given.put((head["name"], head["pasted"], raw))
    os._exit(0)


def _memory() -> int:
    """The most memory that this process has had, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    main()
