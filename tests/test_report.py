"""The report: numbers first, then a page that says them."""

import re
from dataclasses import replace

import pytest

from storyscope.attribute import evaluate
from storyscope.compare.design import Note
from storyscope.corpus import Story
from storyscope.extract.story import Evidence, measure_text
from storyscope.fingerprints import Contrast, Mark
from storyscope.report import report
from storyscope.report.answers import answers
from storyscope.report.figures import draw_marks
from storyscope.report.page import render
from storyscope.report.samples import highlight, sample_of
from storyscope.report.summary import summarise


@pytest.fixture(scope="module")
def summary(big_table):
    return summarise(big_table, evaluations=[], title="A & <B>")


def test_the_first_question_is_answered_from_the_matched_gap(summary):
    first = answers(summary)[0]
    gap = summary.comparison.matched.gap
    assert "people" in first.question
    assert f"{gap.model_human.value:.3f}" in first.answer
    assert f"{gap.model_model.value:.3f}" in first.answer


def test_without_shared_prompts_the_answer_says_that_it_cannot_be_settled(make_table):
    table = make_table(prompts=30)
    human = table["source"] == "human"
    table.loc[human, "prompt_id"] = "other-" + table.loc[human, "prompt_id"]
    found = answers(summarise(table, evaluations=[]))
    assert "cannot settle" in found[0].answer


def test_without_people_likeness_is_asked_of_the_sources(make_table):
    found = answers(summarise(make_table(sources=("a", "b", "c")), evaluations=[]))
    assert "sources" in found[0].question


def test_neighbours_and_groupings_are_those_of_the_comparison(make_table):
    few = summarise(make_table(prompts=10, sources=("a", "b")), evaluations=[])
    said = {a.question: a for a in answers(few)}
    k = few.comparison.rarity.main.k
    assert k < 25
    assert f"its {k} nearest" in str(said["Whose stories are the most unusual?"])
    clusters = said["Does each writer’s work form a cluster of its own?"].answer
    assert re.search(r"at best, \d groups; -?\d\.\d\d in the middle of \d+ groupings", clusters)


def test_the_page_is_whole_escaped_and_asks_for_nothing(summary):
    html = render(summary)
    assert "A &amp; &lt;B&gt;" in html
    assert "<B>" not in html
    for outside in ('src="http', 'href="http', "@import", "url(http", "<link"):
        assert outside not in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for answer in answers(summary):
        assert answer.question.split("?")[0] in html
    assert render(summary) == html


def test_every_feature_of_the_comparison_has_its_row(summary):
    html = render(summary)
    for row in summary.comparison.features:
        assert f"<code>{row.id}</code>" in html


def test_texts_are_shown_with_their_evidence(big_table, tale, tmp_path):
    story = Story("t", tale.replace("Noor", "<i>Noor"), "sampler", "t", title="A & B")
    sample = sample_of(story, measure_text(story.text), ["AGE_EMO_01"], shows={"dream": "none"})
    page = tmp_path / "r.html"
    plain = report(big_table, page, samples=[sample], evaluations=[])
    html = page.read_text(encoding="utf-8")
    assert "&lt;i&gt;Noor" in html
    assert "<i>Noor" not in html
    assert '<mark class="m0"' in html
    assert plain["samples"][0]["values"]["AGE_EMO_01"]


def test_crossing_passages_keep_their_own_ends():
    marks = [Evidence("A", 0, 4, "", "one"), Evidence("B", 2, 6, "", "two")]
    html = str(highlight("abcdefgh", marks, {"A": 0, "B": 1}))
    assert re.findall(r'title="([^"]*)">([^<]*)<', html) == [
        ("one", "ab"), ("one; two", "cd"), ("two", "ef")]  # fmt: skip
    assert re.sub("<[^>]+>", "", html) == "abcdefgh"


def test_a_baseline_that_is_not_known_is_not_spoken_of(summary, big_table):
    found = evaluate(big_table, feature_sets=("narrative",))
    whole = render(replace(summary, evaluations=found))
    best = max((e for e in found if e.n_features == 0), key=lambda e: e.metrics["macro_f1"].value)
    assert re.search(rf"without reading a story, {best.name} reaches\s+0\.\d", whole)
    known = [e for e in found if e.n_features]
    assert "without reading" not in render(replace(summary, evaluations=known))


def test_marks_against_people_stay_within_the_axes():
    models, people = Contrast(0.3, 0.2, 0.4, 0.1, 50), Contrast(0.8, 0.7, 0.9, 0.1, 50)
    mark = Mark(
        "EVT_ESC_01", "", "Intensity", "events", "", False, 0.4, 1.0, models, people, 1.0, 50, 0.01
    )
    axes = draw_marks((mark,), "#0072B2").axes[0]
    assert axes.get_xlim()[1] >= 0.9


def test_stories_that_are_set_aside_are_named_at_the_head(summary):
    note = Note("story", (), "9 stories are set aside and not counted: 9 of human")
    comparison = replace(summary.comparison, notes=[note])
    head = render(replace(summary, comparison=comparison)).split("</header>")[0]
    assert "9 stories are set aside and not counted: 9 of human." in head
    assert "set aside" not in render(summary).split("</header>")[0]
