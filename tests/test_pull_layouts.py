"""What each layout of a pulled corpus makes of its files."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pandas as pd
import pytest
from servers.files import results

from storyscope.errors import PullError
from storyscope.pull import LAYOUTS


def made_by(layout, files, **options):
    left_out = Counter()
    return list(LAYOUTS[layout](files, options, left_out)), dict(left_out)


def test_slop_results_keep_the_wanted_models(tmp_path):
    (tmp_path / "a.json").write_bytes(results("lab/alpha"))
    (tmp_path / "b.json").write_bytes(results("beta"))
    files = sorted(tmp_path.glob("*.json"))
    models = {"lab/alpha": {"source": "alpha-1", "family": "alpha"}}
    stories, left_out = made_by("slop_results", files, models=models)
    assert [(s.id, s.meta) for s in stories[:2]] == [
        ("p000/alpha-1", {"model_id": "lab/alpha", "family": "alpha"}),
        ("p001/alpha-1", {"model_id": "lab/alpha", "family": "alpha"}),
    ]
    assert left_out == {"an essay": 1, "an empty answer": 1, "of another model": 5}
    with pytest.raises(PullError, match="nothing by gamma"):
        made_by("slop_results", files, models={"gamma": {}})


def test_hanna_takes_a_person_once(tmp_path):
    frame = pd.DataFrame(
        {
            "Prompt": ["P1", "P2", "P1", "P1"],
            "Human": ["h one", "h two", "h one", "h one"],
            "Story": ["a one", "a two", "b one", "h one"],
            "Model": ["A", "A", "B", "Human"],
        }
    )
    path = tmp_path / "h.csv"
    pd.concat([frame, frame]).to_csv(path, index=False)  # rated twice
    stories, _ = made_by("hanna", [path])
    assert sorted((s.id, s.text) for s in stories) == [
        ("h000/A", "a one"), ("h000/B", "b one"), ("h000/human", "h one"),
        ("h001/A", "a two"), ("h001/human", "h two"),
    ]  # fmt: skip


def test_pairs_share_prompts_over_files(tmp_path):
    first, second = "the door was open and", "a cup fell from the"
    for model, order in (("m-1", (first, second)), ("m-2.5", (second, first))):
        pairs = {
            "original": [f"{w} cold wind came in" + (" at last" * (model == "m-1")) for w in order],
            "sampled": [f"{w} {model} said so" for w in order],
        }
        (tmp_path / f"writing_{model}.raw_data.json").write_text(json.dumps(pairs))
    stories, _ = made_by("detection_pairs", list(tmp_path.iterdir()), before="writing_", words=5)
    by = {s.id: s.text for s in stories}
    assert sorted(by) == [f"g00{i}/{w}" for i in (0, 1) for w in ("human", "m-1", "m-2.5")]
    assert by["g000/human"] == f"{first} cold wind came in at last"
    assert by["g000/m-2.5"] == f"{first} m-2.5 said so"


def test_names_of_texts_tell_writer_and_sample(tmp_path):
    for name in (
        "koala-13b-2023-04-07-temp07-2", "OA_SFT_Llama_30B_6-4", "human2-2023-05-12-2",
        "falcon180b-temp09-2023-09-09-1", "notes",
    ):  # fmt: skip
        (tmp_path / f"{name}.txt").write_text("It was.")
    stories, left_out = made_by("dated_texts", list(tmp_path.iterdir()), prompt_id="toole")
    assert {s.meta["file"]: s.source for s in stories} == {
        "koala-13b-2023-04-07-temp07-2": "koala-13b-temp07",
        "OA_SFT_Llama_30B_6-4": "OA_SFT_Llama_30B_6",
        "human2-2023-05-12-2": "human",
        "falcon180b-temp09-2023-09-09-1": "falcon180b-temp09",
    }
    assert {s.prompt_id for s in stories} == {"toole"}
    assert left_out == {"not named as a text is": 1}


def test_documents_lose_what_stands_before_the_story(tmp_path):
    document = (
        "The Lamp\n \n By ANN WRITER\n \n A light that would not die!\n \n"
        " [Transcriber's Note: This was produced from\n a magazine.]\n \n \n \n It burned.\n \n"
        ' "So it does," she said.\n'
    )
    row = {"metadata": {"passage_id": "77"}, "document": document, "questions": []}
    (tmp_path / "dev.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row) + "\n")
    stories, left_out = made_by("gutenberg_documents", [tmp_path / "dev.jsonl"])
    assert [(s.id, s.title, s.text, s.source) for s in stories] == [
        ("m77", "The Lamp", 'It burned.\n\n"So it does," she said.', "human")
    ]
    assert left_out == {"a repeated story": 1}


def test_books_are_cut_at_paragraphs(tmp_path):
    paragraphs = [f"{i} " + "word " * 99 for i in range(12)]
    (tmp_path / "9_a_book.txt").write_text("\r\n\r\n".join(paragraphs), newline="")
    stories, left_out = made_by("whole_texts", [tmp_path / "9_a_book.txt"], words=300, pieces=3)
    assert [s.id for s in stories] == ["9_a_book/human", "9_a_book/human#2", "9_a_book/human#3"]
    assert [len(s.text.split()) for s in stories] == [300, 300, 300]
    assert stories[1].text.startswith("3 word")
    assert left_out == {"a piece beyond those taken of a book": 1}
    assert len({s.prompt_id for s in stories}) == 1


def test_runs_of_the_benchmark_keep_every_sample(tmp_path, cli):
    def task(prompt, texts):
        return {
            "test_model": "lab/alpha",
            "base_prompt": f"Write of {prompt}. <SEED>",
            "results_by_modifier": {
                seed: {"model_response": text, "generation_failed": not text}
                for seed, text in texts.items()
            },
        }

    runs = {
        "r1": {
            "test_model": "lab/alpha",
            "creative_tasks": {
                "1": {"4": task("doors", {"Set it at sea.": "It was at sea. " * 30})},
                "2": {"4": task("doors", {"Set it inland.": "It was inland. " * 30}),
                      "5": task("cups", {"Set it inland.": ""})},
            },
        }
    }  # fmt: skip
    path = tmp_path / "creative_bench_runs.json"
    path.write_text(json.dumps(runs))
    status, out, err = cli("pull", "eqbench_cw3", "--from", path, "-o", tmp_path / "out", "--json")
    assert status == 0, err
    made = json.loads(out)["made"][0]
    assert (made["stories"], made["left_out"]) == (2, {"an empty answer": 1})
    with gzip.open(tmp_path / "out/eqbench_cw3.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    assert [r["id"] for r in rows] == ["cw4/lab__alpha", "cw4/lab__alpha#2"]
    assert [r["iteration"] for r in rows] == [1, 2]
    assert rows[0]["prompt"] == "Write of doors. Set it at sea."


@pytest.mark.parametrize("layout", ["slop_results", "detection_pairs", "bench_runs"])
@pytest.mark.parametrize("content", [b"<html>", b"[1]", b'{"a": 1}', b"\xff\xfe"])
def test_another_form_is_an_error_that_names_the_file(tmp_path, layout, content):
    (tmp_path / "strange.json").write_bytes(content)
    with pytest.raises(PullError, match=r"strange\.json"):
        made_by(layout, [tmp_path / "strange.json"])
