"""Every sentence that the report can make of a feature, in both directions."""

import re
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest

from storyscope.codebook import ID_PATTERN, default_codebook
from storyscope.fingerprints import Contrast
from storyscope.report.answers import spoken as sentence

BOOK = default_codebook()
SPOKEN = [
    (f, value)
    for f in BOOK
    for value in (f.levels if f.kind in ("categorical", "multi") else ("",))
]
# Words in -s that are not plural.
SINGULAR = {"deixis"}
LONGEST = 160


def _mark(feature, value, delta):
    low, high = feature.range or (
        0.0,
        1.0 if feature.kind != "ordinal" else len(feature.values) - 1,
    )
    here, there = low + 0.7 * (high - low), low + 0.3 * (high - low)
    if delta < 0:
        here, there = there, here
    against = Contrast(delta, delta - 0.1, delta + 0.1, there, 90)
    mark = SimpleNamespace(feature=feature.id, value=value, mean=here, models=against)
    return sentence(mark, feature)


def faults(said):
    """What is wrong with the form of a sentence that stands after "has"."""
    found = []
    phrase = re.sub("“.+?”", "“”", said.partition(" (")[0])
    words = re.findall(r"[\w'-]+", phrase.lower())
    if re.match(r"(more|less|fewer) (the|a|an|where|when|who|whose|what|how|is|not)\b", phrase):
        found.append("a quantity before a word that is not a noun")
    if any(a == b for a, b in pairwise(words)):
        found.append("a word twice")
    if re.search(r"\ba (?=[aeiou])", phrase) or re.search(r"\ban (?![aeiouh])", phrase):
        found.append("a or an")
    if ID_PATTERN.search(said) or "_" in said:
        found.append("an id")
    if len(said) > LONGEST:
        found.append("too long")
    if re.search(r"\b(teller|main figure|main character|somebody|looks)\b", phrase):
        found.append("a word that the house does not use")
    if said != said.strip() or "  " in said or "()" in said or ";" in said:
        found.append("spacing or a broken bracket")
    head = re.match(r"(less|fewer) (.+?)(?: (?:of|in|with|for|to|at|on|from|by|told|that|who|without|"
                    r"relative|between|beside|beyond|within|before|answered|raised|reported|alone|"
                    r"than|named|present|stated|under|per|introduced|mentioned|entered|gained|handled|left|as|"
                    r"crossed|described)\b.*)?$", phrase)  # fmt: skip
    if head:
        nouns = head.group(2).split()
        last = nouns[-1].strip('"“”')
        plural = last.endswith("s") and not last.endswith("ss") and last not in SINGULAR
        if head.group(1) == "fewer" and not (plural or last in ("people", "women")):
            found.append("fewer of what cannot be counted")
        if head.group(1) == "less" and plural:
            found.append("less of what can be counted")
    return found


def test_every_sentence_has_form_in_both_directions():
    found = {}
    for feature, value in SPOKEN:
        more, less = _mark(feature, value, 0.4), _mark(feature, value, -0.4)
        assert more.partition(" (")[0] != less.partition(" (")[0], feature.id
        assert more.endswith(")"), more
        found |= {said: wrong for said in (more, less) if (wrong := faults(said))}
    assert found == {}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("the part acts", "a quantity before a word that is not a noun"),
        ("where it looks back", "a quantity before a word that is not a noun"),
        ("more flashbacks", "a word twice"),
        ("TMP_ORD_02", "an id"),
        ("flashbacks", "less of what can be counted"),
        ("remarks of the teller", "a word that the house does not use"),
    ],
)
def test_the_sentences_of_old_are_found_at_fault(name, fault):
    feature = replace(BOOK["TMP_ORD_02"], name=name, reads={})
    both = faults(_mark(feature, "", 0.4)) + faults(_mark(feature, "", -0.4))
    assert fault in both


def test_no_two_features_have_one_name():
    names = [f.name for f in BOOK]
    assert sorted({n for n in names if names.count(n) > 1}) == []


def test_units_are_in_words_and_read_on_after_a_value():
    units = {f.id: f.unit.partition(";")[0] for f in BOOK if f.unit}
    bad = re.compile(r"log10|minus|\bmean\b|^share$|^evenness$|\(")
    assert {i: u for i, u in units.items() if bad.search(u) or len(u) > 60} == {}
