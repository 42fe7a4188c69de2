"""Is a question a good question? Checked from the codebook alone, without stories or sources.

The checks look at wording only, so that they cannot favour questions that happen to separate the
sources at hand. They find what a rule can find: a value without a meaning, two values that say the
same, two questions in one, a question about wording among narrative ones, an answer set with no
way out. Whether a question is worth asking is for a reader to say (docs/questions_review.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING

from storyscope.codebook import ID_PATTERN, Feature

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["CHECKS", "Finding", "check_questions", "count_findings", "sample_questions"]

CHECKS = {
    "no meaning": "a value does not say what it means",
    "same meaning": "two values mean the same",
    "overlap": "two values are worded so alike that a reader may take one for the other",
    "vague": "the wording leans on a degree that each reader sets for themselves",
    "too many values": "more than seven values to choose from",
    "no zero": "an amount is asked for, and no end of the scale says that there is none",
    "grows with length": "how often is answered in plain counts, which a longer story reaches sooner",
    "no way out": "no value fits a story in which the thing asked about is missing",
    "unanchored scale": "the ends of a scale are not described",
    "two questions": "one answer is asked of two questions",
    "negated": "yes would mean that something is not so",
    "surface style": "wording, typography or spelling is asked about among narrative features",
    "refers elsewhere": "another feature is named, which whoever answers cannot look up",
    "presumes an author": "the question names or presupposes who wrote the text",
    "no example": "an end of the answer set has no worked example",
    "stray example": "an example stands under a value that does not exist, or is used twice",
    "asked twice": "another question of the codebook asks the same",
}
"""What each check finds."""

MOST_VALUES = 7
ALIKE = 0.6
"""Shared words over all words from which on two meanings overlap."""
SAME_QUESTION = 0.8

_STOP = frozenset(
    "a an the of in on at to by for from with as is are was were be been it its they them their "
    "he she his her this that these those there which who whom whose what than then so do does "
    "has have had one's some any each other story text up and or".split()
)
# Words that say a thing is missing, alike on both sides, or left undecided.
_NEGATIONS = frozenset(
    "no none not never nothing nobody nowhere neither nor without hardly only just merely absent "
    "missing lacks fails unsaid untold unknown unclear unchanged undecided unsolved unsettled open "
    "same alike level even flat outside bare hidden usual everyday backdrop stays fewer zero 0 "
    "ours abstract".split()
)
# Degrees without a measure. "Many" and "often" are left to the meanings that define them.
_VAGUE = re.compile(
    r"\b(somewhat|fairly|quite|rather (?!than)|moderate(ly)?|considerabl[ey]|significant(ly)?|"
    r"substantial(ly)?|appropriate(ly)?|various|sufficient(ly)?|adequate(ly)?|meaningful(ly)?|"
    r"notabl[ey]|noticeabl[ey]|salient|relatively|reasonabl[ey])\b",
    re.IGNORECASE,
)
# What a copy editor sees. None of it is a choice about the story that is told.
_SURFACE = re.compile(
    r"\b(sentence (length|lengths|fragments?|complexity|structure)|(long|short|shorter|longer)"
    r" sentences|sentences (grow|get|become)|paragraph (length|breaks?)|commas?|semicolons?|"
    r"colons?|dash(es)?|hyphens?|ellips[ei]s of dots|punctuat\w+|quotation marks?|exclamation "
    r"marks?|italics?|bold type|capitals?|capitali[sz]\w+|markdown|typograph\w+|headings?|spelling|misspell\w*|"
    r"contractions?|adjectives?|adverbs?|vocabulary|diction|syntax|syntactic\w*|grammar|"
    r"subordinat\w+|alliteration|assonance|rhymes?|similes?|metaphors?|metaphorical|"
    r"figurative|figures of speech|prose (style|rhythm)|readability|register)\b",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"\b(authors?|authorial|writer'?s?|the writer|machine[- ](written|made|generated)|"
    r"(written|generated|made) by (an? )?(human|machine|model|ai)s?|ai[- ]\w*(written|generated)|"
    r"language models?|llms?|chatbots?|human[- ]written)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\b(and|or)\s+(how|what|which|who|whose|whom|where|when|why|does|do|did|is|are|was|"
    r"were|has|have|can|will)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\bhow (much|many|often|far|fully|plainly|closely|openly|strong\w*|large|firmly|deep\w*|"
    r"dense\w*|explicit\w*|prominent\w*|extensive\w*|vivid\w*|heavil?y|frequent\w*|detailed)\b|"
    r"\b(to what (extent|degree)|on a (scale|1))\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(r"\b(how often|how frequently|how regularly)\b", re.IGNORECASE)
_PER = re.compile(
    r"\b(pages?|scenes?|paragraphs?|chapters?|sentences|turns|words|half|thirds?|quarters?|tenths?|"
    r"most|share|of ten|every|throughout)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(not|never|nobody|nothing|none|no|n't)\b", re.IGNORECASE)
_NUMERIC_LEVEL = re.compile(r"\d+")


@dataclass(frozen=True, order=True)
class Finding:
    """Something a check found in one question.

    Attributes
    ----------
    feature : str
        Feature id.
    check : str
        A key of `CHECKS`.
    detail : str
        The words at fault, or what is lacking.
    """

    feature: str
    check: str
    detail: str

    def __str__(self) -> str:
        return f"{self.feature}: {CHECKS[self.check]} ({self.detail})"


def check_questions(
    features: Iterable[Feature], *, nlp: Language | None = None, judged_only: bool = True
) -> list[Finding]:
    """Check how questions are worded and what may be answered.

    Parameters
    ----------
    features : iterable of Feature
        A `Codebook`, or some of its features. No story and no label is looked at.
    nlp : spaCy Language, optional
        Parses the questions; default the pipeline that reads stories.
    judged_only : bool
        Leave out features that only a measure answers. With false, they are checked for surface
        style and for who wrote the text; nobody reads the rest of their wording to answer.

    Returns
    -------
    list of Finding
        In the order of the codebook, then of `CHECKS`.

    Raises
    ------
    MissingPipeline
        If no `nlp` is given and no pipeline is installed.

    Examples
    --------
    >>> from storyscope.codebook import Feature
    >>> bad = Feature("EVT_TST_01", "Fights", "events", "Is there a fight, and who wins?", "binary",
    ...               "the fight", ("judge",), "this example", values={"yes": "", "no": "none"})
    >>> sorted({finding.check for finding in check_questions([bad])})
    ['no example', 'no meaning', 'two questions']
    """
    everything = list(features)
    judged = [f for f in everything if "judge" in f.answered_by]
    if nlp is None:
        from storyscope.extract.pipeline import load_pipeline

        nlp = load_pipeline().nlp
    parses = dict(
        zip(
            (f.id for f in judged),
            nlp.pipe(_without_brackets(f.question) for f in judged),
            strict=True,
        )
    )
    twins = _twins(judged)
    order = {check: i for i, check in enumerate(CHECKS)}
    found: list[Finding] = []
    for feature in everything:
        here = set(_wording(feature))
        if feature.id in parses:
            here.update(_values(feature))
            here.update(_exits(feature))
            here.update(_examples(feature))
            here.update(_questions(feature, parses[feature.id]))
            here.update(("asked twice", twin) for twin in twins.get(feature.id, ()))
        elif judged_only:
            continue
        found += [
            Finding(feature.id, check, detail)
            for check, detail in sorted(here, key=lambda item: (order[item[0]], item[1]))
        ]
    return found


def count_findings(findings: Iterable[Finding]) -> dict[str, int]:
    """How often each check found something; every check is listed.

    >>> count_findings([Finding("EVT_TST_01", "vague", "somewhat")])["vague"]
    1
    """
    counts = Counter(finding.check for finding in findings)
    return {check: counts[check] for check in CHECKS}


def sample_questions(features: Iterable[Feature], n: int = 40, seed: int = 0) -> list[Feature]:
    """Draw questions for a review, among those that only a reader answers.

    Each question draws its lot alone, from the seed and its id, so that a question added to the
    codebook moves at most one of the others out of the sample.

    Returns
    -------
    list of Feature
        `n` questions or all there are, in the order of their lots.

    Examples
    --------
    >>> from storyscope.codebook import default_codebook
    >>> drawn = sample_questions(default_codebook(), 3)
    >>> len(drawn), {feature.answered_by for feature in drawn}
    (3, {('judge',)})
    """
    judged = (f for f in features if f.answered_by == ("judge",))
    return sorted(judged, key=lambda f: sha256(f"{seed}:{f.id}".encode()).digest())[:n]


Found = tuple[str, str]


def _values(feature: Feature) -> Iterator[Found]:
    """Values that cannot be told apart, or not be understood."""
    if len(feature.values) > MOST_VALUES:
        yield "too many values", f"{len(feature.values)}"
    said = {}
    for value, meaning in feature.values.items():
        if not meaning:
            yield "no meaning", value
        if vague := _VAGUE.search(f"{value} {meaning}"):
            yield "vague", f"{value}: {vague.group(0)}"
        said[value] = [word for word in _words(meaning or value) if word not in _STOP]
    for (one, a), (two, b) in combinations(said.items(), 2):
        if a and a == b:
            yield "same meaning", f"{one}, {two}"
        elif _alike(frozenset(a), frozenset(b)) >= ALIKE:
            yield "overlap", f"{one}, {two}"


def _exits(feature: Feature) -> Iterator[Found]:
    """Answer sets that a story can fall out of.

    A condition, or a reason given as ``exhaustive`` on the card, says that none can.
    """
    if feature.kind == "scale":
        ends = [f"{end:g} =" for end in feature.range or ()]
        if missing := [end for end in ends if end not in feature.unit]:
            yield "unanchored scale", f"unit lacks {', '.join(missing)}"
    elif feature.kind == "ordinal" and all(
        _NUMERIC_LEVEL.fullmatch(value) and not meaning for value, meaning in feature.values.items()
    ):
        yield "unanchored scale", "levels are bare numbers"
    if feature.kind == "ordinal" and _OFTEN.search(feature.question):
        said = [f"{value} {meaning}" for value, meaning in feature.values.items()]
        if not any(map(_PER.search, said)):
            yield "grows with length", f"{feature.levels[0]} to {feature.levels[-1]}"
    if feature.condition or feature.card.get("exhaustive"):
        return
    levels = list(feature.values.items())
    if feature.kind == "ordinal" and _AMOUNT.search(feature.question):
        if not any(_says_none(*level) for level in (levels[0], levels[-1])):
            yield "no zero", f"{levels[0][0]} to {levels[-1][0]}"
    elif feature.kind in ("categorical", "multi") and not any(_says_none(*lv) for lv in levels):
        yield "no way out", "no value for none of these, and no condition"


def _examples(feature: Feature) -> Iterator[Found]:
    """Ends without an example, and examples of nothing."""
    given = {str(value): str(text) for value, text in feature.example.items()}
    for value in given:
        if feature.values and value not in feature.values:
            yield "stray example", value
    if len(set(given.values())) < len(given):
        yield "stray example", "one sentence stands for two values"
    if feature.kind in ("ordinal", "binary"):
        ends = (feature.levels[0], feature.levels[-1])
        for end in ends:
            if not given.get(end, "").strip():
                yield "no example", end
    elif sum(bool(text.strip()) for text in given.values()) < 2:
        yield "no example", "two contrasting values are needed"


def _questions(feature: Feature, parsed: Doc) -> Iterator[Found]:
    """Two questions in one, degrees nobody defined, and yes for no."""
    question = feature.question
    if question.count("?") > 1:
        yield "two questions", "two question marks"
    if "and/or" in question:
        yield "two questions", "and/or"
    # A question may name the alternatives among its values: "does it rise, or does it fall?"
    closed = feature.kind in ("categorical", "multi")
    for joined in _JOINED.findall(_without_brackets(question)):
        if not (closed and joined[0].lower() == "or"):
            yield "two questions", " ".join(joined).lower()
    for first, word, second in _joined_predicates(parsed):
        if not (closed and word == "or"):
            yield "two questions", f"{first} {word} {second}"
    if vague := _VAGUE.search(question):
        yield "vague", vague.group(0)
    if feature.kind == "binary" and (negated := _NEGATED.search(question)):
        yield "negated", negated.group(0)


def _wording(feature: Feature) -> Iterator[Found]:
    """Words that a narrative question has no business with."""
    asked = " / ".join((feature.name, feature.question, *feature.values, *feature.values.values()))
    if not feature.style and (surface := _SURFACE.search(asked)):
        yield "surface style", surface.group(0)
    told = f"{asked} / {feature.evidence} / {feature.condition}"
    if "judge" in feature.answered_by and (other := ID_PATTERN.search(told)):
        yield "refers elsewhere", other.group(0)
    if author := _AUTHOR.search(told):
        yield "presumes an author", author.group(0)


def _joined_predicates(parsed: Doc) -> Iterator[tuple[str, str, str]]:
    """Verbs of the question proper that are joined by *and* or *or*."""
    for token in parsed:
        if token.dep_ != "conj" or token.pos_ not in ("VERB", "AUX"):
            continue
        chain = [token]
        while chain[-1].dep_ == "conj":
            chain.append(chain[-1].head)
        head = chain[-1]
        words = [c.lower_ for link in chain[1:] for c in link.children if c.dep_ == "cc"]
        if head.pos_ in ("VERB", "AUX") and head.dep_ in ("ROOT", "xcomp") and words:
            yield head.lower_, words[0], token.lower_


def _twins(judged: list[Feature]) -> dict[str, list[str]]:
    """Questions of almost the same words, each listed under the later one."""
    words = {f.id: _content(f.question) for f in judged}
    twins: dict[str, list[str]] = {}
    for (one, a), (two, b) in combinations(words.items(), 2):
        if _alike(a, b) >= SAME_QUESTION:
            twins.setdefault(two, []).append(one)
    return twins


def _says_none(value: str, meaning: str) -> bool:
    return not _NEGATIONS.isdisjoint(_words(f"{value} {meaning}"))


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard index of two sets of words, 0 where one is empty."""
    return len(a & b) / len(a | b) if a and b else 0.0


def _content(text: str) -> frozenset[str]:
    return frozenset(_words(text)) - _STOP


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)?|\d+", text.lower().replace("’", "'").replace("_", " "))


def _without_brackets(text: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", text)
