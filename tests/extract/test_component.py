"""StoryScope as a part of a spaCy pipeline."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

import storyscope as ss
from storyscope.errors import MissingPipeline, UnknownFeature
from storyscope.extract import component
from storyscope.extract.pipeline import DEFAULT_PIPELINES

ROOT = Path(__file__).resolve().parents[2]
FEW = ["EVT_DEN_01", "TMP_ORD_02", "STY_LEN_01"]


def whole(**config):
    """A pipeline of one's own with the component at its end."""
    nlp = spacy.load(next(p for p in DEFAULT_PIPELINES if spacy.util.is_package(p)))
    nlp.add_pipe("storyscope_paragraphs", before="parser")
    nlp.add_pipe("storyscope", config=config)
    return nlp


def test_values_are_those_of_a_scored_table(tale):
    doc = whole(only=FEW)(ss.normalise(tale).text)
    table = ss.score(ss.Corpus.from_stories([ss.Story("a", tale, "human", "p")]), only=FEW)
    assert doc._.storyscope == table.loc[0, FEW].to_dict()
    assert doc._.storyscope["TMP_ORD_02"] > 0


def test_passages_are_spans_labelled_by_feature(tale):
    doc = whole(only=FEW)(tale)
    told = [span for span in doc.spans["storyscope"] if span.label_ == "TMP_ORD_02"]
    assert any("Ten years earlier he had sold the boat." in span.text for span in told)


def test_values_outlive_the_disk(tale):
    nlp = whole(only=FEW, tagger=False)
    doc = nlp(tale)
    packed = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    again = next(DocBin(store_user_data=True).from_bytes(packed).get_docs(nlp.vocab))
    assert again._.storyscope == doc._.storyscope
    assert again._.storyscope["EVT_DEN_01"] > 0
    assert again._.storyscope["TMP_ORD_02"] is None  # read without the tagger


def test_a_pipeline_without_a_parser_is_told_what_it_lacks():
    nlp = spacy.blank("en")
    nlp.add_pipe("storyscope", config={"tagger": False})
    with pytest.raises(
        MissingPipeline, match="needs what tagger and parser and lemmatizer and ner"
    ):
        nlp("She ran.")


def test_a_text_without_words_has_no_values():
    doc = whole(only=FEW, tagger=False)(" 1 2 ...")
    assert doc._.storyscope == dict.fromkeys(doc._.storyscope)
    assert sorted(doc._.storyscope) == sorted(FEW)


def test_an_unknown_feature_is_told_before_any_text():
    with pytest.raises(UnknownFeature, match="EVT_DEN_1"):
        whole(only=["EVT_DEN_1"])


def test_the_entry_points_name_what_there_is():
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    for name, target in stated["spacy_factories"].items():
        module, _, attribute = target.partition(":")
        assert getattr(import_module(module), attribute) is not None
        assert spacy.Language.has_factory(name)
    assert component.PASSAGES == "storyscope"


def test_spacy_finds_it_where_the_package_is_installed(tmp_path):
    """Another process, in which nothing of storyscope was imported: only the entry point is there."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    about = tmp_path / "storyscope_here-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: storyscope-here\nVersion: 1\n")
    lines = [f"{name} = {target}" for name, target in stated["spacy_factories"].items()]
    (about / "entry_points.txt").write_text("\n".join(["[spacy_factories]", *lines, ""]))
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('storyscope', config={'tagger': False})\n"
        "print(nlp.pipe_names, nlp.analyze_pipes()['problems']['storyscope'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['storyscope'] ['token.tag', ")
