"""One small corpus in every format, and everything that can be wrong with a file."""

import csv
import gzip
import json
import math
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storyscope.corpus import Story, read_corpus, write_corpus
from storyscope.corpus.cells import HALVES
from storyscope.corpus.story import is_missing, is_no_story
from storyscope.errors import CorpusError

ROWS = [
    {"prompt_id": "p1", "source": "human", "text": "The gate stood open,\nand she, \"Ann\", left.",
     "prompt": "A gate.", "year": "1901"},
    {"prompt_id": "p1", "source": "m1", "text": "The gate was shut — für immer.",
     "prompt": "A gate.", "year": None},
    {"prompt_id": "p1", "source": "m1", "text": "Gates open and gates shut.",
     "prompt": "A gate.", "year": "2025"},
]  # fmt: skip
IDS = ["p1/human", "p1/m1", "p1/m1#2"]


def as_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write(folder, name, rows=ROWS):
    """Write rows in the format that a file's name asks for."""
    path = folder / name
    match name.split(".", 1)[1]:
        case "jsonl" | "ndjson":
            path.write_bytes(as_lines(rows))
        case "jsonl.gz":
            path.write_bytes(gzip.compress(as_lines(rows)))
        case "jsonl.zst":
            path.write_bytes(pa.compress(as_lines(rows), codec="zstd", asbytes=True))
        case "json":
            path.write_text(json.dumps(rows), encoding="utf-8")
        case "csv" | "tsv" as ending:
            delimiter = "," if ending == "csv" else "\t"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
                writer.writeheader()
                writer.writerows(rows)
        case "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
    return path


FORMATS = ["jsonl", "ndjson", "jsonl.gz", "jsonl.zst", "json", "csv", "tsv", "parquet"]


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_stories(tmp_path, ending):
    corpus = read_corpus(write(tmp_path, f"tales.{ending}"))
    stories = list(corpus)
    assert corpus.name == "tales"
    assert corpus.problems == ()
    assert [story.id for story in stories] == IDS
    assert [story.text for story in stories] == [row["text"] for row in ROWS]
    assert [story.source for story in stories] == ["human", "m1", "m1"]
    assert {story.prompt for story in stories} == {"A gate."}
    assert [story.meta for story in stories] == [{"year": row["year"]} for row in ROWS]
    assert stories == list(corpus), "a corpus is read anew each time"


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("target", ["copy.jsonl", "copy.jsonl.gz"])
def test_reading_what_was_written_gives_equal_stories(tmp_path, ending, target):
    stories = list(read_corpus(write(tmp_path, f"tales.{ending}")))
    path = write_corpus(stories, tmp_path / target)
    assert list(read_corpus(path)) == stories
    again = write_corpus(read_corpus(path), tmp_path / f"again-{target}")
    assert again.read_bytes() == path.read_bytes()


def test_a_corpus_of_a_file_travels_to_a_worker(tmp_path):
    corpus = pickle.loads(pickle.dumps(read_corpus(write(tmp_path, "tales.parquet"))))
    assert [story.id for story in corpus] == IDS


# --- what the columns are called -------------------------------------------------------------


@pytest.mark.parametrize("column", ["text", "Story", "STORY_TEXT", "content", "completion",
                                    "output", "generation", "response"])  # fmt: skip
@pytest.mark.parametrize("source", ["source", "Model", "author_model", "writer", "llm"])
def test_columns_are_recognised_in_any_case(tmp_path, column, source):
    path = write(tmp_path, "t.jsonl", [{column: "It rained.", source: "m1", "pid": 7}])
    (story,) = read_corpus(path)
    assert (story.id, story.text, story.source, story.prompt_id) == (
        "7/m1",
        "It rained.",
        "m1",
        "7",
    )
    assert story.meta == {}


def test_the_first_name_of_a_list_wins_and_the_others_are_kept(tmp_path):
    row = {"story": "Not this.", "text": "It rained.", "model": "m1", "source": "s", "family": "f"}
    (story,) = read_corpus(write(tmp_path, "t.jsonl", [row]))
    assert (story.text, story.source) == ("It rained.", "s")
    assert story.meta == {"story": "Not this.", "model": "m1", "family": "f"}


def test_columns_can_be_chosen(tmp_path):
    path = write(tmp_path, "t.csv", [{"text": "Not this.", "body": "It rained.", "who": "m1"}])
    (story,) = read_corpus(path, columns={"text": "body", "source": "who"})
    assert (story.text, story.source) == ("It rained.", "m1")
    assert story.meta == {"text_": "Not this."}, "a field's own name cannot be a meta name"
    copy = write_corpus([story], tmp_path / "copy.jsonl")
    assert list(read_corpus(copy)) == [story]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"source": "modell"}, "no column 'modell', which was chosen for source; it has text"),
        ({"words": "n"}, "no place for 'words'; it can name id, text, source"),
    ],
)
def test_a_wrong_choice_of_columns_is_told(tmp_path, columns, message):
    path = write(tmp_path, "t.jsonl", [{"text": "It rained."}])
    with pytest.raises(CorpusError, match=message):
        read_corpus(path, columns=columns)


