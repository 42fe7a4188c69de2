"""What is in a corpus, and what in it would spoil a comparison: for `storyscope corpus check`."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from storyscope.corpus.duplicates import Duplicate, Duplicates, signature
from storyscope.corpus.findings import Findings, finding_of
from storyscope.corpus.marks import MARKS, marks_of
from storyscope.corpus.normalise import Normalisation, Normalised, normalise
from storyscope.corpus.story import BadRow, Corpus
from storyscope.corpus.suspects import is_foreign, is_refusal, is_truncated, words

__all__ = [
    "GIVES_AWAY",
    "Audit",
    "Leak",
    "Parallel",
    "SourceAudit",
    "Suspects",
    "Tallies",
    "Words",
    "accuracy_of",
    "audit",
    "look_at",
    "telling_length",
]

GIVES_AWAY = 0.75
"""Balanced accuracy above which a mark that tells a source by itself counts as a leak.

Three quarters is what each of three sources reaches if one of the others alone bears a mark.
"""

_SHORT = 100  # words
_EXAMPLES = 20  # ids shown of each suspicion
_FEWEST = 5  # stories of a source before its habits are judged


@dataclass(frozen=True)
class Suspects:
    """Stories of one kind of suspicion: how many, and the ids of the first twenty."""

    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """Lengths of stories in words, after normalisation."""

    total: int
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class SourceAudit:
    """What is known of one source's stories.

    Attributes
    ----------
    stories, prompts : int
    words : Words
        `low` and `high` being the 5th and 95th percentile.
    short : Suspects
        Under 100 words.
    truncated : Suspects
        Stopping without a final point.
    refusals : Suspects
        Declining to write the story.
    foreign : Suspects
        Probably not English.
    marks : mapping of str to float
        Share of the stories with each mark of formatting, as they were read.
    marks_left : mapping of str to float
        The same after normalisation.
    changes : mapping of str to int
        Places that normalisation changed, by kind.
    kinds : mapping of str to int
        Texts that are not stories in prose, by kind.
    """

    stories: int
    prompts: int
    words: Words
    short: Suspects
    truncated: Suspects
    refusals: Suspects
    foreign: Suspects
    marks: Mapping[str, float]
    marks_left: Mapping[str, float]
    changes: Mapping[str, int]
    kinds: Mapping[str, int]


@dataclass(frozen=True)
class Parallel:
    """How far the sources answer the same prompts.

    Attributes
    ----------
    complete, partial, single : int
        Prompts that every source answered, some but not all, and one alone.
    share : float
        Prompts that every source answered, of all.
    fewest_samples, most_samples : int
        Stories of one source to one prompt, where there are any.
    lacking : mapping of str to int
        Prompts that each source left unanswered.
    """

    complete: int
    partial: int
    single: int
    share: float
    fewest_samples: int
    most_samples: int
    lacking: Mapping[str, int]


@dataclass(frozen=True)
class Leak:
    """A mark that tells one source from all others.

    The accuracy is that of the rule "with the mark, it is this source" or its opposite, whichever
    is right more often, where this source counts half and the others, equal among themselves, the
    other half: a half plus half the difference of the shares. For length, the mark is the most
    telling limit in words.

    Attributes
    ----------
    mark, source : str
    share, others : float
        Share of stories with the mark, of this source and on average of the other sources.
    accuracy : float
        0.5 says nothing, 1 gives the source away in every story.
    left : float
        Accuracy of the same mark after normalisation.
    """

    mark: str
    source: str
    share: float
    others: float
    accuracy: float
    left: float


@dataclass(frozen=True)
class Audit:
    """All that `audit` found; plain data.

    Attributes
    ----------
    leaks : tuple of Leak
        Those over `GIVES_AWAY` before or after normalisation, the ones that stay first.
    duplicates : tuple of Duplicate
        Each story with the earlier one it is most like, if it is a copy or nearly one.
    found : Findings
        What normalisation took off, mended and left in, and texts that are not stories in prose.
    """

    name: str
    stories: int
    prompts: int
    sources: Mapping[str, SourceAudit]
    parallel: Parallel
    duplicates: tuple[Duplicate, ...]
    leaks: tuple[Leak, ...]
    changes: Mapping[str, int]
    problems: tuple[BadRow, ...]
    notes: Mapping[str, int]
    found: Findings

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def counts(self) -> dict[str, Any]:
        """What a table keeps of its audit: counts of texts by source, and no text.

        `storyscope.spoils` concludes from them; what is zero is left out.
        """
        return _counts(self.sources, self.duplicates)


def _counts(sources: Mapping[str, SourceAudit], copies: Iterable[Duplicate]) -> dict[str, Any]:
    exact = [copy.similarity == 1 for copy in copies]
    return {
        "sources": {
            name: {
                "stories": s.stories,
                "cut": s.truncated.count,
                "refused": s.refusals.count,
                "foreign": s.foreign.count,
                "marks": _numbers(s.marks, s.stories),
                "left": _numbers(s.marks_left, s.stories),
                "kinds": dict(s.kinds),
            }
            for name, s in sources.items()
        },
        "exact": sum(exact),
        "near": len(exact) - sum(exact),
    }


def audit(
    corpus: Corpus,
    options: Normalisation = Normalisation(),  # noqa: B008
    *,
    progress: Callable[[int], object] | None = None,
) -> Audit:
    r"""Examine a corpus in one pass.

    Parameters
    ----------
    corpus : Corpus
    options : Normalisation
        What is normalised before the words are counted and the remaining leaks are sought.
    progress : callable, optional
        Called with the number of stories examined, after each.

    Returns
    -------
    Audit

    Notes
    -----
    Kept in memory are some four kilobytes a story and the vocabulary, never the texts.

    Examples
    --------
    >>> from storyscope.corpus import Story
    >>> tales = [
    ...     Story("p1/a", "# Dawn\n\nIt was dawn, and the harbour slept.", "a", "p1"),
    ...     Story("p1/b", "It was dawn. Nobody in the harbour had slept, and", "b", "p1"),
    ... ]
    >>> found = audit(Corpus.from_stories(tales))
    >>> found.parallel.share, found.sources["b"].truncated.ids
    (1.0, ('p1/b',))
    >>> found.sources["a"].marks["opens with a heading"], found.sources["a"].changes["headings"]
    (1.0, 1)
    """
    tallies = Tallies()
    answers: dict[str, Counter[str]] = {}
    found = Findings()
    count = 0
    for count, story in enumerate(corpus, start=1):
        normalised = normalise(story.text, options)
        finding = finding_of(normalised)
        look = look_at(story.text, normalised)
        tallies.add(story.id, story.source, story.prompt_id, look, normalised.changes, finding)
        found.add(story.id, finding)
        answers.setdefault(story.prompt_id, Counter())[story.source] += 1
        if progress is not None:
            progress(count)
    sources = tallies.summaries()
    total: Counter[str] = Counter()
    for one in sources.values():
        total.update(one.changes)
    return Audit(
        name=corpus.name,
        stories=count,
        prompts=len(answers),
        sources=sources,
        parallel=_parallel(answers, list(sources)),
        duplicates=tuple(tallies.duplicates),
        leaks=_leaks(tallies.of),
        changes=dict(total.most_common()),
        problems=corpus.problems,
        notes=corpus.notes,
        found=found,
    )


def look_at(text: str, normalised: Normalised) -> dict[str, Any]:
    """What an audit needs of one story, as plain data without its text.

    >>> from storyscope.corpus import normalise
    >>> look_at("It was dawn, and", normalise("It was dawn, and"))["suspected"]
    ['short', 'truncated']
    """
    story_words = words(normalised.text)
    length = len(story_words)
    suspicions = (
        ("short", length < _SHORT),
        ("truncated", is_truncated(normalised.text)),
        ("refusals", is_refusal(text, length)),
        ("foreign", is_foreign(story_words)),
    )
    return {
        "words": length,
        "marks": sorted(marks_of(text)),
        "left": sorted(marks_of(normalised.text)),
        "suspected": [name for name, suspicious in suspicions if suspicious],
        "signature": signature(story_words),
    }


class Tallies:
    """Running counts of an audit by source, and copies, from the looks at its stories in order."""

    def __init__(self) -> None:
        self.of: dict[str, _Tally] = {}
        self.duplicates: list[Duplicate] = []
        self._seen = Duplicates()

    def add(
        self,
        story_id: str,
        source: str,
        prompt_id: str,
        look: Mapping[str, Any],
        changes: Mapping[str, int],
        finding: Mapping[str, Any],
    ) -> None:
        """Count a story, by what `look_at`, normalisation and `finding_of` say of it."""
        tally = self.of.setdefault(source, _Tally())
        tally.prompts.add(prompt_id)
        tally.lengths.append(look["words"])
        tally.marks.update(look["marks"])
        tally.marks_left.update(look["left"])
        tally.changes.update(changes)
        tally.kinds.update(finding["kinds"])
        for name in look["suspected"]:
            tally.suspicions[name] += 1
            examples = tally.suspected.setdefault(name, [])
            if len(examples) < _EXAMPLES:
                examples.append(story_id)
        if duplicate := self._seen.find(story_id, look["signature"]):
            self.duplicates.append(duplicate)

    def summaries(self) -> dict[str, SourceAudit]:
        """Every source's, by name."""
        return {source: self.of[source].summary() for source in sorted(self.of)}

    def counts(self) -> dict[str, Any]:
        """As `Audit.counts`."""
        return _counts(self.summaries(), self.duplicates)


