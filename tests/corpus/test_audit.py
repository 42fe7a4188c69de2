import json
import random

import pytest

from storyscope.corpus import BadRow, Corpus, Normalisation, Story, audit, read_corpus
from storyscope.corpus.duplicates import Duplicates, signature
from storyscope.corpus.marks import MARKS, marks_of
from storyscope.corpus.suspects import is_foreign, is_refusal, is_truncated, words

PLAIN = "It was a long evening by the sea, and nobody came to the door of the last house."


def prose(seed, sentences=12):
    """Return text that no other seed gives, in sentences of plain English words."""
    rng = random.Random(str(seed))
    nouns = [f"{a}{b}" for a in ("mar", "sel", "tor", "win", "gal") for b in ("ket", "der", "low")]
    verbs = ("found", "took", "left", "heard", "kept", "broke", "saw")
    return " ".join(
        f"The {rng.choice(nouns)} {rng.choice(verbs)} the {rng.choice(nouns)} at "
        f"{rng.randint(1, 999)}, and it was {rng.choice(nouns)}."
        for _ in range(sentences)
    )


def corpus_of(rows, name="tales"):
    """Make a corpus of (prompt, source, text)."""
    stories = [
        Story(f"{prompt}/{source}/{i}", text, source, prompt)
        for i, (prompt, source, text) in enumerate(rows)
    ]
    return Corpus.from_stories(stories, name=name)


# --- counts --------------------------------------------------------------------------------------


def test_how_parallel_a_corpus_is():
    rows = [("p1", "a", prose(1)), ("p1", "b", prose(2)), ("p1", "b", prose(3))]
    rows += [("p2", "a", prose(4)), ("p2", "b", prose(5)), ("p3", "a", prose(6))]
    found = audit(corpus_of(rows))
    assert (found.stories, found.prompts, list(found.sources)) == (6, 3, ["a", "b"])
    parallel = found.parallel
    assert (parallel.complete, parallel.partial, parallel.single) == (2, 0, 1)
    assert parallel.share == pytest.approx(2 / 3)
    assert (parallel.fewest_samples, parallel.most_samples) == (1, 2)
    assert parallel.lacking == {"a": 0, "b": 1}


def test_one_source_alone_is_complete():
    parallel = audit(corpus_of([("p1", "a", prose(1)), ("p2", "a", prose(2))])).parallel
    assert (parallel.complete, parallel.single, parallel.share) == (2, 0, 1.0)


def test_words_are_those_of_the_normalised_text():
    rows = [(f"p{i}", "a", "# Title here\n\n" + "word — " * i) for i in (1, 2, 3, 10)]
    lengths = audit(corpus_of(rows)).sources["a"].words
    assert (lengths.total, lengths.median, lengths.low, lengths.high) == (16, 2.5, 1, 10)


def test_changes_are_counted_by_kind_and_source_and_can_be_left_out():
    rows = [("p", "a", f"# Title\n\n“{PLAIN}”"), ("p", "b", PLAIN)]
    found = audit(corpus_of(rows))
    assert found.changes == {"quotes": 2, "headings": 1, "blanks": 1}
    assert found.sources["b"].changes == {}
    assert audit(corpus_of(rows), Normalisation(quotes=False)).changes == {
        "headings": 1,
        "blanks": 1,
    }


def test_problems_and_notes_are_those_of_the_corpus(tmp_path):
    rows = [{"story_a": PLAIN, "story_b": None}, {"story_a": 3, "story_b": PLAIN}]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = audit(read_corpus(path))
    assert found.problems == (BadRow("t.jsonl", 2, "in story_a, the text is a number, not text"),)
    assert found.notes == {"empty story_b": 1}


def test_the_whole_audit_is_plain_data():
    found = audit(corpus_of([(f"p{i}", s, prose(f"{i}{s}")) for i in range(6) for s in "ab"]))
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["stories"] == 12
    assert plain["sources"]["a"]["words"]["median"] > 100
    assert set(plain["sources"]["a"]["marks"]) == set(MARKS)


