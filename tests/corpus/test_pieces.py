"""A file cut into pieces holds the stories, ids and problems of the whole."""

import json
from dataclasses import replace

import pytest

from storyscope.corpus import read_corpus
from storyscope.corpus.ids import Ids
from storyscope.corpus.pieces import cut, read_piece
from storyscope.errors import CorpusError

WIDE = [
    {"prompt": f"A door, {n}", "story_m1": "She ran down the stairs. " * 9, "story_mood": "dark"}
    for n in range(6)
]
LONG = [
    {"id": "a", "model": "m1", "text": "It rained on the é and the harbour."},
    {"model": "m1", "prompt_id": "p", "text": "She slept."},
    {"model": "m1", "prompt_id": "p", "text": "She woke."},
    {"id": "a", "text": "The same id again."},
    {"text": "Nobody wrote this, and nobody asked."},
    {"prompt_id": "q", "responses": ["One sample.", "Another."]},
    {"text": ""},
]


def together(found):
    """Stories and problems of all pieces, with the ids that they have in the whole."""
    ids, stories, problems = Ids(), [], []
    for piece in found.pieces:
        read = read_piece(found, piece)
        problems += [(p.line, p.why) for p in read.problems]
        named = read.ids.named(ids)
        for name, story, line in zip(named, read.stories, read.lines, strict=True):
            if name is None:
                problems.append((line, f"id {story.id!r} is used twice (first in an earlier row)"))
            else:
                stories.append(replace(story, id=name, prompt_id=story.prompt_id or name))
    return stories, sorted(problems)


@pytest.mark.parametrize("size", [1, 120, 100_000])
@pytest.mark.parametrize("rows", [LONG, WIDE], ids=["long", "wide"])
def test_lines_in_pieces_are_the_lines_of_the_whole(tmp_path, rows, size):
    path = tmp_path / "tales.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n\n".join(lines) + "\n{broken\n" + lines[0], encoding="utf-8")
    corpus = read_corpus(path)
    whole = list(corpus)
    stories, problems = together(cut(str(path), size=size))
    assert stories == whole
    assert problems == sorted((p.line, p.why) for p in corpus.problems)


@pytest.mark.parametrize("size", [1, 300, 100_000])
def test_row_groups_in_pieces_are_the_rows_of_the_whole(tmp_path, size):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"text": f"She counted to {n}.", "model": f"m{n % 3}", "year": n} for n in range(200)]
    path = tmp_path / "tales.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=150)
    found = cut(str(path), size=size)
    assert len(found.pieces) == {1: 200, 300: len(found.pieces), 100_000: 2}[size]
    assert together(found)[0] == list(read_corpus(path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tales.jsonl.gz", b"", "unpack it"),
        ("tales.csv", b"", "write it as JSON lines"),
        ("tales.json", b'[{"text": "It rained."}]', "one JSON document"),
        ("tales.jsonl", '{"text": "It rained."}'.encode("utf-16"), "needs UTF-8"),
    ],
)
def test_what_cannot_be_cut_is_told(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=said):
        cut(str(tmp_path / name))


def test_a_url_is_read_as_a_path_is(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="needs `pip install storyscope[dask]`")
    text = "".join(json.dumps(row) + "\n" for row in LONG)
    with fsspec.open("memory://shelf/tales.jsonl", "w") as file:
        file.write(text)
    (tmp_path / "tales.jsonl").write_text(text)
    stories, _ = together(cut("memory://shelf/tales.jsonl", size=50))
    assert stories == list(read_corpus(tmp_path / "tales.jsonl"))
    with pytest.raises(CorpusError, match=r"nothing at memory://shelf/none\.jsonl"):
        cut("memory://shelf/none.jsonl")
    with pytest.raises(CorpusError, match="cannot be opened"):
        cut("nosuch://shelf/tales.jsonl")
