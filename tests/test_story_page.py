"""A story's own page: what it says, where it says it, and that nothing of the story can break it."""

import dataclasses
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from storyscope.attribute import panel
from storyscope.attribute.answer import Attribution, Contribution, Segment
from storyscope.codebook import default_codebook
from storyscope.corpus import normalise
from storyscope.errors import OutputError, UnusableText
from storyscope.extract.reading import Reading, read
from storyscope.extract.story import StoryMeasures, measure_reading
from storyscope.extract.tagger import Tags
from storyscope.report import story_page
from storyscope.report.story import BANDS, TOLD, summarise_story
from storyscope.report.story_layout import render
from storyscope.report.story_text import pieces
from storyscope.report.story_words import headline

TEXT = (
    "# The Ring & <script>alert(1)</script>\n\n"
    "Ada slept badly. A tower burned in the dream, and she climbed it. She woke & wrote it down.\n\n"
    "## Chapter 2\n\n"
    "Ten years earlier she had sold the boat. “Stop!” he shouted. He seized her arm, and she ran.\n"
    "She was free. Two days later it rained.\n\n"
    "All debts are paid in weather, she thought. The harbour lay under its roofs, and the gulls "
    "walked about on the wall as if they had been asked to look after it. She counted the masts, "
    "as her father had taught her to, and came to eleven, and began again at the far end.\n"
)
FEATURES = ["EVT_DEN_01", "TMP_DRM_01", "TMP_ORD_02", "STY_LEN_01"]
BOOK = default_codebook()


def gain(feature, value, contribution, **places):
    f = BOOK[feature]
    return Contribution(
        feature, f.name, f.dimension, f.style, value, f.unit, contribution, dict(places), ""
    )


