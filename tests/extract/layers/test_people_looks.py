"""Looks, inner life, bodily and named feeling: positives and hard negatives one change away."""

import pytest

from storyscope.extract.layers.description import looks
from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.feelings import bodily_feelings
from storyscope.extract.layers.thoughts import thoughts
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("She had green eyes.", ["eyes"]),
        ("Her eyes widened.", []),
        ("Her eyes were wet.", []),
        ("His hair was grey.", ["hair"]),
        ("His hair was wet.", []),
        ("She wore a red coat.", ["clothing"]),
        ("She did not wear a red coat.", []),
        ("She bought a red coat.", []),
        ("A man in a torn cloak crossed the yard.", ["clothing"]),
        ("The dog in a torn basket slept.", []),
        ("She was dressed in black.", ["clothing"]),
        ("An old man with a white beard sat down.", ["hair"]),
        ("An old man sat down.", []),
        ("He was tall.", ["build"]),
        ("He was too tall for the door.", []),
        ("He might be tall.", []),
        ("A tall woman opened the gate.", ["build"]),
        ("A tall tree stood by the gate.", []),
        ("Every tall woman knows it.", []),
        ("The red-haired girl laughed.", ["hair"]),
        ("The cross-legged girl laughed.", []),
        ("The barn had a long jaw of a porch.", []),
        ("The house stood there like a tall man in a hat.", []),
        ("Her fingers were long and thin.", ["build"]),
        ("Its long ears drooped.", []),
        ("Her hands were like spades.", []),
        ('"She has red hair," said the boy.', ["hair"]),
    ],
)
def test_looks(text, regions):
    assert [k.region for k in looks(read(text))] == regions


def test_a_look_knows_its_owner_and_its_words():
    reading = read("Mara saw Tom. Tom had a crooked nose.")
    (look,) = looks(reading)
    assert reading.text_of(look[:2]) == "crooked nose"
    assert reading.lower[look.owner] == "tom"


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("Her jaw tightened.", ["part"]),
        ("She tightened the rope.", []),
        ("His mouth went dry.", ["state"]),
        ("The well went dry.", []),
        ("She clenched her fists.", ["deed"]),
        ("She clenched her purse.", []),
        ("He flinched.", ["whole"]),
        ("He did not flinch.", []),
        ("Nobody flinched.", []),
        ("She felt a knot in her stomach.", ["seat"]),
        ("She felt a knot in the rope.", []),
        ("He had a lump on his forehead.", []),
        ("Her hands shook.", ["part"]),
        ("Her hands shook with fever.", []),
        ("These days her hands shook.", []),
        ("Her eyes narrowed.", ["part"]),
        ("The road narrowed.", []),
        ("Her eyes shone.", ["part"]),
        ("Her eyes shone in the light of the lamp.", []),
        ("If he trembled, he hid it.", []),
        ("The saw bit deeper and her arms trembled.", []),
        ("Her hand flew to her mouth.", ["deed"]),
        ("Her palm cracked across his face.", []),
        ('"No!" he cried.', []),
        ("He sat down and cried.", ["whole"]),
        ('"My jaw tightened," said Ann.', []),
    ],
)
def test_bodily_feelings(text, ways):
    assert [f.way for f in bodily_feelings(read(text))] == ways


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("She was afraid of him.", 1),
        ("She was not afraid of him.", 0),
        ("Was she afraid of him?", 0),
        ("If she was afraid, she hid it.", 0),
        ("She would be afraid of him.", 0),
        ("She felt a sudden shame.", 1),
        ("She felt a sudden draught.", 0),
        ("She felt a sense of dread.", 1),
        ("People fear change.", 0),
        ("The boy feared the dark.", 1),
        ("The noise frightened her.", 1),
        ("The noise frightened the horses.", 0),
        ("The shock threw him across the room.", 0),
        ("Grief took him.", 1),
        ("She hated her brother.", 1),
        ('"I hate you," said Ann.', 0),
        ("She said that she loved him.", 0),
        ("He was sorry to have kept her.", 0),
        ("His anger grew.", 1),
        ("His late love lay in the churchyard.", 0),
        ("He missed the train.", 0),
        ("He missed his mother.", 1),
    ],
)
def test_named_feelings(text, count):
    assert len(named_feelings(read(text))) == count


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("Tom wondered if she knew.", ["report"]),
        ('"I wonder," said Tom.', []),
        ("Tom said that he wondered at it.", []),
        ("Tom knew the way.", ["bare"]),
        ("Tom might know the way.", []),
        ("You know how it is.", []),
        ("She was sure of it.", ["state"]),
        ("She was tall.", []),
        ("He felt along the wall.", []),
        ("He felt that it was over.", ["report"]),
        ("It occurred to her that the boat was gone.", ["mind"]),
        ("The boat occurred twice in the list.", []),
        ("She closed the door. Had he seen her? She ran.", ["question"]),
        ("She closed the door. Have you ever seen a moose? She ran.", []),
        ("She planed the edge of the board.", []),
        ("She planned to sell the mill.", ["bare"]),
    ],
)
def test_thoughts(text, channels):
    found = [t.channel for t in thoughts(read(text))]
    assert found == channels