def test_progress_is_told_after_each_story():
    seen = []
    audit(corpus_of([("p", "a", prose(i)) for i in range(3)]), progress=seen.append)
    assert seen == [1, 2, 3]


# --- leaks ---------------------------------------------------------------------------------------


def test_a_mark_that_one_source_alone_bears_is_a_leak():
    rows = [
        (
            f"p{i}",
            source,
            f"# Title\n\n{prose((i, source))}" if source == "a" else prose((i, source)),
        )
        for i in range(10)
        for source in "abc"
    ]
    found = audit(corpus_of(rows))
    leak = next(leak for leak in found.leaks if leak.mark == "opens with a heading")
    assert (leak.source, leak.share, leak.others) == ("a", 1.0, 0.0)
    assert (leak.accuracy, leak.left) == (1.0, 0.5)
    assert {leak.source for leak in found.leaks} == {"a"}


def test_a_mark_that_one_source_alone_lacks_is_a_leak_that_may_stay():
    rows = [
        (
            f"p{i}",
            source,
            prose((i, source)) + (" And so — yes." if source != "a" else " And so, yes."),
        )
        for i in range(10)
        for source in "abc"
    ]
    (leak,) = audit(corpus_of(rows)).leaks
    assert (leak.mark, leak.source, leak.accuracy, leak.left) == ("em dashes", "a", 1.0, 1.0)


def test_length_is_a_leak():
    rows = [(f"p{i}", s, prose((i, s), 5 if s == "a" else 20)) for i in range(10) for s in "abc"]
    (leak,) = audit(corpus_of(rows)).leaks
    assert leak.source == "a"
    assert leak.mark.startswith("at most ")
    assert leak.accuracy == leak.left == 1.0


def test_a_mark_shared_by_half_is_no_leak_and_few_stories_are_not_judged():
    half = [
        (f"p{i}", s, prose((i, s)) + (" So — yes." if (i + (s == "a")) % 2 else ""))
        for i in range(10)
        for s in "ab"
    ]
    assert audit(corpus_of(half)).leaks == ()
    few = [(f"p{i}", s, f"# T\n\n{PLAIN}" if s == "a" else PLAIN) for i in range(4) for s in "ab"]
    assert audit(corpus_of(few)).leaks == ()


BEARERS = {
    "opens with a heading": "# Title\n\nIt rained.",
    "heading or chapter number": "It rained.\n\nChapter 2\n\nIt stopped.",
    "scene-break glyphs": "It rained.\n\n***\n\nIt stopped.",
    "bold or italic marks": "It *rained*.",
    "words about the task": "Sure, here's a tale for your prompt:\n\nIt rained.",
    "chat turns": "### Human: Go on.\n\n### Assistant: It rained.",
    "HTML or Markdown code": "It <i>rained</i>.",
    "edition or forum apparatus": "[WP] It rained.",
    "tokenised": "I do n't know , he 'll come .",
    "curly double quotes": "“Rain.”",
    "straight double quotes": '"Rain."',
    "curly apostrophes": "It’s rain.",
    "straight apostrophes": "It's rain.",
    "em dashes": "Rain—so.",
    "en dashes": "Rain – so.",
    "double hyphens": "Rain--so.",
    "hyphens for dashes": "Rain - so.",
    "one-character ellipses": "Rain…",
    "three-dot ellipses": "Rain...",
    "double blanks": "Rain.  Rain.",
    "blanks at line ends": "Rain. \nRain.",
    "several blank lines": "Rain.\n\n\nRain.",
    "no paragraphs": "It rained. " * 200,
    "unprintable characters": "Rain\u200b.",
}


def test_every_mark_has_an_example():
    assert BEARERS.keys() == MARKS.keys()


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_seen_where_it_is_and_only_there(mark):
    assert mark in marks_of(BEARERS[mark])
    assert marks_of("It rained for a day.\n\nIt stopped.") == frozenset()