ANSWER = Attribution(
    reads_like="claude",
    probabilities={"claude": 0.7, "human": 0.2, "other": 0.1},
    confidence=0.7,
    set=("claude", "human"),
    coverage=0.9,
    words=70,
    feature_set="all",
    ai=0.8,
    built=0.9,
    worded=0.3,
    versions={"claude-a": 0.6, "claude-b": 0.4},
    features=(
        gain("TMP_ORD_02", 5.0, 0.9, human=0.96, ai=0.5),
        gain("TMP_DRM_01", "yes", 0.4, human=0.5, ai=0.5),
        gain("EVT_DEN_01", 20.0, -0.2, human=0.3, ai=0.5),
        gain("STY_LEN_01", 8.0, 0.1, human=0.1, ai=0.2),
    ),
    family_features=(gain("TMP_ORD_02", 5.0, 0.3, claude=0.9, gpt=0.4),),
    warnings=("A short text (70 words).",),
    operating=(
        {"source": "ai", "false_positive_rate": 0.05, "threshold": 0.7, "recall": 0.9,
         "reached": True},
        {"source": "ai", "false_positive_rate": 0.01, "threshold": 0.9, "recall": 0.6,
         "reached": False},
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def measured():
    """The text with what a careful reader would mark; two passages of it cross."""
    normalised = normalise(TEXT)
    parsed = read(normalised.text)
    n = len(parsed.sentences)
    where = {parsed.text_of(s)[:7]: k for k, s in enumerate(parsed.sentences)}
    dream, past, stop = where["A tower"], where["Ten yea"], where['"Stop!"']
    later = where["Two day"]
    tags = Tags.of_labels(
        n,
        {
            "dream": [(dream, dream)],
            "flashback": [(past, stop)],
            "conflict": [(stop, stop + 1)],
            "skip": [(later, later)],
            "turn": [(stop + 1, stop + 1)],
        },
        tension=[k / n for k in range(n)],
        sizes={later: "days"},
        directions={stop + 1: "+"},
    )
    reading = Reading(parsed.doc, tags)
    return StoryMeasures(reading, normalised, measure_reading(reading, FEATURES))


@pytest.fixture(scope="module")
def summary(measured):
    return summarise_story(TEXT, name="ring.txt", answer=ANSWER, measured=measured)


class Page(HTMLParser):
    """Tags that open and close as they must, ids, links, and the text of the story."""

    VOID = frozenset("meta link br hr img input path line rect circle polygon polyline".split())

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.marks, self.tags = [], [], [], [], []
        self.story = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag == "mark":
            assert "mark" not in self.open
            self.marks.append(found)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "article" in self.open:
            self.story += data


@pytest.fixture(scope="module")
def page(summary):
    return Page(render(summary))


def test_every_passage_lies_in_the_text_as_it_was_given(summary):
    told = {p["group"]: TEXT[p["start"] : p["end"]] for p in summary["passages"]}
    assert told["dream"] == "A tower burned in the dream, and she climbed it."
    assert told["flashback"].startswith("Ten years earlier")
    assert told["flashback"].endswith("he shouted.")
    assert told["conflict"].startswith("“Stop!”")
    assert all(0 <= p["start"] < p["end"] <= len(TEXT) for p in summary["passages"])
    assert all(0 <= p["from"] <= p["to"] <= 1 for p in summary["passages"])
    assert len({p["id"] for p in summary["passages"]}) == len(summary["passages"])


def test_the_summary_is_plain_data(summary):
    assert json.loads(json.dumps(summary, allow_nan=False))["name"] == "ring.txt"
    assert [b["family"] for b in summary["bands"]] == list(BANDS)
    (skip,) = next(b for b in summary["bands"] if b["family"] == "skip")["passages"]
    (turn,) = summary["tension"]["turns"]
    assert (skip["detail"], turn["detail"]) == ("days", "gain")
    assert summary["tension"]["curve"][0][1] < summary["tension"]["curve"][-1][1]


def test_tags_close_and_ids_are_unique_and_links_lead_somewhere(page):
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)
    named = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert {i for names in named for i in names.split()} <= set(page.ids)


def test_nothing_is_fetched_from_elsewhere(summary):
    html = render(summary)
    assert not re.search(r"https?://|//\w|@import|url\(", html.replace("// ", ""))
    assert not [a for _, a in Page(html).tags if "src" in a]


def test_the_text_is_all_there_and_stays_text(page):
    assert page.story.split() == TEXT.split()
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_passages_that_cross_are_cut_into_pieces_that_know_them_all(page, summary):
    group = {p["id"]: p["group"] for p in summary["passages"]}
    crossing = [m for m in page.marks if {"flashback", "conflict"} <= set(m["data-g"].split())]
    assert crossing
    assert all({"f-conflict", "u-flashback"} & set(m["class"].split()) for m in crossing)
    pieces_of = {p for m in page.marks for p in m["data-p"].split()}
    assert pieces_of == set(group)
    begins = [m["data-begins"] for m in page.marks if "data-begins" in m]
    assert begins == ["Dream", "Flashback", "Conflict", "Time skip"]


def test_pieces_of_nested_and_crossing_passages_are_cut_right():
    text = "one two\n\nthree four"
    spans = [("a", 0, 19), ("b", 4, 14), ("c", 4, 7), ("d", 12, 18), ("e", 7, 9)]
    found = pieces(text, [{"id": i, "start": a, "end": b} for i, a, b in spans])
    assert [[(text[a:b], "".join(ids)) for a, b, ids in row] for row in found] == [
        [("one ", "a"), ("two", "cba")],
        [("thr", "ba"), ("ee", "dba"), (" fou", "da"), ("r", "a")],
    ]


def test_a_reason_leads_to_its_passages_and_is_said_by_dimension(page, summary):
    assert [d["dimension"] for d in summary["built"]] == ["temporal structure", "events"]
    time, events = summary["built"]
    assert time["says"] == "speaks for a model"
    assert events["says"] == "speaks against a model"
    assert time["features"][0]["says"] == "More flashbacks than in 96% of people’s texts."
    assert summary["worded"][0]["features"][0]["feature"] == "STY_LEN_01"
    link = next(a for t, a in page.tags if a.get("data-show") == "TMP_ORD_02")
    mark = next(m for m in page.marks if m["id"] == link["href"][1:])
    assert "TMP_ORD_02" in mark["data-g"].split()
    assert "why-TMP_ORD_02" in page.ids


def test_the_headline_says_how_sure_and_how_often_wrong():
    said = headline(ANSWER)
    assert said["says"] == "Reads like a model’s story: 80%"
    assert said["family"] == "Of the families, claude is the likeliest: 70%."
    assert (
        "the cut that 5% of people’s texts and 90% of models’ texts reach" in said["sentences"][0]
    )
    assert said["sentences"][1].endswith("here: claude or a person.")
    person = dataclasses.replace(ANSWER, ai=0.002, reads_like="human", confidence=0.998)
    assert headline(person)["says"] == "Reads like a person’s story: over 99%"
    own = dataclasses.replace(ANSWER, ai=None, built=None, worded=None, operating=())
    assert headline(own)["says"] == "Reads like claude: 70%"


def test_figures_have_a_name_a_description_and_a_table(page):
    figures = [a for t, a in page.tags if t == "svg" and a.get("role") == "img"]
    assert figures
    assert all("aria-labelledby" in a for a in figures)
    rest = [a for t, a in page.tags if t == "svg" and "role" not in a and "aria-hidden" not in a]
    assert all("x" in a for a in rest)  # parts of a figure
    assert [t for t, _ in page.tags].count("h1") == 1


def test_chapters_are_rows_of_a_matrix(summary, page):
    rows = [(c["title"], c["skip"]) for c in summary["chapters"]]
    assert [skips for _, skips in rows] == [0, 1]
    assert rows[1][0] == "Chapter 2"
    assert summary["chapters"][0]["dream"] > 0
    assert summary["chapters"][1]["dream"] == 0
    assert "chapters" in page.ids


def test_a_long_text_shows_the_answer_along_it(measured):
    stretches = tuple(
        Segment(k * 100, k * 100 + 100, 20, {"claude": 0.5, "human": 0.3, "other": 0.2})
        for k in range(3)
    )
    answer = dataclasses.replace(ANSWER, segments=stretches)
    html = render(summarise_story(TEXT, answer=answer, measured=measured))
    assert "70%, 70%, 70%." in html
    assert len([a for _, a in Page(html).tags if a.get("class") == "stretch"]) == 3


def test_what_is_no_english_story_is_shown_with_its_reasons_alone():
    french = "Elle ouvrit la porte et regarda la <b>pluie</b> sur les toits de la ville. " * 20
    none = Attribution(
        None, None, 0.0, ("human",), 0.9, 280, "all", no_ground=("It is not English.",)
    )
    found = summarise_story(french, answer=none)
    page = Page(render(found))
    assert (found["read"], found["warnings"], page.marks) == (False, ["It is not English."], [])
    assert page.story.split() == french.split()


def test_a_model_of_ones_own_has_a_page(measured):
    own = dataclasses.replace(
        ANSWER, ai=None, built=None, worded=None, reads_like="m1",
        probabilities={"m1": 0.7, "m2": 0.3}, set=("m1",), versions={}, operating=(),
        features=(gain("TMP_ORD_02", 5.0, 0.9, m1=0.6, m2=0.9, m3=0.7),), family_features=(),
    )  # fmt: skip
    found = summarise_story(TEXT, answer=own, measured=measured)
    assert found["strips"][0]["features"][0] | {"value": 0} == {
        "feature": "TMP_ORD_02", "name": "Flashbacks", "unit": BOOK["TMP_ORD_02"].unit,
        "value": 0, "first": 0.6, "second": 0.8,
    }  # fmt: skip
    assert "the others" in render(found)


def test_the_same_story_gives_the_same_bytes_and_only_a_page_is_replaced(tmp_path, measured):
    target = tmp_path / "page.html"
    how = {"answer": ANSWER, "measured": measured}
    story_page(TEXT, target, **how)
    first = target.read_bytes()
    story_page(TEXT, target, **how)
    assert target.read_bytes() == first
    target.write_text("<html>my own</html>")
    with pytest.raises(OutputError, match="storyscope did not make it"):
        story_page(TEXT, target, **how)
    target.write_text('<meta name="generator" content="StoryScope">')  # a report
    with pytest.raises(OutputError, match="storyscope did not make it"):
        story_page(TEXT, target, **how)
    with pytest.raises(OutputError, match=r"written as \.html, not 'page\.txt'"):
        story_page(TEXT, tmp_path / "page.txt", **how)


def test_every_family_has_a_name_and_a_colour(summary):
    html = render(summary)
    assert set(BANDS) < set(TOLD)
    for family in TOLD:
        assert f"--{family}: #" in html
        assert f".f-{family} " in html


def luminance(colour):
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour, share, ground):
    return [share * c + (1 - share) * g for c, g in zip(colour, ground, strict=True)]


