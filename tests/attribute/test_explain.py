"""What speaks for a source truly does, and what is not a story is told so."""

import itertools
import re
import textwrap

import numpy as np
import pytest

from storyscope.attribute import Attributor, attribute_row
from storyscope.attribute.segments import MOST_SEGMENTS, SEGMENT, segments
from storyscope.corpus.kinds import unlike_a_story
from storyscope.errors import UnusableText


@pytest.fixture(scope="module")
def parts(big_table):
    """A model of three quarters of the prompts, and the stories of the others."""
    held_out = big_table["prompt_id"] >= "p075"
    model = Attributor("narrative", trees=60, copies=1).fit(big_table[~held_out])
    return model, big_table[held_out].reset_index(drop=True)


def fall(model, row, features, source):
    """How far a source's probability falls when features are taken away."""
    fewer = row.copy()
    for feature in features:
        fewer[feature] = None
    place = list(model.classes_).index(source)
    return (model.predict_proba(row) - model.predict_proba(fewer))[0, place]


def test_taking_away_what_speaks_for_a_source_costs_it_more_than_chance(parts):
    model, stories = parts
    rng = np.random.default_rng(0)
    strongest, random = [], []
    for k in range(40):
        row = stories.iloc[[k]]
        answer = attribute_row(model, row)
        told = [c.feature for c in answer.features if c.contribution > 0][:4]
        measured = [f for f in model.feature_ids_ if row[f].notna().item()]
        chance = rng.choice(measured, len(told), replace=False)
        strongest.append(fall(model, row, told, answer.reads_like))
        random.append(fall(model, row, chance, answer.reads_like))
    assert np.mean(strongest) > 0.1
    assert np.mean(strongest) > np.mean(random) + 0.05
    assert np.mean(np.array(strongest) > np.array(random)) > 0.75


def test_an_answer_is_whole(parts):
    model, stories = parts
    answer = attribute_row(model, stories.iloc[[3]])
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert list(answer.probabilities.values()) == sorted(answer.probabilities.values())[::-1]
    assert answer.reads_like in answer.set
    assert sum(answer.dimensions.values()) == pytest.approx(
        sum(c.contribution for c in answer.features), abs=0.1
    )
    place = next(c for c in answer.features if c.percentiles).percentiles
    assert set(place) == set(answer.probabilities)
    assert all(0 <= share <= 1 for share in place.values())


VERSE = (
    "The lamp burns low\nand the river keeps\nits count of boats\nunder the bridge where\n"
    "nobody sleeps\nbut the keeper who\ncounts what the water\nwill carry away\n\n"
) * 4
CODE = (
    "import os\n\ndef walk(folder):\n    for name in os.listdir(folder):\n"
    "        path = os.path.join(folder, name)\n        if os.path.isdir(path):\n"
    "            walk(path)\n        else:\n            print(path)\n\n"
) * 4
FRENCH = (
    "Elle ouvrit la porte et regarda la pluie qui tombait sur les toits de la ville. "
    "Son frère ne disait rien, car il savait que le bateau était vendu depuis longtemps. "
) * 5
PLAY = "".join(
    f"{who}: {line}\n"
    for who, line in [
        ("ANNA", "You came back after all."), ("PIET", "I came for the ring."),
        ("ANNA", "It is in the drawer."), ("PIET", "Then give it to me."),
    ] * 4
)  # fmt: skip


STAGE = (
    "MRS. ODD. You came.\n\n(Enter PETER, wet.)\n\nPETER. I said that I would, and here I am.\n\n"
    "MRS. ODD. (Not looking.) You said so last year too.\n\n"
) * 4
SCREEN = (
    "INT. KITCHEN - NIGHT\n\nA tap drips.\n\nANNA\nYou came back after all.\n\nPIET\nFor the ring.\n\n"
) * 4
INTERVIEW = "Q: When did you begin to draw?\n\nA: At nine, on the walls, with coal.\n\n" * 5
MESSAGES = "[21:04] anna: are you up?\n[21:05] piet: yes, why do you ask me that now?\n" * 6
ITEMS = "".join(f"- {thing}, two pounds of it, from the shop\n" for thing in "abcdefgh") + "\n"
ESSAY = (
    "It is often argued that public libraries provide more to a society than books. Such an "
    "argument is important, for many people use these systems according to social needs which "
    "include warmth and quiet. Research must therefore consider both the economic value and the "
    "cultural role of this institution, while various studies use data that are not significant. "
    "However, the evidence can be read in more than one way, and individuals may use libraries "
    "less than the research suggests. In conclusion, the analysis of such an approach is key. "
) * 3


@pytest.mark.parametrize(
    ("text", "says"),
    [(STAGE, "play"), (SCREEN, "screenplay"), (INTERVIEW, "interview"), (MESSAGES, "chat"),
     (ITEMS, "list"), (ESSAY, "essay"), (VERSE, "verse"), (CODE, "code"), (FRENCH, "English"), (PLAY, "script"),
     ("17.2 33 4 | 9 " * 60, "figures")],
)  # fmt: skip
def test_what_is_no_story_is_told_so(text, says):
    assert says in " ".join(unlike_a_story(text))


def test_stories_pass(tale, sampler):
    assert unlike_a_story(tale.split("* 2")[0][: len(tale) // 2]) == []
    for row in sampler:
        assert unlike_a_story(row["text"]) == [], row["id"]


def test_wrapped_prose_is_no_verse(sampler):
    for row in sampler[:5]:
        wrapped = "\n\n".join(textwrap.fill(p, 60) for p in row["text"].split("\n\n"))
        assert unlike_a_story(wrapped) == [], row["id"]


def test_segments_cover_a_long_text_without_gaps():
    text = "\n\n".join("word " * 90 + "end." for _ in range(80))
    pieces, skipped = segments(text)
    assert skipped == 0
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(pieces))
    assert all(SEGMENT / 3 <= len(text[a:b].split()) < SEGMENT * 2 for a, b in pieces)


def test_a_text_without_paragraphs_is_cut_where_sentences_end():
    text = "The boat came in at noon. " * 1500
    pieces, _ = segments(text)
    assert len(pieces) > 3
    assert all(text[:end].rstrip().endswith("noon.") for _, end in pieces)


def test_of_a_very_long_text_evenly_spaced_segments_are_read():
    pieces, skipped = segments("word " * 90_000)
    assert len(pieces) == MOST_SEGMENTS
    assert skipped == 60 - MOST_SEGMENTS


def test_a_row_without_a_value_is_refused(parts):
    model, stories = parts
    with pytest.raises(UnusableText, match="no value"):
        attribute_row(model, stories[["story_id", "words"]].iloc[[0]])
    with pytest.raises(UnusableText, match="One row"):
        attribute_row(model, stories.iloc[:2])


def test_places_among_few_texts_are_told_in_texts(parts, monkeypatch):
    model, stories = parts
    texts = dict.fromkeys(map(str, model.classes_), 12)
    monkeypatch.setattr(model, "training_", {"texts": texts}, raising=False)
    said = [c.said for c in attribute_row(model, stories.iloc[[0]]).features]
    placed = [s for s in said if " than in " in s]
    assert placed
    of = 12 * (len(texts) - 1)
    assert all(re.search(rf" than in \d+ of {of} others' texts$", s) for s in placed), placed
    assert not any("%" in s for s in placed)
