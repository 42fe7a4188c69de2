"""The report: numbers first, then a page that says them."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from storyscope.attribute import evaluate
from storyscope.codebook import default_codebook
from storyscope.compare.design import Note
from storyscope.corpus import Story
from storyscope.errors import CorpusError, TableError, TooLittleData
from storyscope.extract.evidence import write_evidence
from storyscope.extract.story import Evidence, measure_text
from storyscope.fingerprints import fingerprint
from storyscope.report import report
from storyscope.report.answers import answers
from storyscope.report.figures import Dot, palette, strip
from storyscope.report.page import render
from storyscope.report.passages import excerpts
from storyscope.report.profiles import shares
from storyscope.report.samples import highlight, sample_of
from storyscope.report.summary import summarise
from storyscope.table import write_table


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
    clusters = said[CLUSTERS].answer
    assert re.search(
        r"-?\d\.\d\d in the middle of \d+ groupings and by \d\.\d\d at best \(\d g", clusters
    )


CLUSTERS = "Does each writer’s work form a cluster of its own?"


@pytest.mark.parametrize(
    ("gap_k", "says"),
    [((1, 1, 1), "No: the gap statistic"), ((1, 1, 3), "Mostly not: "), ((2, 2, 1), "In part: "),
     ((4, 4, 4), "Yes: ")],
)  # fmt: skip
def test_the_cautious_answer_on_clusters_comes_before_the_best_of_many(summary, gap_k, says):
    structure = summary.comparison.structure
    perfect = replace(structure.clusterings[0].agreement[0], label="source", rand=0.9)
    found = [replace(structure.clusterings[0], gap_k=k, agreement=[perfect]) for k in gap_k]
    structure = replace(structure, clusterings=found)
    other = replace(summary, comparison=replace(summary.comparison, structure=structure))
    answer = next(a for a in answers(other) if a.question == CLUSTERS).answer
    assert answer.startswith(says)
    assert answer.index("gap statistic") < answer.index("0.90 at best")


def test_the_page_is_whole_escaped_and_asks_for_nothing(summary):
    html = render(summary)
    assert "A &amp; &lt;B&gt;" in html
    assert "<B>" not in html
    for outside in ('src="http', 'href="http', "@import", "url(http", "<link"):
        assert outside not in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    at = [html.index(answer.answer) for answer in answers(summary)]
    assert at[:3] == sorted(at[:3])
    assert html.index("What spoils this comparison") < at[0]
    assert render(summary) == html


def test_every_feature_of_the_comparison_has_its_row(summary):
    html = render(summary)
    for row in summary.comparison.features:
        assert f"<code>{row.id}</code>" in html


def test_texts_are_shown_with_their_evidence(table, tale, tmp_path):
    story = Story("t", tale.replace("Noor", "<i>Noor"), "sampler", "t", title="A & B")
    sample = sample_of(story, measure_text(story.text), ["AGE_EMO_01"], shows={"dream": "none"})
    page = tmp_path / "r.html"
    plain = report(table, page, samples=[sample], evaluations=[])
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


def test_a_strip_stays_within_its_ends():
    html = strip([Dot(0.8, -2.0, 0.9), Dot(1.5, look="diamond")], -1, 1, 0)
    places = [float(x) for x in re.findall(r'x[12]?="(-?[\d.]+)%"', html)]
    assert min(places) >= 0
    assert max(places) <= 100
    assert "NaN" not in strip([Dot(0.5)], 0.5, 0.5)


def test_every_source_has_one_colour_in_every_figure(summary):
    html = render(summary)
    names = [source.name for source in summary.comparison.about.sources]
    for k, name in enumerate(names):
        assert re.search(
            rf'source-{k}"[^>]*></span>{name}\b|source-{k}"><span class="dot"></span>{name}\b', html
        )
        colour = palette(summary.comparison)[name][0]
        assert f".source-{k} {{ --source: {colour}; }}" in html
        tree = re.search(rf'<circle class="full source-(\d)"[^>]*/><text[^>]*>{name}</text>', html)
        assert tree[1] == str(k)


def test_every_figure_has_words_and_a_table_behind_it(summary):
    html = render(summary)
    for svg in re.findall(r"<svg class=\"figure\".*?</desc>", html, re.DOTALL):
        title, words = re.search(r"<title[^>]*>(.+?)</title><desc[^>]*>(.+?)</desc>", svg).groups()
        assert len(title) > 8
        assert len(words) > 30
    for name in ("tree", "map"):
        assert f"The figures behind the {name}" in html
    assert "<text" in html
    assert "<image" not in html


# ---------------------------------------------------------------- features, sides, passages


def test_models_and_people_are_told_apart_by_the_sign_of_delta(summary):
    for p in summary.profiles:
        if p.delta is None or p.kind in ("categorical", "multi") or abs(p.delta) < 0.3:
            continue
        models = [p.sources[m].mean for m in ("m1", "m2", "m3")]
        assert (np.mean(models) > p.sources["human"].mean) == (p.delta > 0)
        assert p.real == (p.low * p.high > 0 and (p.q is None or p.q < 0.05))


def test_shares_of_a_mark_are_those_of_the_stories(summary, big_table):
    source = next(s for s, marks in summary.fingerprints.marks.items() if s != "human" and marks)
    mark = next(m for m in summary.fingerprints.marks[source] if not m.value)
    held = summary.shares[source][f"{mark.feature}={mark.value}"]
    assert held.here == pytest.approx(mark.share, abs=1e-3)
    assert held.others <= 0.5
    assert held.people is not None


def test_a_mark_that_the_middle_story_is_at_the_end_of_is_shown_by_those_level_with_it(make_table):
    """Most stories of the others have none of it, or the answer; still more of this source's do."""
    table = make_table(("human", "m1", "m2", "m3"), prompts=40)
    mine = (table["source"] == "m1").to_numpy()
    few = (table["prompt_id"] < "p016").to_numpy()  # 16 of 40
    feature = next(c for c in table.columns if c.startswith("AGE_"))
    table[feature] = np.where(~mine & few, table[feature], 0.0)
    table["TMP_TNS_01"] = np.where(~mine & few, "present", "past")
    found = shares(table, fingerprint(table), default_codebook())["m1"]
    assert found[f"{feature}="] == found["TMP_TNS_01=past"] == (1, 0.6, 0.6)


