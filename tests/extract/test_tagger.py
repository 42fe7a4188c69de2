import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import storyscope as ss
from storyscope.errors import MissingTagger, UnusableText
from storyscope.extract.annotate import readings
from storyscope.extract.cache import ParseCache
from storyscope.extract.measures import TAGGED
from storyscope.extract.reading import Reading, read
from storyscope.extract.story import measure_text
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES, Tagger, Tags, load_tagger
from storyscope.extract.tagger.cues import CUES, sentence_cues
from storyscope.extract.tagger.windows import pack
from storyscope.paths import data_dir

TALE = """# The Ferry

“Where is the rope?” asked Orla. Nobody had seen it since Monday.

That night she dreamed of the river. The water stood upright like a door, and her brother walked
through it with dry shoes. He held the rope out to her and it turned into smoke. She woke cold.

Three weeks later the ferry came back without him."""


@pytest.fixture(scope="module")
def tagger():
    return load_tagger()


@pytest.fixture(scope="module")
def annotation():
    return ss.annotate(TALE)


def test_sentences_stand_where_the_text_as_given_has_them(annotation):
    assert [TALE[a:b] for a, b in annotation.sentences][-1] == (
        "Three weeks later the ferry came back without him."
    )
    assert "“Where is the rope?” asked Orla." in [TALE[a:b] for a, b in annotation.sentences]


def test_an_annotation_says_something_of_every_sentence(annotation):
    n = len(annotation.sentences)
    assert set(annotation.chance) == set(FAMILIES) == set(annotation.told)
    assert all(len(p) == n and 0 <= min(p) <= max(p) <= 1 for p in annotation.chance.values())
    assert len(annotation.tension) == n
    assert min(annotation.tension) >= 0
    assert all(low <= annotation.scales[s] <= high for s, (low, high) in SCALES.items())
    assert all(annotation.choices[c]["value"] in answers for c, answers in CHOICES.items())
    assert json.loads(json.dumps(annotation.to_dict())) == annotation.to_dict()


def test_passages_are_runs_over_the_threshold(annotation, tagger):
    for family, found in annotation.told.items():
        threshold = tagger.record["families"][family]["threshold"]
        starts = {a: k for k, (a, _) in enumerate(annotation.sentences)}
        ends = {b: k for k, (_, b) in enumerate(annotation.sentences)}
        for start, end, chance in found:
            inside = annotation.chance[family][starts[start] : ends[end] + 1]
            assert min(inside) >= threshold
            assert chance == max(inside)


def test_a_dream_is_likelier_where_it_is_told(annotation):
    sentences = [TALE[a:b] for a, b in annotation.sentences]
    dream = dict(zip(sentences, annotation.chance["dream"], strict=True))
    told = next(p for s, p in dream.items() if s.startswith("The water stood"))
    assert told > 5 * dream["“Where is the rope?” asked Orla."]


def test_tags_do_not_depend_on_other_texts(annotation):
    others = ["He waited. " * 400, TALE, "One sentence."]
    opened = list(readings(others))
    assert opened[1].reading.tags.chance.tolist() == [
        pytest.approx(row) for row in np.transpose([annotation.chance[f] for f in FAMILIES])
    ]


@pytest.mark.parametrize("text", ["Gone.", "word " * 5000, "* * *\n\nA."])
def test_odd_texts_have_defined_answers(text):
    found = ss.annotate(text)
    assert len(found.tension) == len(found.sentences) >= 1
    assert all(np.isfinite(p).all() for p in found.chance.values())


@pytest.mark.parametrize("text", ["", " \n", "1234 !!"])
def test_texts_without_words_are_refused(text):
    with pytest.raises(UnusableText):
        ss.annotate(text)


# ---------------------------------------------------------------- the files


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(
        data_dir("corpora") / "tagger",
        tmp_path / "tagger",
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
    )


def test_a_damaged_weight_file_is_named(copied):
    path = copied / "reader.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(MissingTagger, match=r"reader\.onnx is damaged"):
        load_tagger(copied)


def test_a_missing_file_is_named(copied):
    (copied / "encoder.onnx").unlink()
    with pytest.raises(MissingTagger, match=r"encoder\.onnx cannot be read"):
        load_tagger(copied)


def test_another_layout_is_refused(copied):
    record = json.loads((copied / "tagger.json").read_text())
    (copied / "tagger.json").write_text(json.dumps(record | {"layout": 99}))
    with pytest.raises(MissingTagger, match="layout 99"):
        load_tagger(copied)


