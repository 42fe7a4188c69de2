"""Renaming the characters of a story leaves the features of people as they are."""

import pytest

from storyscope.codebook import default_codebook
from storyscope.extract.measures import TAGGED
from storyscope.extract.story import measure_text

STORY = """
{A} came home after dark. The porch lamp was broken, and she felt her way along the rail to the door.
Her brother {B} sat in the kitchen in a grey coat. He was a tall man with a thin beard. He did not
look up.

"You are late," {B} said.

"The ferry was late," {A} said. She put the parcel on the table. "Did {C} call?"

"Twice." {B} pushed his cup away. "She wanted to know where you had gone."

{A} sat down. Her jaw tightened. She knew that {C} never called twice unless something was wrong, and
she was afraid of what it might be. She remembered the summer when {C} had broken the window of the
boathouse and blamed a boy from the village. {B} had paid for the glass.

"I should go over there," {A} said.

"It is raining," said {B}. "Wait until the morning. {C} can wait too."

He got up and filled the kettle. {A} watched him. He had grown thin since the winter, and his hands
shook when he struck the match. She wanted to help him, but {B} hated to be helped. He turned his
back to her and waited for the water to boil.

{C} opened the door herself. She had not knocked. Her red hair was wet and her shoes were full of mud.
She hugged {A} and would not let go of her. Then she saw {B} by the stove, and she stepped back.

"Tell him to leave," {C} said.

"This is my house," {B} said.

"Then tell me why you lied to her!" {C} shouted. She threw a letter on the table. {B} looked at it and
did not touch it. {A} picked it up. She read it twice. She felt nothing at first, and then a cold anger
filled her, and she hit the table with her fist.

"{A}," said {B}. "I tried to tell you."

"When?" {A} asked.

He did not answer. {C} took {A} by the arm, and they went out together into the rain. They walked down
to the water without a word. The ferry lay at the pier with its lights out. {A} wondered whether her
brother would follow them. He did not. In the kitchen the kettle screamed, and {B} let it scream.
"""
CASTS = {
    "usual": ("Sarah", "Thomas", "Emily"),
    "rare": ("Noor", "Ivo", "Ana"),
    "old": ("Harriet", "Ambrose", "Lavinia"),
    "invented": ("Zelane", "Tormund", "Ilsabet"),
    "abroad": ("Yuki", "Kenji", "Priya"),
}
WITHIN = 0.2
"""Share of a feature's range by which renaming may move it."""
OF_NAMES = {"AGE_NAM_05"}


def told(cast):
    a, b, c = CASTS[cast]
    story = measure_text(STORY.format(A=a, B=b, C=c).strip())
    return {k: v for k, v in story.values.items() if k[:3] in ("AGE", "SOC") and k not in OF_NAMES}


@pytest.fixture(scope="module")
def usual():
    return told("usual")


def one_step(feature):
    """What one sentence or person more or fewer makes in this story, as a share of the range.

    The tagger reads names along with everything else: a sentence near its threshold may fall on
    the other side of it, and a level between two may round to the next.
    """
    if feature.kind == "ordinal":
        return 1 / (len(feature.values) - 1)
    low, high = feature.range
    if "per 1,000 words" in feature.unit:
        return 1000 / len(STORY.split()) / (high - low)
    return 1 / len(CASTS["usual"]) if "characters" in feature.unit else WITHIN


def distance(feature, one, other):
    """How far apart two values lie, as a share of the range."""
    if feature.kind == "ordinal":
        levels = list(feature.values)
        return abs(levels.index(one) - levels.index(other)) / (len(levels) - 1)
    if isinstance(one, float) and isinstance(other, float):
        low, high = feature.range
        return abs(one - other) / (high - low)
    return 1.0


@pytest.mark.parametrize("cast", ["rare", "old", "invented", "abroad"])
def test_renaming_moves_few_features_and_none_far(usual, cast):
    renamed = told(cast)
    book = default_codebook()
    moved = {
        f: distance(book[f], value, renamed[f]) for f, value in usual.items() if value != renamed[f]
    }
    far = {
        f: d
        for f, d in moved.items()
        if d > max(WITHIN, one_step(book[f]) if f in TAGGED else 0.0) + 0.01
    }
    assert not far
    for kind, share in ((TAGGED & usual.keys(), 1 / 2), (usual.keys() - TAGGED, 1 / 10)):
        assert sum(moved.get(f, 0.0) > 0.05 for f in kind) <= len(kind) * share, moved


def test_the_stock_of_names_is_what_renaming_changes():
    usual, rare = (
        measure_text(STORY.format(A=a, B=b, C=c).strip(), features=["AGE_NAM_05"])
        for a, b, c in (CASTS["usual"], CASTS["invented"])
    )
    assert usual.values["AGE_NAM_05"] > rare.values["AGE_NAM_05"] == 0.0
