"""Likeness in meaning by the shipped encoder: retellings are near, other stories are not."""

import shutil

import numpy as np
import pytest

from storyscope.errors import MissingTagger
from storyscope.extract import meaning
from storyscope.extract.meaning import embed, load_encoder

# Three answers to one prompt, a keeper of a lighthouse finds a letter, each told twice.
DEBT = (
    "The letter lay under the third step of the tower, where the damp had not reached it. Ines read "
    "it by the lamp. Her father had owed the harbour master four hundred, and had paid with the boat "
    "that everyone believed the storm had taken. She sat on the cold iron until the oil ran low. In "
    "the morning she rowed over to the harbour master's house, laid the paper on his table, and asked "
    "for the boat. He was an old man now. He gave her the key to the shed and could not look at her.",
    "Beneath a stair inside the lighthouse, in a dry hollow, was an envelope. When Ines opened it that "
    "night she learned that the vessel her dad was said to have lost at sea had in truth gone to settle "
    "what he owed the man who ran the port: four hundred in all. She stayed there until the light was "
    "nearly out of fuel. At dawn she crossed the water, put the page in front of the aged official, and "
    "demanded the ship back. Ashamed, with his eyes turned away, he handed over the key of the shed.",
)
LOVER = (
    "Tomas found the letter when the gulls had torn the lining out of the keeper's coat. It was from a "
    "woman in the city who had waited for the man before him, nine years of Sundays at the station. He "
    "had never seen her and he fell in love with her hand. He wrote back, signing the dead man's name, "
    "and all winter the mail boat carried them to and fro. In spring she stepped onto the jetty, took "
    "one look at his face, and laughed so long that he began to laugh as well.",
    "A coat that had belonged to the last keeper was ripped by birds, and out of it fell a note. Its "
    "writer, a lady in town, had been going to the railway each Sunday for almost ten years to meet that "
    "man. Though they were strangers, Tomas lost his heart to the handwriting. He answered under his "
    "dead predecessor's name, and letters passed between them through the cold months by the post ship. "
    "When she came ashore in April and saw who he was she burst out laughing, and soon so did he.",
)
WAR = (
    "The letter was an order. Put out the light at ten, it said, for the grey ships will pass and must "
    "not be seen. Marta had kept the lamp for thirty years and had never once let it go dark. At ten she "
    "thought of the fishermen who were still out beyond the shoal. She burned the order in the stove, "
    "turned the lamp as high as it would go, and went down to bar the door against the soldiers.",
    "What Marta had been sent was a command from the army: extinguish the beacon that evening at ten so "
    "that the warships could slip by unnoticed. In three decades it had not failed a single night. When "
    "the hour struck, boats from the village were still fishing past the sandbank. So she threw the "
    "paper into the fire, made the flame as bright as possible, and locked herself in before the troops "
    "could come.",
)


@pytest.fixture(scope="module")
def vectors():
    return embed([*DEBT, *LOVER, *WAR], cache=False)


def test_a_retelling_is_nearer_than_any_other_story_of_the_prompt(vectors):
    alike = vectors @ vectors.T
    for k in range(6):
        again = k ^ 1
        others = [alike[k, j] for j in range(6) if j not in (k, again)]
        assert alike[k, again] > max(others)
    told = np.mean([alike[k, k ^ 1] for k in range(6)])
    other = np.mean([alike[i, j] for i in range(6) for j in range(6) if j not in (i, i ^ 1)])
    assert told - other > 0.2


def test_vectors_have_length_one_and_hang_on_the_text_alone(vectors):
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    alone = embed([WAR[0]], cache=False)[0]
    assert (alone == vectors[4]).all()
    assert not embed([""], cache=False).any()


def test_a_long_story_is_the_mean_of_its_windows(vectors):
    encoder = load_encoder()
    long = encoder.vector(" ".join([DEBT[0]] * 12))
    assert long @ vectors[0] > 0.9
    assert max(long @ vectors[k] for k in range(1, 6)) < 0.75


def test_vectors_are_kept_and_taken_from_where_they_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_CACHE", str(tmp_path))
    first = embed([WAR[0]])
    (path,) = tmp_path.glob("*/*.vector")
    assert path.stat().st_size == 4 * 384
    monkeypatch.setattr(meaning.Encoder, "vector", lambda self, text: 1 / 0)
    assert (embed([WAR[0]]) == first).all()
    path.write_bytes(b"cut")
    with pytest.raises(ZeroDivisionError):
        embed([WAR[0]])


def test_a_damaged_encoder_is_refused(tmp_path):
    source = meaning.data_dir("corpora") / "meaning"
    for name in (meaning.RECORD, meaning.UPPER):
        shutil.copy(source / name, tmp_path / name)
    (tmp_path / meaning.UPPER).write_bytes(b"cut short")
    with pytest.raises(MissingTagger, match=r"upper\.onnx .* is damaged; reinstall"):
        meaning._load(tmp_path)
    (tmp_path / meaning.RECORD).unlink()
    with pytest.raises(MissingTagger, match="cannot be read; reinstall"):
        meaning._load(tmp_path)