def test_with_too_few_stories_for_marks_the_page_has_all_the_rest(make_table, tmp_path):
    table = make_table(("a", "b"), prompts=8)
    page = tmp_path / "page.html"
    found = report(table, page, evaluations=[])
    assert found["fingerprints"]["marks"] == {}
    html = page.read_text(encoding="utf-8")
    assert html.count("Fingerprints need two sources with at least 10 stories each") == 1
    assert 'id="features"' in html
    with pytest.raises(TooLittleData, match="at least 10 stories"):
        report(table, page, evaluations=[], source="a")


@pytest.fixture
def told(make_table):
    """A table, its stories, and passages kept of them."""
    table = make_table(prompts=12, sources=("human", "m1", "m2"), shift=3.0)
    text = (
        "It rained. <b>He</b> had lost the ring long ago & nobody had asked him about it since. "
        * 3
    )
    stories = [Story(i, f"{i}. {text}", s, p) for i, s, p in
               zip(table["story_id"], table["source"], table["prompt_id"], strict=True)]  # fmt: skip
    features = [c for c in table.columns if re.fullmatch(r"[A-Z]+_[A-Z]+_\d+", c)]
    rows = [(s.id, [(f, at, at + 60, 0.9) for f in features]) for s in stories
            if (at := s.text.index("had lost"))]  # fmt: skip
    return table, stories, rows


def test_passages_of_both_sides_are_shown_and_escaped(told, tmp_path):
    table, stories, rows = told
    kept = tmp_path / "passages.parquet"
    write_evidence(rows, kept, {})
    summary = summarise(table, evaluations=[], texts=stories, evidence=kept)
    html = render(summary)
    assert "<mark>had lost the ring long ago &amp; nobody" in html
    assert "&lt;b&gt;He&lt;/b&gt;" in html
    assert "<b>He</b>" not in html
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])
    assert data["people"] == "human"
    for feature in data["features"].values():
        if feature["passages"][0]:
            mine, others = feature["passages"]
            assert {data["sources"][q[0]] for q in mine} == {"human"}
            assert "human" not in {data["sources"][q[0]] for q in others}
            assert len({q[1] for q in mine}) == len(mine) == 2
            break
    else:
        pytest.fail("no passage is shown")
    said = summary.to_dict()["passages"]
    one = next(iter(next(iter(said.values())).values()))[0]
    text = next(s.text for s in stories if s.id == one["story"])
    assert text[one["start"] : one["end"]] == one["text"]


def test_passages_of_other_measures_are_refused(told, tmp_path):
    table, stories, rows = told
    table.attrs["storyscope"] = {"measures": "new"}
    kept = tmp_path / "passages.parquet"
    write_evidence(rows, kept, {"measures": "old"})
    with pytest.raises(TableError, match="another measures than the table; write both in one run"):
        excerpts(table, stories, evidence=kept)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(TableError, match="holds no passages"):
        excerpts(table, stories, evidence=tmp_path / "x.parquet")
    with pytest.raises(CorpusError, match="None of the stories is in the table"):
        excerpts(table, [Story("elsewhere", "Rain.", "m1", "p")], evidence=kept)


