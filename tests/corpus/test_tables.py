"""Tables and JSON as people have them: every dress of one corpus gives the same stories."""

import json

import pytest

from storyscope.corpus import read_corpus
from storyscope.errors import CorpusError

FERRY = 'The ferry had stopped.\n\n"Take that down," said Owen.'
STORM = "It rained; nobody slept, not even Ann."
GOOD = [("1", "human", FERRY), ("2", "gpt", STORM)]
HEAD = "id,source,text\n"
PLAIN = HEAD + f'1,human,"{FERRY.replace(chr(34), chr(34) * 2)}"\n2,gpt,"{STORM}"\n3,gpt,"Third."\n'
THIRD = ("3", "gpt", "Third.")


def told(path):
    corpus = read_corpus(path)
    return [(s.id, s.source, s.text) for s in corpus], corpus


def written(folder, content, name="t.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


SEMICOLONS = PLAIN.replace("id,source,text", "id;source;text").replace("1,human,", "1;human;")
SEMICOLONS = SEMICOLONS.replace("2,gpt,", "2;gpt;").replace("3,gpt,", "3;gpt;")


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (PLAIN, ""),
        ("sep=,\r\n" + PLAIN, ""),
        (SEMICOLONS, "table with semicolons between its cells"),
        ("\ufeffsep=;\n" + SEMICOLONS, ""),
        (PLAIN.replace(",human,", "\thuman\t").replace("1\t", "1\t"), None),
        (PLAIN.replace('""', '"'), "records whose quotes do not match, read by the shape of"),
        (PLAIN.replace('""', '\\"'), "records whose quotes do not match, read by the shape of"),
        (PLAIN.replace('Ann."', "Ann."), "records whose quotes do not match, read by the shape of"),
        (PLAIN.encode("utf-16"), "file read as UTF-16, not UTF-8"),
        (PLAIN.encode("utf-16-le"), "file read as UTF-16-LE, not UTF-8"),
    ],
)
def test_every_dress_of_a_table_gives_the_same_stories(tmp_path, content, note):
    if note is None:
        content = "id\tsource\ttext\n" + "".join(
            f'{i}\t{s}\t"{t.replace(chr(34), chr(34) * 2)}"\n' for i, s, t in [*GOOD, THIRD]
        )
        note = "table with tabs between its cells"
    found, corpus = told(written(tmp_path, content))
    assert found == [*GOOD, THIRD]
    assert corpus.problems == ()
    assert [key.startswith(note) for key in corpus.notes] == ([True] if note else [])


def test_old_line_ends_part_records(tmp_path):
    content = f'{HEAD}1,human,"One."\n2,gpt,"Two."\n'.replace("\n", "\r")
    assert told(written(tmp_path, content))[0] == [("1", "human", "One."), ("2", "gpt", "Two.")]


def test_undoubled_quotes_before_other_columns(tmp_path):
    content = 'text,source,id\n"He said "no", and left.\n"Why?"",human,1\n"She, too.",gpt,2\n'
    assert told(written(tmp_path, content))[0] == [
        ("1", "human", 'He said "no", and left.\n"Why?"'),
        ("2", "gpt", "She, too."),
    ]


def test_lines_that_went_with_an_unclosed_quote_are_counted(tmp_path):
    corpus = read_corpus(written(tmp_path, 'text\nfine\n"never closed\nlost\nlost too\n'))
    assert [s.text for s in corpus] == ["fine"]
    assert str(corpus.problems[0]).startswith("t.csv, lines 3 to 5: a quote that opens")
    assert (corpus.bad_rows, corpus.bad_lines) == (1, 3)


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_western_encodings_are_told_apart(tmp_path, encoding):
    text = "Zoé was naïve. The café had no façade, and Zoé left."
    if encoding != "cp850":
        text += " “Don’t,” she said — “not yet…”"
    found, corpus = told(written(tmp_path, f'{HEAD}1,a,"{text}"\n'.encode(encoding)))
    assert found == [("1", "a", text)]
    assert len(corpus.notes) == 1


def test_one_line_of_another_encoding_does_not_spoil_the_others(tmp_path):
    content = f"{HEAD}1,a,Zoé left — early.\n".encode() + "2,b,Her café.\n".encode("cp1252")
    found, corpus = told(written(tmp_path, content))
    assert found == [("1", "a", "Zoé left — early."), ("2", "b", "Her café.")]
    assert corpus.notes == {"lines with bytes that are not UTF-8, read as another encoding": 1}


