"""`storyscope induce --measured` from a corpus to a codebook."""

import csv
import json

import pytest
import yaml
from typer.testing import CliRunner

from storyscope.cli import app, commands  # noqa: F401  (registers the commands)
from storyscope.codebook import load_codebook
from storyscope.errors import StoryscopeError, TooLittleData

THINGS = (
    "lamp crate rope door wall stove table ladder bucket barrel kettle basket hammer mirror "
    "carpet bottle candle ribbon saddle anchor"
).split()


SPOKEN = ('"Go," said Ivo.', '"Go."')


def rows():
    """Stories by two sources, of which one always ends on speech and the other now and then."""
    for k, thing in enumerate(THINGS):
        middle = f"The {thing} stood by the gate. Ivo watched the {thing}. He slept. " * 3
        other = ("Ivo opened the gate.", SPOKEN[k % 8 == 1], "Ivo opened the gate.", "Rain fell.")
        for source, end in (("m-alder", SPOKEN[k % 4 == 0]), ("m-birch", other[k % 4])):
            yield {
                "prompt_id": f"p{k}",
                "source": source,
                "text": f"# The {thing}\n\nIvo lifted the {thing}. {middle}{end}",
            }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("induced")
    corpus = folder / "s.jsonl"
    lone = {"prompt_id": "alone", "source": "m-alder", "text": "Nobody else answered."}
    lines = [json.dumps(r) + "\n" for r in [*rows(), lone]]
    corpus.write_text("".join(lines), encoding="utf-8")
    # Wide enough that no cell of the printed table is broken, whatever terminal there is.
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["induce", str(corpus), "--measured", "-o", str(folder / "c.yaml")]
    )
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_what_sets_the_sources_apart_is_found_with_figures(made):
    folder, said = made
    with (folder / "c.csv").open(encoding="utf-8") as file:
        figures = {(r["pattern"], r["source"]): r for r in csv.DictReader(file)}
    speech = figures["ending: speech", "m-alder"]
    assert (speech["kept"], speech["direction"]) == ("True", "more")
    here, there, difference, low, high = (
        float(speech[f]) for f in ("here", "there", "difference", "low", "high")
    )
    assert here == 1.0
    assert there == pytest.approx(0.25, abs=0.15)
    assert difference == pytest.approx(here - there, abs=1e-3)
    assert 0 < low < difference < high <= 1
    assert float(speech["q"]) <= 0.05
    assert not any(pattern == "opening: told > conflict" for pattern, _ in figures)
    assert "speech in the last sentence" in " ".join(said.split())
    assert "1 prompts are left out" not in said
    assert "1 prompt is left out" in said


def test_the_codebook_reads_back_and_its_questions_name_no_source(made):
    folder, _ = made
    book = load_codebook(folder / "c.yaml")
    assert len(book) > 0
    for feature in book:
        asked = json.dumps(feature.to_dict())
        assert "m-alder" not in asked
        assert "m-birch" not in asked
    text = yaml.safe_load((folder / "c.yaml").read_text(encoding="utf-8"))
    assert set(text["provenance"]) == {f.id for f in book}
    assert all(entry["source"] == "m-alder" or entry["source"] == "m-birch"
               for entries in text["provenance"].values() for entry in entries)  # fmt: skip


def test_passages_are_places_in_the_text_as_given_and_shown_on_screen_only(made):
    folder, said = made
    texts = {f"{r['prompt_id']}/{r['source']}": r["text"] for r in rows()}
    written = (folder / "c.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(written)
    (speech,) = [
        e for entries in content["provenance"].values() for e in entries
        if e["pattern"] == "ending: speech"
    ]  # fmt: skip
    assert len(speech["passages"]) == 2
    for place in speech["passages"]:
        assert texts[place["story"]][place["start"] : place["end"]] in SPOKEN
        assert "text" not in place
    assert "said Ivo" not in written
    assert '"Go," said Ivo.' in said


def test_a_second_run_gives_the_same_and_replaces_only_its_own(made):
    folder, _ = made
    before = (folder / "c.yaml").read_bytes(), (folder / "c.csv").read_bytes()
    words = ["induce", str(folder / "s.jsonl"), "--measured", "-o", str(folder / "c.yaml")]
    result = CliRunner().invoke(app, [*words, "--passages", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["prompts"] == 20
    assert found["prompts left out, of one source only"] == 1
    assert "said Ivo" in (folder / "c.yaml").read_text(encoding="utf-8")
    assert "said Ivo" not in result.stdout
    assert CliRunner().invoke(app, words).exit_code == 0
    assert before == ((folder / "c.yaml").read_bytes(), (folder / "c.csv").read_bytes())
    (folder / "mine.yaml").write_text("my own notes\n")
    refused = CliRunner().invoke(app, [*words[:-1], str(folder / "mine.yaml")])
    assert refused.exit_code != 0
    assert (folder / "mine.yaml").read_text() == "my own notes\n"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda k, r: {**r, "source": "m-alder"}, "All stories are by m-alder"),
        (lambda k, r: {**r, "prompt_id": str(k)}, "No prompt was answered by two sources"),
        (lambda k, r: r if k < 10 else None, "Only 5 prompts were answered"),
    ],
)
def test_what_cannot_be_tested_is_refused_before_anything_is_read(tmp_path, changed, says):
    told = [changed(k, r) for k, r in enumerate(rows())]
    path = tmp_path / "s.jsonl"
    path.write_text(
        "".join(json.dumps({"id": str(k), **r}) + "\n" for k, r in enumerate(told) if r)
    )
    result = CliRunner().invoke(
        app, ["induce", str(path), "--measured", "-o", str(tmp_path / "c.yaml")]
    )
    assert isinstance(result.exception, TooLittleData)
    assert says in str(result.exception)
    assert not (tmp_path / "c.yaml").exists()


def test_without_measured_and_with_a_figures_name_it_says_what_to_do(made, tmp_path):
    folder, _ = made
    corpus = str(folder / "s.jsonl")
    result = CliRunner().invoke(app, ["induce", corpus, "-o", str(tmp_path / "c.yaml")])
    assert result.exit_code == 2
    assert "--measured" in result.output
    result = CliRunner().invoke(
        app, ["induce", corpus, "--measured", "-o", str(tmp_path / "c.csv")]
    )
    assert isinstance(result.exception, StoryscopeError)
    assert "c.yaml" in str(result.exception)