# --- suspects ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "suspicious"),
    [
        ("He opened the door and", True),
        ("He opened the door,", True),
        ("He opened the door.", False),
        ('"He opened the door?"', False),
        ("The door —", False),
        ("Well...", False),
        ("(Yes.)  \n", False),
    ],
)
def test_truncated(text, suspicious):
    assert is_truncated(text) is suspicious


@pytest.mark.parametrize(
    ("text", "suspicious"),
    [
        ("I'm sorry, but I can't help with gates.", True),
        ("I cannot write a story about this.", True),
        ("As an AI language model, I do not have a gate.", True),
        ("I am not able to create this content.", True),
        ("I apologize, but I don't feel at ease with gates.", True),
        ("I can't help but wonder at the gate.", False),
        ("“I cannot help you,” said the ferryman.", False),
        ("I'm sorry I left the gate open.", False),
    ],
)
def test_refusals(text, suspicious):
    assert is_refusal(text, len(words(text))) is suspicious
    assert not is_refusal(text, 2000), "a long text is a story, whatever it begins with"


@pytest.mark.parametrize(
    ("text", "suspicious"),
    [
        (f"{PLAIN} {PLAIN}", False),
        ("Es war ein langer Abend am Meer, und niemand kam zur Tür des letzten Hauses. " * 3, True),
        ("nine hundred ninety " * 20, True),
        ("Bonjour tout le monde.", False),  # too short to tell
    ],
)
def test_not_english(text, suspicious):
    assert is_foreign(words(text)) is suspicious


def test_suspects_are_counted_and_the_first_named():
    rows = [(f"p{i}", "a", f"I'm sorry, but I can't help with that {i}") for i in range(25)]
    found = audit(corpus_of(rows)).sources["a"]
    for suspects in (found.short, found.truncated, found.refusals):
        assert suspects.count == 25
        assert len(suspects.ids) == 20
    assert found.foreign.count == 0


# --- duplicates ----------------------------------------------------------------------------------


def test_copies_are_found_whatever_their_typography():
    text = prose(1, 20).replace("The ", "“The ").replace(".", "”.")
    rows = [("p1", "a", text), ("p2", "b", prose(2)), ("p3", "b", text.replace("“", '"'))]
    rows[2] = ("p3", "b", "# Title\n\n" + text.replace("“", '"').replace("”", '"'))
    (duplicate,) = audit(corpus_of(rows)).duplicates
    assert (duplicate.first, duplicate.second, duplicate.similarity) == ("p1/a/0", "p3/b/2", 1.0)


def test_near_copies_are_found_and_strangers_are_not():
    seen = Duplicates()
    for seed in range(40):
        assert seen.find(f"s{seed}", signature(words(prose(seed, 40)))) is None
    original = words(prose(7, 40))
    edited = [word if i % 40 else "changed" for i, word in enumerate(original)]
    found = seen.find("edited", signature(edited))
    assert found is not None
    assert found.first == "s7"
    assert 0.6 < found.similarity < 1


def test_the_estimate_is_near_the_truth():
    def shingles(w):
        return {tuple(w[i : i + 5]) for i in range(len(w) - 4)}

    for kept in (0.95, 0.9, 0.8):
        one = words(prose("x", 120))
        cut = int(kept * len(one))
        other = one[:cut] + words(prose("y", 120))[cut:]
        a, b = shingles(one), shingles(other)
        seen = Duplicates()
        seen.find("one", signature(one))
        found = seen.find("other", signature(other))
        assert found is not None
        assert found.similarity == pytest.approx(len(a & b) / len(a | b), abs=0.2)


def test_short_texts_count_only_if_equal():
    seen = Duplicates()
    assert seen.find("a", signature(["yes"] * 10)) is None
    assert seen.find("b", signature(["yes"] * 11)) is None
    assert seen.find("c", signature(["yes"] * 10)).first == "a"