def test_blanks_around_labels_are_nobody(tmp_path):
    content = "id,Source ,prompt_id,text\n1,human,p1,One.\n2,human ,p1 ,Two.\n3,nan,p1,Three.\n"
    corpus = read_corpus(written(tmp_path, content))
    assert [(s.source, s.prompt_id) for s in corpus] == [
        ("human", "p1"), ("human", "p1"), ("unknown", "p1"),
    ]  # fmt: skip
    assert corpus.notes["source with blanks around it"] == 1


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "NULL", "None", "NA", "N/A", "<NA>", "[removed]", "[Blocked]", "[ Removed by Reddit ]", "-"]
)  # fmt: skip
def test_what_only_says_that_there_is_none_is_no_story(tmp_path, cell):
    corpus = read_corpus(written(tmp_path, f"{HEAD}1,a,One.\n2,b,{cell}\n"))
    assert [s.id for s in corpus] == ["1"]
    assert "says that there is no story" in corpus.problems[0].why


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([{"text": "One.", "author": "m1"}], "the column author looks like it: --column source="),
        (
            [{"text": "A", "source": "GPT"}, {"text": "B", "source": "gpt"}],
            "only in capitals, blanks or",
        ),
        ([{"text": "A", "source": 0}, {"text": "B", "source": 1}], "truth value for a name (0, 1)"),
    ],
)
def test_labels_that_look_wrong_are_noted(tmp_path, rows, note):
    corpus = read_corpus(written(tmp_path, "".join(json.dumps(r) + "\n" for r in rows), "t.jsonl"))
    list(corpus)
    assert any(note in key for key in corpus.notes)


# --- JSON --------------------------------------------------------------------------------------

RECORDS = [
    {"id": "a", "source": "human", "text": "One."},
    {"id": "b", "source": "gpt", "text": "Two."},
]
WITHOUT_IDS = [{k: v for k, v in r.items() if k != "id"} for r in RECORDS]
TWO = [("a", "human", "One."), ("b", "gpt", "Two.")]


