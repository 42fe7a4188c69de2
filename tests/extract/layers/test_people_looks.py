"""Inner life and named feeling: positives and hard negatives one change away."""

import pytest

from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.thoughts import thoughts
from storyscope.extract.reading import read


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
