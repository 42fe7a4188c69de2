"""What reads the texts of the local page: stages, bad files, and a process that ends."""

import asyncio

import pytest
from serve_quick import PNG, bomb

from storyscope.errors import StoryscopeError
from storyscope.serve.desk import ReaderProcess, ReaderStopped
from storyscope.serve.reader import MOST_CHARACTERS, STAGES, read_text


def test_a_story_is_read_in_the_stages_that_are_told(answers, stories, monkeypatch):
    from storyscope.attribute.panel import shipped

    told = []
    found = read_text(stories["first.txt"].encode(), "first.txt", shipped(), told.append)
    assert tuple(told) == STAGES
    assert found["data"]["headline"] == answers["first.txt"]["data"]["headline"]
    assert found["data"]["read"]
    assert "first.txt" in found["page"]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("picture.txt", PNG, "picture.txt cannot be read"),
        ("bomb.docx", bomb, "bomb.docx"),
        ("table.csv", b"text\na", "holds a table of stories"),
        ("old.doc", b"abc", "save it as .docx"),
        ("damaged.pdf", b"%PDF-1.4 and no more", "damaged.pdf"),
        ("blank.html", b"<p> </p>", ""),
        ("long.txt", b"He ran. " * (MOST_CHARACTERS // 8 + 1), "give it in parts"),
        ("digits.txt", b"1 2 3 4 5 6 " * 50, "no letters"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(name, raw, said):
    from storyscope.attribute.panel import shipped

    with pytest.raises(StoryscopeError) as caught:
        read_text(raw() if callable(raw) else raw, name, shipped(), lambda stage: None)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_language_gets_a_page_that_says_so():
    from storyscope.attribute.panel import shipped

    raw = (
        "Sie ging durch das Tor und sah den Hof, und niemand war da, der sie kannte. " * 20
    ).encode()
    found = read_text(raw, "tor.txt", shipped(), lambda stage: None)
    assert found["data"]["answer"]["ai"] is None
    assert not found["data"]["read"]
    assert found["data"]["warnings"]


def test_pasted_text_is_text_whatever_it_is_called(stories):
    from storyscope.attribute.panel import shipped

    raw = b"- milk and eggs\n- bread and salt\n" * 20
    found = read_text(raw, "notes.docx", shipped(), lambda stage: None, pasted=True)
    assert found["data"]["name"] == "notes.docx"
    with pytest.raises(StoryscopeError):
        read_text(raw, "notes.docx", shipped(), lambda stage: None)


# ---------------------------------------------------------------- the process


class Scripted(ReaderProcess):
    """A process that runs a few lines instead of the models."""

    def __init__(self, monkeypatch, lines):
        super().__init__()
        real = asyncio.create_subprocess_exec

        def start(program, dash, module, **how):
            return real(program, "-c", lines, **how)

        monkeypatch.setattr("storyscope.serve.desk.asyncio.create_subprocess_exec", start)


ONCE = """
import json, sys
print(json.dumps({"ready": True}), flush=True)
head = json.loads(sys.stdin.buffer.readline())
raw = sys.stdin.buffer.read(head["bytes"])
print(json.dumps({"stage": "Opening the file"}), flush=True)
print(json.dumps({"data": {"text": raw.decode()}, "page": ""}), flush=True)
"""


def test_a_reader_that_ended_by_itself_is_started_again(monkeypatch):
    async def two():
        reader = Scripted(monkeypatch, ONCE)
        found = [
            await reader.read("a", text, False, lambda stage: None) for text in (b"one", b"two")
        ]
        await reader.stop()
        return [one["data"]["text"] for one in found]

    assert asyncio.run(two()) == ["one", "two"]


def test_a_reader_that_dies_over_a_text_says_so(monkeypatch):
    async def one():
        reader = Scripted(
            monkeypatch,
            ONCE.replace('print(json.dumps({"data"', 'sys.exit()\nprint(json.dumps({"data"'),
        )
        try:
            await reader.read("a", b"one", False, lambda stage: None)
        finally:
            await reader.stop()

    with pytest.raises(ReaderStopped):
        asyncio.run(one())


def test_a_reader_without_models_says_what_is_missing(tmp_path):
    async def start():
        reader = ReaderProcess(tmp_path)
        try:
            await reader.start()
        finally:
            await reader.stop()

    with pytest.raises(StoryscopeError, match="model"):
        asyncio.run(start())


def test_the_real_process_reads_a_story_and_ends_with_its_input(answers, stories):
    async def read():
        reader = ReaderProcess()
        await reader.start()
        told = []
        found = await reader.read("second.txt", stories["second.txt"].encode(), False, told.append)
        picture = await reader.read("p.txt", PNG, False, told.append)
        reader.process.stdin.close()
        await asyncio.wait_for(reader.process.wait(), 10)
        return found, picture, told

    found, picture, told = asyncio.run(read())
    assert found["data"]["headline"] == answers["second.txt"]["data"]["headline"]
    assert found["page"] == answers["second.txt"]["page"]
    assert picture["error"].startswith("p.txt cannot be read")
    assert tuple(told) == (*STAGES, STAGES[0])