# --- ids and prompts ---------------------------------------------------------------------------


def test_without_prompt_id_the_wording_of_the_prompt_decides(tmp_path):
    rows = [
        {"text": "One.", "model": "a", "prompt": "A  gate."},
        {"text": "Two.", "model": "b", "prompt": " A gate.\n"},
        {"text": "Three.", "model": "b", "prompt": "A door."},
    ]
    one, two, three = read_corpus(write(tmp_path, "t.jsonl", rows))
    assert one.prompt_id == two.prompt_id != three.prompt_id
    assert one.prompt_id.startswith("p-")
    assert len(one.prompt_id) == 12
    assert one.id == f"{one.prompt_id}/a"


def test_without_any_prompt_a_story_is_its_own(tmp_path):
    rows = [{"text": "One."}, {"text": "Two.", "id": "x"}]
    one, two = read_corpus(write(tmp_path, "tales.jsonl", rows))
    assert (one.id, one.prompt_id, one.source) == ("tales-1", "tales-1", "unknown")
    assert (two.id, two.prompt_id) == ("x", "x")


def test_a_source_can_be_given_for_rows_that_name_none(tmp_path):
    rows = [{"text": "One."}, {"text": "Two.", "source": "m1"}]
    corpus = read_corpus(write(tmp_path, "t.jsonl", rows), source="human")
    assert [story.source for story in corpus] == ["human", "m1"]


def test_derived_ids_are_unique_even_where_names_contrive_against_it(tmp_path):
    rows = [
        {"prompt_id": "a/b", "source": "c", "text": "One."},
        {"prompt_id": "a", "source": "b/c", "text": "Two."},
        {"prompt_id": "a", "source": "b/c#2", "text": "Three."},
        {"prompt_id": "a", "source": "b/c", "text": "Four."},
    ]
    ids = [story.id for story in read_corpus(write(tmp_path, "t.jsonl", rows))]
    assert ids == ["a/b/c", "a/b/c#2", "a/b/c#2#2", "a/b/c#3"]


def test_a_repeated_id_is_kept_out_and_the_way_out_is_told(tmp_path):
    rows = [{"story_id": 3, "model": m, "text": f"By {m}."} for m in "ab"]
    path = write(tmp_path, "t.jsonl", rows)
    corpus = read_corpus(path)
    assert [story.id for story in corpus] == ["3"]
    assert "--column prompt_id=story_id" in str(corpus.problems[0])
    assert [s.id for s in read_corpus(path, columns={"prompt_id": "story_id"})] == ["3/a", "3/b"]


def test_whole_numbers_lose_the_point_that_pandas_gave_them(tmp_path):
    (story,) = read_corpus(write(tmp_path, "t.parquet", [{"prompt_id": 411.0, "text": "Rain."}]))
    assert story.prompt_id == "411"


def test_missing_values_in_meta_are_none(tmp_path):
    rows = [{"text": "Rain.", "a": math.nan, "b": None, "c": {"d": [math.inf, 1]}}]
    (story,) = read_corpus(write(tmp_path, "t.jsonl", rows))
    assert story.meta == {"a": None, "b": None, "c": {"d": [None, 1]}}


# --- the wide layout ---------------------------------------------------------------------------

WIDE = [
    {"prompt_id": 11, "title": "Gate", "prompt": "A gate.", "human_author": "N. N.",
     "human_word_count": 4000.0, "story_gpt": "It opened.", "story_claude": "It shut."},
    {"prompt_id": 12, "title": "Door", "prompt": "A door.", "human_author": None,
     "human_word_count": None, "story_gpt": None, "story_claude": "It fell."},
]  # fmt: skip


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_column_a_source_becomes_a_story_a_cell(tmp_path, ending):
    corpus = read_corpus(write(tmp_path, f"stories_dev.{ending}", WIDE))
    stories = list(corpus)
    assert [story.id for story in stories] == ["11/gpt", "11/claude", "12/claude"]
    assert [story.source for story in stories] == ["gpt", "claude", "claude"]
    assert [story.title for story in stories] == ["Gate", "Gate", "Door"]
    assert stories[0].meta["human_author"] == "N. N."
    assert "story_gpt" not in stories[0].meta
    assert corpus.notes == {"empty story_gpt": 1}
    assert corpus.problems == ()