@dataclass
class _Tally:
    """Running counts of one source."""

    lengths: array[int] = field(default_factory=lambda: array("l"))
    prompts: set[str] = field(default_factory=set)
    marks: Counter[str] = field(default_factory=Counter)
    marks_left: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    suspected: dict[str, list[str]] = field(default_factory=dict)
    suspicions: Counter[str] = field(default_factory=Counter)

    def summary(self) -> SourceAudit:
        count = len(self.lengths)
        ordered = sorted(self.lengths)
        return SourceAudit(
            stories=count,
            prompts=len(self.prompts),
            words=Words(
                total=sum(ordered),
                median=(ordered[(count - 1) // 2] + ordered[count // 2]) / 2,
                low=ordered[round(0.05 * (count - 1))],
                high=ordered[round(0.95 * (count - 1))],
            ),
            short=self._suspects("short"),
            truncated=self._suspects("truncated"),
            refusals=self._suspects("refusals"),
            foreign=self._suspects("foreign"),
            marks={name: self.marks[name] / count for name in MARKS},
            marks_left={name: self.marks_left[name] / count for name in MARKS},
            changes=dict(self.changes.most_common()),
            kinds=dict(self.kinds.most_common()),
        )

    def _suspects(self, name: str) -> Suspects:
        return Suspects(self.suspicions[name], tuple(self.suspected.get(name, ())))


def _numbers(shares: Mapping[str, float], stories: int) -> dict[str, int]:
    return {name: n for name, share in shares.items() if (n := round(share * stories))}


def _parallel(answers: Mapping[str, Counter[str]], sources: list[str]) -> Parallel:
    answered = [len(counts) for counts in answers.values()]
    samples = [n for counts in answers.values() for n in counts.values()]
    complete = answered.count(len(sources))
    single = answered.count(1) if len(sources) > 1 else 0
    return Parallel(
        complete=complete,
        partial=len(answered) - complete - single,
        single=single,
        share=complete / len(answered),
        fewest_samples=min(samples),
        most_samples=max(samples),
        lacking={s: sum(s not in counts for counts in answers.values()) for s in sources},
    )


def _leaks(tallies: Mapping[str, _Tally]) -> tuple[Leak, ...]:
    judged = {s: t for s, t in tallies.items() if len(t.lengths) >= _FEWEST}
    if len(judged) < 2:
        return ()
    leaks = []
    for source, tally in sorted(judged.items()):
        others = [t for s, t in judged.items() if s != source]
        for mark in MARKS:
            share, rest = _shares(tally, others, lambda t, m=mark: t.marks[m])  # type: ignore[misc]
            left, rest_left = _shares(tally, others, lambda t, m=mark: t.marks_left[m])  # type: ignore[misc]
            accuracy, after = accuracy_of(share, rest), accuracy_of(left, rest_left)
            leaks.append(Leak(mark, source, share, rest, accuracy, after))
        limit, share, rest = telling_length(tally.lengths, [t.lengths for t in others])
        accuracy = accuracy_of(share, rest)
        leaks.append(Leak(f"at most {limit} words", source, share, rest, accuracy, accuracy))
    telling = [leak for leak in leaks if max(leak.accuracy, leak.left) > GIVES_AWAY]
    if len(judged) == 2:  # what tells one tells the other: name the one that bears the mark
        first = min(judged)
        telling = [k for k in telling if (k.share, k.source == first) > (k.others, False)]
    return tuple(sorted(telling, key=lambda k: (-k.left, -k.accuracy, k.source, k.mark)))


def _shares(
    tally: _Tally, others: list[_Tally], counted: Callable[[_Tally], int]
) -> tuple[float, float]:
    """Share of a source's stories that are counted, and the mean share of the others."""
    rest = [counted(other) / len(other.lengths) for other in others]
    return counted(tally) / len(tally.lengths), sum(rest) / len(rest)


def accuracy_of(share: float, others: float) -> float:
    """Balanced accuracy of a mark that this share of a source's texts and of others' bear."""
    return round(0.5 + abs(share - others) / 2, 4)


def telling_length(
    lengths: Iterable[int], others: Iterable[Iterable[int]]
) -> tuple[int, float, float]:
    """Limit in words that best parts a source from the others, and the shares within it.

    >>> telling_length([90, 100, 110], [[300, 310, 320], [100, 330, 350]])
    (110, 1.0, 0.16666666666666666)
    """
    mine = sorted(lengths)
    theirs = [sorted(other) for other in others]

    def within(limit: int) -> tuple[float, float]:
        rest = [bisect_right(lengths, limit) / len(lengths) for lengths in theirs]
        return bisect_right(mine, limit) / len(mine), sum(rest) / len(rest)

    limits = sorted(_grid(mine, *theirs))
    best = max(limits, key=lambda limit: abs(within(limit)[0] - within(limit)[1]))
    return best, *within(best)


def _grid(*lengths: Iterable[int]) -> set[int]:
    """Limits worth trying: every length, rounded to three figures."""
    return {round(n, 2 - len(str(n))) if n > 999 else n for group in lengths for n in group}