@pytest.mark.parametrize("ending", ["json", "jsonl"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "shape",
    [
        RECORDS,
        {"data": RECORDS},
        {"version": 2, "stories": RECORDS},
        {"a": WITHOUT_IDS[0], "b": WITHOUT_IDS[1]},
        {"dataset": {"rows": RECORDS}},
        {key: [r[key] for r in RECORDS] for key in RECORDS[0]},
        {key: {str(k): r[key] for k, r in enumerate(RECORDS)} for key in RECORDS[0]},
        {"columns": list(RECORDS[0]), "index": [0, 1], "data": [list(r.values()) for r in RECORDS]},
    ],
)
def test_every_shape_of_json_gives_the_same_stories(tmp_path, shape, indent, ending):
    path = written(tmp_path, json.dumps(shape, indent=indent), f"t.{ending}")
    assert told(path)[0] == TWO


def test_objects_after_one_another_and_single_ones(tmp_path):
    both = "\n".join(json.dumps(r, indent=2) for r in RECORDS)
    assert told(written(tmp_path, both, "t.jsonl"))[0] == TWO
    alone = json.dumps(RECORDS[0], indent=2)
    assert told(written(tmp_path, alone, "one.json"))[0] == TWO[:1]


def test_a_list_of_samples_is_a_story_each(tmp_path):
    row = {"id": "curated-1", "model": "m", "generations": ["One.", "nan", "Three."]}
    corpus = read_corpus(written(tmp_path, json.dumps(row), "t.jsonl"))
    assert [(s.id, s.prompt_id, s.source, s.text, s.meta["sample"]) for s in corpus] == [
        ("curated-1/m", "curated-1", "m", "One.", 1),
        ("curated-1/m#2", "curated-1", "m", "Three.", 3),
    ]
    assert corpus.problems[0].why.startswith("in sample 2, the text is 'nan'")


@pytest.mark.parametrize("cell", ["['One.', \"It's two.\"]", '["One.", "It\'s two."]'])
def test_a_list_that_was_printed_into_a_cell_is_a_list(tmp_path, cell):
    quoted = cell.replace('"', '""')
    corpus = read_corpus(written(tmp_path, f'prompt_id,model,outputs\np,m,"{quoted}"\n'))
    assert [s.text for s in corpus] == ["One.", "It's two."]


def test_other_columns_of_the_wide_layout_name_no_writers(tmp_path):
    rows = [
        {"prompt_id": k, "story_gpt": "It rained all day. " * 30, "story_mood": "dark",
         "story_stars": 4.5, "story_claude": "Nobody came home. " * 30}
        for k in range(3)
    ]  # fmt: skip
    path = written(tmp_path, "".join(json.dumps(r) + "\n" for r in rows), "t.jsonl")
    corpus = read_corpus(path)
    assert {s.source for s in corpus} == {"gpt", "claude"}
    assert next(iter(corpus)).meta == {"story_mood": "dark", "story_stars": 4.5}
    assert any(key.endswith("no stories: story_mood") for key in corpus.notes)


def test_a_field_nested_beyond_all_use_is_a_bad_row(tmp_path):
    deep = '{"text": "One.", "x": ' + "[" * 900 + "]" * 900 + "}\n"
    corpus = read_corpus(written(tmp_path, deep + '{"text": "Two."}\n', "t.jsonl"))
    assert [s.text for s in corpus] == ["Two."]
    assert "levels deep" in corpus.problems[0].why


# --- bounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_file_that_unpacks_beyond_all_measure_is_refused(tmp_path, ending):
    import gzip

    import pyarrow as pa

    raw = b'{"text": "One."}\n' + b" " * 40_000_000
    packed = gzip.compress(raw) if ending == "gz" else pa.compress(raw, codec="zstd", asbytes=True)
    path = written(tmp_path, packed, f"t.jsonl.{ending}")
    with pytest.raises(CorpusError, match="more than 100 times its size"):
        list(read_corpus(path))


def test_bad_rows_are_listed_up_to_a_bound_and_counted_beyond(tmp_path):
    corpus = read_corpus(written(tmp_path, '{"text": "One."}\n' + "{}\n" * 3000, "t.jsonl"))
    assert [s.text for s in corpus] == ["One."]
    assert (len(corpus.problems), corpus.bad_rows) == (1000, 3000)


@pytest.mark.parametrize(("stories", "row"), [(0, 1), (2, 3)])
def test_a_file_without_a_story_in_very_many_rows_is_given_up(tmp_path, monkeypatch, stories, row):
    monkeypatch.setattr("storyscope.corpus.columns.HOPELESS", 50)
    path = written(tmp_path, '{"text": "One."}\n' * stories + "{}\n" * 51, "t.jsonl")
    with pytest.raises(CorpusError, match=f"in the 50 rows from row {row} on, holds no story"):
        list(read_corpus(path))


def test_a_text_longer_than_any_novel_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("storyscope.corpus.story.LONGEST_TEXT", 50)
    corpus = read_corpus(written(tmp_path, f"{HEAD}1,a,One.\n2,b,{'word ' * 11}\n"))
    assert [s.id for s in corpus] == ["1"]
    assert "more than the longest novel (50 are read)" in corpus.problems[0].why


def test_a_line_longer_than_any_story_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("storyscope.corpus.files.LONGEST_LINE", 100)
    path = written(tmp_path, '{"text": "One."}\n{"text": "' + "word " * 100, "t.jsonl")
    with pytest.raises(CorpusError, match=r"Line 2 of .* is longer than 100 characters"):
        list(read_corpus(path))


# ---------------------------------------------------------------- conversations and headers


TALK = [
    {"role": "system", "content": "You are a writer."},
    {"role": "user", "content": "A tale of a ferry, please."},
    {"role": "assistant", "content": FERRY},
]
SHARED = [{"from": "human", "value": "A tale of a ferry, please."}, {"from": "gpt", "value": FERRY}]
IN_PARTS = [
    {"role": "user", "content": [{"type": "text", "text": "A tale of a ferry, please."}]},
    {"role": "assistant", "content": [{"type": "text", "text": FERRY}]},
]


@pytest.mark.parametrize("column", ["messages", "Conversations"])
@pytest.mark.parametrize("turns", [TALK, SHARED, IN_PARTS], ids=["openai", "sharegpt", "parts"])
def test_the_reply_of_a_conversation_is_the_story(tmp_path, turns, column):
    row = json.dumps({"id": "a", "model": "gpt", column: turns}) + "\n"
    (story,) = read_corpus(written(tmp_path, row, "t.jsonl"))
    assert (story.id, story.source, story.text) == ("a", "gpt", FERRY)
    assert story.prompt == "A tale of a ferry, please."
    assert story.meta == {}


def test_a_conversation_is_found_in_a_document_and_in_a_cell(tmp_path):
    alone = written(tmp_path, json.dumps({"messages": TALK}, indent=1), "t.json")
    assert [story.text for story in read_corpus(alone)] == [FERRY]
    cell = json.dumps(TALK).replace('"', '""')
    table = written(tmp_path, f'id,messages\n1,"{cell}"\n')
    assert [(story.id, story.text) for story in read_corpus(table)] == [("1", FERRY)]


def test_a_column_of_texts_goes_before_a_conversation(tmp_path):
    row = json.dumps({"messages": TALK[:2], "response": STORM})
    assert [story.text for story in read_corpus(written(tmp_path, row, "t.jsonl"))] == [STORM]


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        (TALK[:2], "no reply, only what was asked"),
        ([*TALK, *TALK[1:]], "has 2 replies, and which of them is the story cannot be told"),
        ([*TALK[:2], {"role": "oracle", "content": FERRY}], "a turn of 'oracle'"),
    ],
)
def test_a_conversation_without_one_story_is_kept_out(tmp_path, turns, why):
    rows = [{"text": STORM}, {"messages": turns}]
    path = written(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "t.jsonl")
    corpus = read_corpus(path)
    assert [story.text for story in corpus] == [STORM]
    assert why in corpus.problems[0].why


def test_a_table_without_a_header_is_refused(tmp_path):
    story = "The ferry had stopped, and nobody came. " * 20
    path = written(tmp_path, f'1,human,"{story}"\n2,gpt,"{story}"\n')
    with pytest.raises(CorpusError, match=r"first line.* is a row already.*3 names above it"):
        read_corpus(path)