def test_story_title_and_story_id_are_no_sources(tmp_path):
    row = {"story_id": "s1", "story_title": "Gate", "story_genre": "myth", "story_human": "Rain.",
           "Story_Kimi": "Snow."}  # fmt: skip
    stories = list(read_corpus(write(tmp_path, "t.jsonl", [row])))
    assert [(s.id, s.source, s.title) for s in stories] == [
        ("s1/human", "human", "Gate"),
        ("s1/Kimi", "Kimi", "Gate"),
    ]
    assert stories[0].meta == {"story_genre": "myth"}


def test_wide_cells_that_are_no_text_and_empty_rows_are_problems(tmp_path):
    rows = [
        {"story_a": "Rain.", "story_b": 3},
        {"story_a": "", "story_b": None},
        {"story_a": "Hail.", "story_b": "Snow."},
    ]
    corpus = read_corpus(write(tmp_path, "t.jsonl", rows))
    assert [story.id for story in corpus] == ["t-1/a", "t-3/a", "t-3/b"]
    assert [problem.why for problem in corpus.problems] == [
        "in story_b, the text is a number, not text",
        "there is no story in any of story_a, story_b",
    ]


# --- folders and single texts ------------------------------------------------------------------


def test_a_folder_of_sources_prompts_and_samples(tmp_path):
    for name in ("human/p1.txt", "m1/p1/s1.txt", "m1/p1/s2.md", "p9.txt"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Story of {name}.")
    (tmp_path / "tree/README.md").write_text("About.")
    (tmp_path / "tree/human/.hidden.txt").write_text("Hidden.")
    (tmp_path / "tree/human/picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "tree/m1/p1/deep").mkdir()
    (tmp_path / "tree/m1/p1/deep/x.txt").write_text("Too deep.")
    corpus = read_corpus(tmp_path / "tree")
    assert [(s.id, s.source, s.prompt_id, s.meta.get("sample")) for s in corpus] == [
        ("p9/unknown", "unknown", "p9", None),
        ("p1/human", "human", "p1", None),
        ("p1/m1", "m1", "p1", "s1"),
        ("p1/m1#2", "m1", "p1", "s2"),
    ]
    assert corpus.name == "tree"
    assert corpus.notes == {"files about the folder, passed over": 1}
    assert [str(problem)[:45] for problem in corpus.problems] == [
        "human/picture.png, line 1: it ends in '.png',",
        "m1/p1/deep/x.txt, line 1: it lies deeper than",
    ]


def test_a_single_text_is_one_story(tmp_path):
    path = tmp_path / "the-gate.txt"
    path.write_text("\ufeffIt opened.", encoding="utf-8")
    (story,) = read_corpus(path, source="human")
    assert story == Story("the-gate", "It opened.", "human", "the-gate")


# --- bad rows ----------------------------------------------------------------------------------


def test_each_bad_line_is_named_and_the_good_ones_are_read(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_bytes(
        b"\n".join(
            [
                b'\xef\xbb\xbf{"text": "Good."}',
                b'{"text": "Unclosed',
                b"",
                b'["a", "list"]',
                b'{"text": ""}',
                b'{"text": null}',
                b'{"text": 5}',
                b'{"words": "none"}',
                b'{"text": "caf\xe9"}',
                b'{"text": "a\\u0000b"}',
                b'{"text": "a\\ud800b"}',
                b'{"text": "Good too."}\r',
            ]
        )
    )
    corpus = read_corpus(path)
    assert [story.text for story in corpus] == ["Good.", "café", "a\ufffdb", "Good too."]
    assert corpus.notes[HALVES] == 1
    assert [(p.where, p.line) for p in corpus.problems] == [
        ("t.jsonl", line) for line in (2, 4, 5, 6, 7, 8, 10)
    ]
    expected = [
        "not valid JSON", "JSON list, not an object", "empty", "empty", "a number, not text",
        "none of its fields", "NUL",
    ]  # fmt: skip
    for problem, words in zip(corpus.problems, expected, strict=True):
        assert words in problem.why
        assert "\n" not in problem.why


def test_csv_rows_are_counted_by_the_line_they_begin_on(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(
        b'text,source\n"Two\nlines",a\nonly one\n\nfine,b,too many\n"caf\xe9",c\nlast,e\n'
    )
    corpus = read_corpus(path)
    assert [story.text for story in corpus] == ["Two\nlines", "café", "last"]
    assert [(p.line, p.why) for p in corpus.problems] == [
        (4, "the record has 1 fields where the header has 2"),
        (6, "the record has 3 fields where the header has 2"),
    ]


def test_a_story_longer_than_csv_likes_is_read(tmp_path):
    path = write(tmp_path, "t.csv", [{"text": "word " * 60_000, "source": "a"}])
    (story,) = read_corpus(path)
    assert len(story.text) == 300_000


def test_json_lines_under_the_ending_of_an_array_are_read(tmp_path):
    (tmp_path / "t.json").write_bytes(as_lines(ROWS))
    assert [story.id for story in read_corpus(tmp_path / "t.json")] == IDS


# --- files that cannot be read at all ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.doc", b"x", "ends in '.doc', which is not known.*[.]jsonl.*[.]parquet.*[.]docx"),
        ("t.docx", b"x", "t.docx cannot be read: it is damaged, cut short, or not what its ending"),
        ("t", b"x", "ends in 'nothing'"),
        ("t.parquet.gz", b"x", "which is not known"),
        ("t.parquet", b"PAR1 no more", "t.parquet cannot be read"),
        ("t.jsonl.gz", b"not gzip", "t.jsonl.gz cannot be read"),
        ("t.jsonl.gz", gzip.compress(as_lines(ROWS), mtime=0)[:40], "damaged, cut short"),
        ("t.jsonl.zst", b"not zstd", "t.jsonl.zst cannot be read"),
        (
            "t.jsonl",
            b'{"id": "a", "text": ""}\n',
            r"no story that could be read\. It has the columns id, text\. The first problem: ",
        ),
        ("t.jsonl", b"", "holds no story that could be read. It has no columns"),
        ("t.json", b'[{"text": "a"},', "t.json is not valid JSON"),
        ("t.csv", b"text,text\na,b\n", "names 'text' twice"),
        (
            "t.csv",
            b"body,who\na,b\n",
            "It has the columns body, who; expected is a text column.*--column text=NAME",
        ),
        ("t.txt", b"\x89PNG\0\0", "t.txt cannot be read: this is a binary file, not text"),
        ("t.txt", b" \n", "the text is empty"),
    ],
)
def test_an_unreadable_file_says_what_to_do(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        read_corpus(tmp_path / name)


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path):
    with pytest.raises(CorpusError, match="There is nothing at"):
        read_corpus(tmp_path / "absent.jsonl")
    with pytest.raises(CorpusError, match="holds no story; expected are files such as"):
        read_corpus(tmp_path)


def test_a_damaged_end_is_not_mistaken_for_the_end(tmp_path):
    rows = [{"text": f"Story {i} of many, {i * 7919}."} for i in range(3000)]
    whole = gzip.compress(as_lines(rows))
    (tmp_path / "t.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    corpus = read_corpus(tmp_path / "t.jsonl.gz")
    read = []
    with pytest.raises(CorpusError, match="cut short"):
        read.extend(story.id for story in corpus)
    assert 0 < len(read) < 3000


# --- writing -----------------------------------------------------------------------------------


def one(**fields):
    return Story(**{"id": "a", "text": "Rain.", "source": "s", "prompt_id": "p", **fields})


@pytest.mark.parametrize(
    ("stories", "name", "message"),
    [
        ([one()], "t.csv", "written as .jsonl or .jsonl.gz, not 't.csv'"),
        ([one()], "absent/t.jsonl", "does not exist; make it first"),
        ([], "t.jsonl", "there was no story"),
        ([one(), one()], "t.jsonl", "two stories have the id 'a'"),
        ([one(meta={"text": 1})], "t.jsonl", "meta value called 'text'"),
        ([one(meta={"x": {1, 2}})], "t.jsonl", "cannot be JSON"),
        ([one(meta={"x": math.nan})], "t.jsonl", "cannot be JSON"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path, stories, name, message):
    with pytest.raises(CorpusError, match=message):
        write_corpus(stories, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = write_corpus([one()], tmp_path / "t.jsonl")
    before = path.read_bytes()

    def breaking():
        yield one(id="b")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(breaking(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
UTF8 = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
LABEL = UTF8.map(str.strip).filter(lambda label: label and not is_missing(label))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.builds(
            Story,
            id=LABEL,
            text=UTF8.filter(lambda text: text.strip() and not is_no_story(text)),
            source=LABEL,
            prompt_id=LABEL,
            prompt=UTF8,
            title=UTF8,
            meta=st.dictionaries(st.sampled_from(["iteration", "family", "note"]), PLAIN),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda story: story.id,
    )
)
def test_any_stories_survive_a_round_trip(tmp_path, stories):
    path = write_corpus(stories, tmp_path / "t.jsonl")
    assert list(read_corpus(path)) == stories


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_column_without_a_name_is_no_id_source_or_prompt(tmp_path, ending):
    rows = [{"": "0", "text": "He ran home."}, {"": "0", "text": "She waited."}]
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        path.write_text(",text\n0,He ran home.\n0,She waited.\n")
    else:
        path.write_bytes(as_lines(rows))
    stories = list(read_corpus(path))
    assert len({s.id for s in stories}) == 2
    assert all("0" not in (s.source, s.prompt, s.title) for s in stories)
