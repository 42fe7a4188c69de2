"""Prompts made of stories: what leaks is found, and taken out or left undone."""

import json

import pytest
from servers import chat as server

from storyscope.generate.infer import leaks
from storyscope.generate.prompts import read_prompts

STORY = (
    "At noon Ada Brook came down to the old mill at Harrow Ford, for the wheel had stopped in the night. "
    "She asked old Mr. Penn whether he had seen anybody by the water. He had not, he said, but then he "
    "never looked. Nobody came. When Ada lifted the gate there was a coat in the race, and she knew whose it was. "
) * 5
CLEAN = "A woman is called to a place of work where a machine has failed, and finds clothing she recognises."


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        (CLEAN, []),
        ("Ada finds a coat.", ["Ada"]),
        ("Tell of Ada's coat and of Penn.", ["Ada", "Penn"]),
        ("Somebody goes to Harrow.", ["Harrow"]),
        ("She asks, but he never looked when Ada lifted the gate.", ["Ada", "when ada lifted the gate"]),
        ("THE WHEEL HAD STOPPED IN THE NIGHT: go on.", ["the wheel had stopped in the night"]),
        ("She came down to the mill.", []),  # four words are anybody's
        ("A woman meets a Nobody whom she knows.", ["Nobody"]),  # only ever at a beginning
        ("When She Came", []),  # a capital alone makes no name
    ],
)  # fmt: skip
def test_names_and_wording_of_the_story_are_found(prompt, found):
    assert leaks(prompt, STORY) == found


@pytest.fixture
def corpus(tmp_path):
    rows = [
        {"id": f"s{i}", "text": STORY, "source": "human", "prompt_id": f"p{i}"} for i in range(2)
    ]
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def test_a_prompt_is_made_of_every_story_and_can_be_written_to(writer, corpus, tmp_path, cli):
    writer.write = lambda params: f'"{CLEAN}"'
    command = ("prompts", "from", corpus, "--model", "m", "--base-url", writer.url,
               "-o", tmp_path / "prompts.jsonl")  # fmt: skip
    status, _, err = cli(*command)
    assert status == 0, err
    made = read_prompts(tmp_path / "prompts.jsonl")
    assert [(p.id, p.text) for p in made] == [("p0", CLEAN), ("p1", CLEAN)]
    assert made[0].words == round(len(STORY.split()) / 50) * 50
    assert "Ada Brook" in writer.log[0]["messages"][0]["content"]
    assert cli(*command)[0] == 0
    assert len(writer.log) == 2


def test_what_leaks_is_named_and_taken_out(writer, corpus, tmp_path, cli):
    writer.faults.append(server.says("Ada finds a coat in a mill."))
    writer.write = lambda params: CLEAN
    status, _, err = cli("prompts", "from", corpus, "--model", "m", "--base-url", writer.url,
                         "-o", tmp_path / "prompts.jsonl")  # fmt: skip
    assert status == 0, err
    said = [r["messages"][-1]["content"] for r in writer.log if len(r["messages"]) == 3]
    assert len(said) == 1
    assert "it takes from the story: Ada" in said[0]
    assert "Ada" not in (tmp_path / "prompts.jsonl").read_text()


def test_a_prompt_that_goes_on_leaking_is_not_written(writer, corpus, tmp_path, cli):
    writer.write = lambda params: "Ada finds a coat in a mill."
    status, _, err = cli("prompts", "from", corpus, "--model", "m", "--base-url", writer.url,
                         "-o", tmp_path / "prompts.jsonl")  # fmt: skip
    assert status == 1
    assert "s0: it takes from the story: Ada." in err
    assert "Of 2 stories no prompt could be made" in err
    assert (tmp_path / "prompts.jsonl").read_text() == ""
    assert len(writer.log) == 6