@pytest.mark.parametrize("content", ["{", "[]", '{"layout": 1}'])
def test_a_damaged_record_is_refused(copied, content):
    (copied / "tagger.json").write_text(content)
    with pytest.raises(MissingTagger, match="record"):
        load_tagger(copied)


def test_what_ships_is_small(tagger):
    files = [f for f in (data_dir("corpora") / "tagger").iterdir() if f.suffix == ".onnx"]
    assert sum(f.stat().st_size for f in files) < 30_000_000


# ---------------------------------------------------------------- keeping and leaving out


def test_kept_tags_are_the_same(tagger):
    tags = tagger.tag(read("She woke. The sea had gone. “Run,” he said."))
    again = tagger.from_bytes(tagger.to_bytes(tags))
    assert again.chance.tolist() == tags.chance.tolist()
    assert again.scales == tags.scales
    assert again.choices == tags.choices
    assert again.thresholds == tags.thresholds


def test_tags_are_taken_from_disk_a_second_time(tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_CACHE", str(tmp_path))
    first = next(readings([TALE], cache=True)).reading.tags
    monkeypatch.setattr(Tagger, "tag", lambda *_: pytest.fail("tagged again"))
    again = next(readings([TALE], cache=True)).reading.tags
    assert again.chance.tolist() == first.chance.tolist()


def test_damaged_tags_on_disk_are_made_anew(tmp_path, monkeypatch, tagger):
    monkeypatch.setenv("STORYSCOPE_CACHE", str(tmp_path))
    opened = next(readings([TALE], cache=True))
    first = opened.reading.tags
    for path in tmp_path.glob("*/*.tags"):
        path.write_bytes(b"PK nothing")
    again = next(readings([TALE], cache=True)).reading.tags
    assert again.chance.tolist() == first.chance.tolist()
    assert isinstance(ParseCache(tmp_path, "x"), ParseCache)


def test_without_the_tagger_its_features_are_undefined_and_asking_is_an_error():
    story = measure_text("He ran home. " * 120, tagger=False)
    assert TAGGED
    assert all(story.values[f] is None for f in TAGGED if f in story.values)
    assert story.values["EVT_DEN_01"] is not None
    with pytest.raises(MissingTagger, match="--fast"):
        story.reading.told("dream")


# ---------------------------------------------------------------- small parts


def test_windows_hold_every_piece_once_and_in_order():
    pieces = [[1] * n for n in (3, 250, 0, 700, 10, 10)]
    windows = pack(pieces)
    owners = np.concatenate([w.owner[1:-1] for w in windows])
    assert max(len(w.ids) for w in windows) <= 256
    assert np.bincount(owners, minlength=6).tolist() == [3, 250, 0, 700, 10, 10]
    assert (np.diff(owners) >= 0).all()


def test_cues_are_shares():
    cues = sentence_cues(read('"Had you gone?" she asked. He had never left, and I would wait.'))
    assert cues.shape[1] == len(CUES)
    assert 0 <= cues.min() <= cues.max() <= 1
    assert cues[0, CUES.index("quoted")] > 0 == cues[1, CUES.index("quoted")]
    assert cues[-1, CUES.index("first_person")] > 0


def test_skips_and_turns_are_single_sentences():
    tags = Tags.of_labels(5, {"skip": [(1, 2)], "habit": [(1, 2)]})
    assert [p[:2] for p in tags.told("skip")] == [(1, 1), (2, 2)]
    assert [p[:2] for p in tags.told("habit")] == [(1, 2)]


def test_a_doubtful_sentence_lengthens_a_dream_and_makes_none():
    tags = Tags.of_labels(7, {"dream": [(0, 6)]})
    column = FAMILIES.index("dream")
    tags.chance[:, column] = [0.3, 0.1, 0.3, 0.7, 0.3, 0.1, 0.3]
    limited = replace(
        tags,
        thresholds={**tags.thresholds, "dream": 0.2},
        opens={**tags.opens, "dream": 0.6},
    )
    assert [p[:2] for p in limited.told("dream")] == [(2, 4)]


def test_a_reading_gives_passages_as_tokens():
    doc = read("He sat. She dreamt. The sea rose.").doc
    reading = Reading(doc, Tags.of_labels(3, {"dream": [(2, 2)]}))
    assert reading.text_of(reading.span_of(reading.told("dream")[0])) == "The sea rose."