@pytest.mark.parametrize("look", ["light", "dark", "print"])
def test_letters_stand_out_from_what_is_behind_them(summary, look):
    """At least 4.5 to 1, the level AA of WCAG 2."""
    css = render(summary).split("<style>")[1].split("</style>")[0]
    blocks = [css[m.end() : css.index("}", m.end())] for m in re.finditer(r":root \{", css)]
    assert len(blocks) == 6  # of every page, then of this one: light, dark, print
    at = ("light", "dark", "print").index(look)
    said = {}
    for k in (0, 3, at, 3 + at):
        said |= dict(re.findall(r"--([\w-]+): ([^;]+);", blocks[k]))
    colours = {}
    for name, value in said.items():
        if value.startswith("#"):
            digits = value[1:] if len(value) == 7 else "".join(2 * d for d in value[1:])
            colours[name] = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    for letters in ("ink", "soft", "accent", "alarm"):
        for ground in ("paper", "wash"):
            assert contrast(colours[letters], colours[ground]) >= 4.5, (letters, ground)
    tint = float(said["tint"].rstrip("%")) / 100
    shades = {f: mixed(colours[f], tint, colours["paper"]) for f in TOLD}
    shades |= {
        "heat": mixed(colours["heat"], 0.45, colours["paper"]),
        "here": mixed(colours["accent"], 0.34, colours["paper"]),
    }
    for name, shade in shades.items():
        assert contrast(colours["ink"], shade) >= 4.5, name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["{a}", "{b}", "--html", "{p}"], "A page shows one text, not 2"),
        (["{a}", "--html", "{a}"], "written as .html, not 'a.txt'"),
        (["{a}", "--html", "{own}"], "storyscope did not make it"),
        (["--table", "{a}", "--html", "{p}"], "--html shows a text, not table rows"),
    ],
)
def test_a_page_that_cannot_be_made_is_one_sentence(cli, tmp_path, options, said):
    names = {k: tmp_path / f"{k}.txt" for k in ("a", "b")}
    for path in names.values():
        path.write_text(TEXT)
    names |= {"p": tmp_path / "p.html", "own": tmp_path / "own.html"}
    names["own"].write_text("mine")
    status, _, err = cli("attribute", *(o.format(**names) for o in options))
    assert status in (1, 2)
    assert said in " ".join(err.replace("│", " ").split())
    assert not names["p"].exists()