def test_without_kept_passages_typical_stories_are_read_again(tale, tmp_path):
    stories = [Story(f"{s}{k}", f"Day {k}. {tale}", s, f"p{k}") for s in "ab" for k in range(4)]
    rows = [
        {"story_id": s.id, "source": s.source, "prompt_id": s.prompt_id, **measure_text(
            s.text, features=["EVT_DEN_01"], tagger=False).values} for s in stories
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    found, notes = excerpts(table, stories)
    assert set(found) == {"EVT_DEN_01"}
    assert set(found["EVT_DEN_01"]) == {"a", "b"}
    assert notes == []
    one = found["EVT_DEN_01"]["a"][0]
    assert next(s for s in stories if s.id == one.story).text[one.start : one.end] == one.text
    changed = [replace(s, text=s.text + " She ran. He ran. They ran and fell.") for s in stories]
    found, notes = excerpts(table, changed)
    assert found == {}
    assert "is not what the table was made of" in notes[0]


def test_one_source_has_a_page_of_its_own(summary, big_table, tmp_path, cli):
    summary = replace(summary, focus="m1", title="What marks m1")
    html = render(summary)
    assert "<title>What marks m1</title>" in html
    assert answers(summary)[0].question == "What marks m1?"
    assert "nearest to those of" in answers(summary)[1].answer
    for section in ("alike", "spread", "who"):
        assert f'id="{section}"' not in html
    heads = re.findall(r'<th scope="col" class="n"><button type="button">([^<]+)<', html)
    assert heads[:3] == ["human", "m1", "other models"]
    path = write_table(big_table, tmp_path / "t.parquet")
    status, _, err = cli("report", path, "--source", "m9", "-o", tmp_path / "p.html")
    assert status == 1
    assert "no source 'm9'; it has human, m1, m2, m3." in err
    status, _, err = cli("report", path, "--evidence", path, "-o", tmp_path / "p.html")
    assert (status, "name the corpus with --texts" in " ".join(err.split())) == (2, True)


# ---------------------------------------------------------------- a browser


PRESS = """
<script>
const out = [];
const table = document.getElementById("all-features");
const shown = () => [...table.tBodies[0].rows].filter((r) => !r.hidden);
const head = table.tHead.rows[0].cells[5];
head.querySelector("button").click();
const column = shown().map((r) => parseFloat(r.cells[5].textContent.replace(",", ""))).filter((v) => v === v);
out.push(head.getAttribute("aria-sort") === "descending", column.every((v, k) => !k || column[k - 1] >= v));
head.querySelector("button").click();
out.push(head.getAttribute("aria-sort") === "ascending");
const box = document.getElementById("find");
box.value = "AGE_DES"; box.dispatchEvent(new Event("input"));
const left = shown();
out.push(left.length < table.tBodies[0].rows.length && left.length > 0
  && left.every((r) => r.textContent.includes("AGE_DES")));
out.push(document.getElementById("found").textContent.startsWith(`${shown().length} of `));
const point = document.querySelector("svg .point");
point.dispatchEvent(new MouseEvent("click", { bubbles: true }));
out.push(document.getElementById("choose").value === point.dataset.feature);
out.push(document.querySelectorAll("#one tbody tr").length === 4, document.activeElement.id === "card");
out.push(document.documentElement.scrollWidth <= window.innerWidth);
document.body.dataset.pressed = out.join(" ");
</script></body>"""


def test_a_browser_sorts_filters_and_shows_a_feature(tmp_path, summary):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium (apt install chromium)")
    target = tmp_path / "page.html"
    target.write_text(render(summary).replace("</body>", PRESS), encoding="utf-8")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=500,800",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", target.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    pressed = re.search(r'data-pressed="([^"]*)"', done.stdout)
    assert pressed, done.stderr[-2000:]
    assert pressed[1] == " ".join(["true"] * 9)


def test_stories_that_are_set_aside_are_named_at_the_head(summary):
    note = Note("story", (), "9 stories are set aside and not counted: 9 of human")
    comparison = replace(summary.comparison, notes=[note])
    head = render(replace(summary, comparison=comparison)).split("</header>")[0]
    assert "9 stories are set aside and not counted: 9 of human." in head
    assert "set aside" not in render(summary).split("</header>")[0]
