"""From the files of a corpus, in the form their owners give them, to stories or a feature table.

Each layout is a function of the files and the options of a card. What it leaves out it counts by
reason, so that nothing disappears unseen. A file of another form is an error that names it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from storyscope.corpus import Story, read_corpus
from storyscope.corpus.delimited import delimited
from storyscope.corpus.documents import json_rows
from storyscope.corpus.rows import Row
from storyscope.errors import PullError

__all__ = ["LAYOUTS", "TABLES", "Layout"]

Options = Mapping[str, Any]
Layout = Callable[[Sequence[Path], Options, Counter[str]], Iterator[Story]]


def corpus(files: Sequence[Path], options: Options, left_out: Counter[str]) -> Iterator[Story]:
    """Any form that `read_corpus` reads; the option ``columns`` names what is called otherwise."""
    for path in files:
        stories = read_corpus(
            path, columns=options.get("columns"), source=options.get("source"), name=path.stem
        )
        yield from stories
        for problem in stories.problems:
            left_out[problem.why] += 1
        if further := stories.bad_rows - len(stories.problems):
            left_out["further bad rows"] += further
        left_out.update(stories.notes)


def slop_results(
    files: Sequence[Path], options: Options, left_out: Counter[str]
) -> Iterator[Story]:
    """Results of slop-score: a file a model, ``{model: {test_model, samples: [...]}}``.

    The first 150 prompts ask for stories and the rest for essays, which are left out. The option
    ``models`` names the models wanted, each with its ``source`` and ``family``.
    """
    models: Mapping[str, Any] = options.get("models") or {}
    stories = int(options.get("stories", 150))
    seen: set[str] = set()
    told: set[tuple[int, str]] = set()
    for path in files:
        for run in _object(path, "results of slop-score").values():
            model = str(_field(run, "test_model", path))
            if models and model not in models:
                left_out["of another model"] += len(run.get("samples", ()))
                continue
            about = models.get(model) or {}
            source = str(about.get("source") or model.split("/")[-1])
            seen.add(model)
            for sample in _field(run, "samples", path):
                index = int(_field(sample, "prompt_index", path))
                text = str(sample.get("output") or "")
                if index >= stories:
                    left_out["an essay"] += 1
                elif not text.strip() or sample.get("error"):
                    left_out["an empty answer"] += 1
                elif (index, source) in told:
                    left_out["a second answer of the same model"] += 1
                else:
                    told.add((index, source))
                    meta: dict[str, object] = {"model_id": model}
                    if about.get("family"):
                        meta["family"] = str(about["family"])
                    yield _story(f"p{index:03d}", source, text, str(sample.get("prompt", "")), meta)
    if lacking := [model for model in models if model not in seen]:
        raise PullError(
            f"The results hold nothing by {', '.join(lacking)}; the card is out of date, or its "
            "revision is."
        )


def hanna(files: Sequence[Path], options: Options, left_out: Counter[str]) -> Iterator[Story]:
    """HANNA: a row a prompt and model with ``Prompt, Human, Story, Model``, several if rated.

    The story by a person stands in every row of its prompt and is taken once.
    """
    prompts: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for path in files:
        for row in delimited(path, left_out):
            if not isinstance(row, Row):
                left_out[row.why] += 1
                continue
            prompt, human, text, model = (
                str(_field(row.fields, name, path) or "")
                for name in ("Prompt", "Human", "Story", "Model")
            )
            new = prompt not in prompts
            prompt_id = prompts.setdefault(prompt, f"h{len(prompts):03d}")
            if new and human.strip():
                yield _story(prompt_id, "human", human, prompt, {})
            if model.lower() == "human" or (prompt_id, model) in seen:
                continue  # the person's own row, or another rating of the same story
            seen.add((prompt_id, model))
            if text.strip():
                yield _story(prompt_id, model, text, prompt, {})
            else:
                left_out["an empty answer"] += 1


def detection_pairs(
    files: Sequence[Path], options: Options, left_out: Counter[str]
) -> Iterator[Story]:
    """Pairs of detector benchmarks: a file a model, ``{original: [...], sampled: [...]}``.

    The model goes on from the first words of the person's text, so that those words name the
    prompt in every file. Files cut the person's text to different lengths; the longest is taken.
    The option ``before`` is what file names have before the model's.
    """
    before = str(options.get("before", ""))
    words = int(options.get("words", 12))
    prompts: dict[str, str] = {}
    humans: dict[str, str] = {}
    for path in sorted(files):
        content = _object(path, "pairs of texts")
        originals, sampled = (_field(content, key, path) for key in ("original", "sampled"))
        if len(originals) != len(sampled):
            raise PullError(
                f"{path.name} has {len(originals)} originals and {len(sampled)} answers; it is damaged."
            )
        source = path.name.removeprefix(before).split(".raw_data")[0]
        told: set[str] = set()
        for original, text in zip(originals, sampled, strict=True):
            key = " ".join(original.split()[:words])
            prompt_id = prompts.setdefault(key, f"g{len(prompts):03d}")
            humans[prompt_id] = max(humans.get(prompt_id, ""), original, key=len)
            if prompt_id in told:
                left_out["a second answer to the same first words"] += 1
            elif text.strip():
                told.add(prompt_id)
                yield _story(prompt_id, source, text, "", {})
            else:
                left_out["an empty answer"] += 1
    for prompt_id, text in humans.items():
        yield _story(prompt_id, "human", text, "", {})


_DATED = re.compile(r"^(?P<writer>.+?)(?:-\d{4}-\d{2}-\d{2})?(?P<more>-temp\d+)?-(?P<sample>\d+)$")


def dated_texts(files: Sequence[Path], options: Options, left_out: Counter[str]) -> Iterator[Story]:
    """A text a file, named ``writer-date-sample.txt``; the option ``prompt_id`` is that of all.

    Writers called ``human1``, ``human2`` and so on are people.
    """
    prompt_id = str(options.get("prompt_id", "prompt"))
    for path in sorted(files):
        named = _DATED.match(path.stem)
        text = _text(path)
        if not named or not text.strip():
            left_out["not named as a text is" if text.strip() else "an empty text"] += 1
            continue
        writer = named["writer"] + (named["more"] or "")
        source = "human" if re.fullmatch(r"human\d*", writer) else writer
        meta = {"writer": writer, "file": path.stem}
        yield Story(f"{prompt_id}/{path.stem}", text, source, prompt_id, meta=meta)


_NOTE = re.compile(r"\[\s*Transcriber.s [Nn]ote.*?\]", re.DOTALL)


def gutenberg_documents(
    files: Sequence[Path], options: Options, left_out: Counter[str]
) -> Iterator[Story]:
    """JSON lines ``{metadata: {passage_id}, document}``: a whole story of Project Gutenberg each.

    The first line is the title. What stands before the end of a transcriber's note near the
    beginning (title, author, the magazine's advertisement) is not the story and is cut.
    """
    seen: set[str] = set()
    for path in sorted(files):
        for row in json_rows(path, left_out, lambda record: True):
            if not isinstance(row, Row):
                left_out[row.why] += 1
                continue
            meta: Any = _field(row.fields, "metadata", path)
            passage = str(_field(meta, "passage_id", path))
            document = str(_field(row.fields, "document", path))
            if passage in seen:
                left_out["a repeated story"] += 1
                continue
            seen.add(passage)
            title, text = _titled(document)
            if not text:
                left_out["an empty text"] += 1
                continue
            split = {"split": path.stem}
            yield Story(f"m{passage}", text, "human", f"m{passage}", title=title, meta=split)


def _titled(document: str) -> tuple[str, str]:
    r"""Title and story of a document, its lines trimmed and its blank lines single.

    >>> _titled("A Tale\n \n By ANN\n \n [Transcriber's Note: from a\n magazine.]\n \n It was.\n ")
    ('A Tale', 'It was.')
    """
    lines = "\n".join(line.strip() for line in document.splitlines()).strip()
    title = lines.split("\n", 1)[0]
    note = _NOTE.search(lines, 0, 4000)
    body = lines[note.end() :] if note else lines[len(title) :]
    body = re.sub(r"\A\s*(?:BY|By)\s+[^\n]+\n", "", body)
    return title, re.sub(r"\n{3,}", "\n\n", body).strip()


def whole_texts(files: Sequence[Path], options: Options, left_out: Counter[str]) -> Iterator[Story]:
    """A book a file, cut at paragraphs into pieces of about so many words.

    Options: ``words`` a piece (1,200), ``pieces`` a book at most (all), and the ``source`` (human).
    """
    size = int(options.get("words", 1200))
    most = options.get("pieces")
    source = str(options.get("source", "human"))
    for path in sorted(files):
        pieces = _pieces(_text(path), size)
        kept = pieces[: int(most)] if most else pieces
        if len(kept) < len(pieces):
            left_out["a piece beyond those taken of a book"] += len(pieces) - len(kept)
        for number, text in enumerate(kept):
            story_id = f"{path.stem}/{source}" + (f"#{number + 1}" if number else "")
            yield Story(story_id, text, source, path.stem, meta={"chunk": number})


def _pieces(text: str, size: int) -> list[str]:
    r"""Whole paragraphs, together at least so many words; a short rest joins the last piece.

    >>> _pieces("a b\n\nc d\n\ne f\n\ng", 3)
    ['a b\n\nc d', 'e f\n\ng']
    """
    pieces: list[str] = []
    held: list[str] = []
    count = 0
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        held.append(paragraph.strip("\n"))
        count += len(paragraph.split())
        if count >= size:
            pieces.append("\n\n".join(held))
            held, count = [], 0
    rest = "\n\n".join(held)
    if pieces and rest and count < size / 2:
        pieces[-1] += "\n\n" + rest
    elif rest:
        pieces.append(rest)
    return pieces


def bench_runs(files: Sequence[Path], options: Options, left_out: Counter[str]) -> Iterator[Story]:
    """Runs of the EQ-Bench creative writing benchmark, version 3.

    ``{run: {creative_tasks: {iteration: {prompt: {test_model, base_prompt, results_by_modifier:
    {modifier: {model_response}}}}}}}``: several answers of a model to a prompt.
    """
    samples: Counter[tuple[str, str]] = Counter()
    for path in files:
        for name, run in _object(path, "runs of the benchmark").items():
            for iteration, tasks in _field(run, "creative_tasks", path).items():
                for prompt, task in tasks.items():
                    model = str(task.get("test_model") or _field(run, "test_model", path))
                    base = str(task.get("base_prompt", ""))
                    source = model.replace("/", "__")
                    for modifier, answer in _field(task, "results_by_modifier", path).items():
                        text = str(answer.get("model_response") or "")
                        if not text.strip() or answer.get("generation_failed"):
                            left_out["an empty answer"] += 1
                            continue
                        samples[prompt, source] += 1
                        number = samples[prompt, source]
                        yield Story(
                            f"cw{prompt}/{source}" + (f"#{number}" if number > 1 else ""),
                            text,
                            source,
                            f"cw{prompt}",
                            base.replace("<SEED>", modifier),
                            meta={"iteration": _number(iteration), "model_id": model, "run": name},
                        )


def released_features(
    files: Sequence[Path], options: Options, folder: Path, left_out: Counter[str]
) -> dict[str, Any]:
    """The released StoryScope features and taxonomy: a feature table and its codebook.

    Cells that the taxonomy does not allow become missing and are counted.
    """
    from storyscope.codebook_convert import convert_features, read_codebook
    from storyscope.table import write_table

    taxonomy = [path for path in files if path.suffix == ".json"]
    table = [path for path in files if path.suffix == ".parquet"]
    if len(taxonomy) != 1 or len(table) != 1:
        raise PullError(
            "The released features are one .parquet and one taxonomy .json; see the card."
        )
    made = convert_features(table[0], read_codebook(taxonomy[0]))
    if len(made.outside):
        left_out["a cell that the taxonomy does not allow"] += len(made.outside)
    path = write_table(made.table, folder / "features.parquet")
    sources = made.table["source"].value_counts()
    return {
        "file": path.name,
        "stories": len(made.table),
        "prompts": int(made.table["prompt_id"].nunique()),
        "sources": {str(name): int(n) for name, n in sources.sort_index().items()},
        "next": f"storyscope compare {path} --codebook {taxonomy[0]}",
    }


def litbank_gold(
    files: Sequence[Path], options: Options, folder: Path, left_out: Counter[str]
) -> dict[str, Any]:
    """LitBank's annotations, which `storyscope validate` reads where they lie."""
    return {
        "file": "downloads",
        "files": len(files),
        "next": f"storyscope validate --litbank {folder / 'downloads'}",
    }


def _story(prompt_id: str, source: str, text: str, prompt: str, meta: dict[str, object]) -> Story:
    return Story(f"{prompt_id}/{source}", text, source, prompt_id, prompt, meta=meta)


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="cp1252", errors="replace")


def _object(path: Path, what: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise PullError(f"{path} does not hold {what}: it is not JSON ({error}).") from error
    if not isinstance(content, dict):
        raise PullError(f"{path} does not hold {what}: it is not a JSON object.")
    return content


def _field(content: Any, name: str, path: Path) -> Any:
    if not isinstance(content, Mapping) or name not in content:
        raise PullError(
            f"{path} has not the form that its card says: there is no {name!r} where one should be."
        )
    return content[name]


LAYOUTS: dict[str, Layout] = {
    "corpus": corpus,
    "storyscope": corpus,
    "slop_results": slop_results,
    "hanna": hanna,
    "detection_pairs": detection_pairs,
    "dated_texts": dated_texts,
    "gutenberg_documents": gutenberg_documents,
    "whole_texts": whole_texts,
    "bench_runs": bench_runs,
}
"""Layouts that become stories; "storyscope" is the released one, a row a prompt."""

TABLES: dict[str, Callable[[Sequence[Path], Options, Path, Counter[str]], dict[str, Any]]] = {
    "released_features": released_features,
    "litbank_gold": litbank_gold,
}
"""Layouts that become something else: a feature table, or files that are used as they are."""