class Asked:
    """Stands for the shipped models."""

    codebook_ = BOOK

    def attribute(self, text, *, pipeline=None, measured=None):
        if len(text) < 100:
            raise UnusableText("The text has too few words.")
        assert measured is not None
        return ANSWER


def test_the_command_writes_the_page_of_a_text(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(panel, "shipped", lambda model=None: Asked())
    (tmp_path / "ring.txt").write_text(TEXT)
    status, out, err = cli("attribute", tmp_path / "ring.txt", "--html", tmp_path / "p.html")
    assert status == 0, err
    assert f"Wrote {tmp_path / 'p.html'}" in err
    assert "Reads like a model's: 80%" in out
    assert Page((tmp_path / "p.html").read_text(encoding="utf-8")).story.split() == TEXT.split()
    (tmp_path / "short.txt").write_text("She left early.")
    status, _, err = cli("attribute", tmp_path / "short.txt", "--html", tmp_path / "q.html")
    assert (status, (tmp_path / "q.html").exists()) == (1, False)
    assert "The text has too few words." in err


PRESS = """
<script>
const out = [];
document.querySelector('a[data-show="TMP_ORD_02"]').click();
out.push(document.querySelectorAll("mark.lit").length > 0);
out.push(document.activeElement.dataset.g.split(" ").includes("TMP_ORD_02"));
out.push(!document.getElementById("panel").hidden);
out.push(document.querySelectorAll("mark.here").length > 0);
document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
out.push(document.activeElement.dataset.show === "TMP_ORD_02");
out.push(document.getElementById("panel").hidden);
const box = document.querySelector('input[data-family="dream"]');
box.click();
out.push(document.querySelectorAll("mark.f-dream").length === 0);
out.push(document.documentElement.scrollWidth <= window.innerWidth);
document.body.dataset.pressed = out.join(" ");
</script></body>"""


def test_a_browser_goes_from_a_feature_to_its_passage_and_back(tmp_path, summary):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium (apt install chromium)")
    target = tmp_path / "page.html"
    target.write_text(render(summary).replace("</body>", PRESS), encoding="utf-8")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=400,800",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", target.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    pressed = re.search(r'data-pressed="([^"]*)"', done.stdout)
    assert pressed, done.stderr[-2000:]
    assert pressed[1] == " ".join(["true"] * 8)
