"""Everything that a story's own page says, as plain data, before any of it is laid out."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.codebook import Codebook, default_codebook
from storyscope.codebook_validity import load_validity
from storyscope.corpus.headings import SCENE_BREAK, headings, lines, opening_lines
from storyscope.extract.evidence import chance_of
from storyscope.extract.tagger.labels import ALONE, FAMILIES, SCALES
from storyscope.report.story_words import CAVEAT, headline, reason, reasons, side
from storyscope.version import __version__

if TYPE_CHECKING:
    from storyscope.attribute import Attributor, Panel
    from storyscope.attribute.answer import Attribution
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.story import StoryMeasures

__all__ = ["BANDS", "TOLD", "read_story", "summarise_story"]

TOLD = {
    "dream": ("Dream", "what somebody dreams in sleep"),
    "unreal": ("Unreal scene", "a vision or an imagined scene, not real in the story’s own world"),
    "flashback": ("Flashback", "an earlier time, told"),
    "flashforward": ("Flash-forward", "what will happen later, told as sure"),
    "skip": ("Time skip", "a jump of the story’s time"),
    "conflict": ("Conflict", "a quarrel, threat, fight, chase or refusal"),
    "turn": ("Turning point", "an event or discovery that changes the situation"),
    "habit": ("Habit", "what happens usually or again and again"),
    "looks": ("Physical description", "how somebody looks, dresses or sounds"),
    "bodily": ("Bodily emotion", "a feeling shown in the body"),
    "theme": ("Statement of theme", "a general truth, a moral, what it all means"),
    "insight": ("Insight", "a character comes to see something"),
    "address": ("Reader address", "the narrator speaks to the reader"),
}
"""Name and meaning of every family of the tagger, in the order in which the page lists them."""
BANDS = ("dream", "unreal", "flashback", "flashforward", "skip", "conflict")
"""Families on the timeline."""

_GRADED = {
    "outward": "Seen from outside: looks, dress, bearing",
    "inward": "Seen from inside: thoughts and feelings",
    "place": "Setting made vivid",
    "theme_explicit": "Meaning said outright",
    "closure": "Closure of the ending",
    "surprise": "Surprise",
    "fellow": "Fellowship among the characters",
    "stakes_start": "Stakes at the start",
    "stakes_end": "Stakes at the end",
}
"""Scales that agree with readings of whole stories well enough to be shown (rho over 0.4)."""
_CHOSEN = {"pov": "Narrative person", "tense": "Narrative tense", "span": "Time told"}
_DIRECTIONS = {"-": "setback", "+": "gain", "?": "discovery"}
_SHOWN = 40
"""Passages of one feature that are marked at most, evenly spread."""
_REASONS = 60
"""Features whose passages are marked at most, the weightiest."""
_LONG = 8000
"""Words from which a text without chapters is shown in parts."""
_PART = 1500
"""Words in such a part."""


def summarise_story(
    text: str,
    *,
    name: str = "",
    answer: Attribution | None = None,
    model: Panel | Attributor | None = None,
    measured: StoryMeasures | None = None,
    pipeline: Pipeline | None = None,
) -> dict[str, Any]:
    r"""Read one story and say all that its page shows.

    Parameters
    ----------
    text : str
        A story, as it was given. All places are characters of it.
    name : str
        Of the story, for the heading.
    answer : Attribution, optional
        Who it reads like, if that is known; default `model` is asked.
    model : Panel or Attributor, optional
        Default the shipped models.
    measured : StoryMeasures, optional
        What `read_story` says of this very text, if that is at hand.
    pipeline : Pipeline, optional
        Default `load_pipeline()`.

    Returns
    -------
    dict
        Plain data for JSON, described key by key in ``docs/story_page.md``. Of what is no English
        story in prose only the reasons and the text are there: `read` is false, and lists are empty.

    Raises
    ------
    UnusableText
        For a text of fewer than 80 words.

    Examples
    --------
    >>> from storyscope.attribute.answer import Attribution
    >>> none = Attribution(None, None, 0.0, ("human",), 0.9, 90, "all", no_ground=("It is a list.",))
    >>> page = summarise_story("- milk and eggs\n- bread and salt\n" * 20, name="list.txt", answer=none)
    >>> page["headline"]["says"], page["read"], page["bands"]
    ('No probability is given for this text', False, [])
    """
    from storyscope.attribute.panel import shipped

    measured = measured or read_story(text, pipeline=pipeline)
    if answer is None:
        model = model or shipped()
        answer = model.attribute(text, pipeline=pipeline, measured=measured)
    book = getattr(model, "codebook_", None) or default_codebook()
    page: dict[str, Any] = {
        "storyscope": __version__,
        "name": name,
        "words": answer.words,
        "read": measured is not None,
        "warnings": [*answer.no_ground, *answer.warnings],
        "caveat": CAVEAT,
        "headline": headline(answer),
        "side": side(answer),
        "answer": answer.to_dict(),
        "built": reasons(answer, book, style=False),
        "worded": reasons(answer, book, style=True),
        "family": [
            {"feature": c.feature, "name": c.name, "contribution": c.contribution,
             "speaks_for": c.contribution > 0, "says": reason(c, book, answer.reads_like or "")}
            for c in answer.family_features
        ],
        "strips": _strips(answer, book),
        "tension": None,
        "bands": [],
        "groups": [],
        "passages": [],
        "whole": [],
        "chapters": [],
        "text": text,
    }  # fmt: skip
    if measured is not None and measured.reading.sentences:
        page.update(_Told(text, measured).page(answer, book))
    return page


def read_story(text: str, *, pipeline: Pipeline | None = None) -> StoryMeasures | None:
    """All features of a text, read whole; None for what is no English story in prose.

    Raises
    ------
    UnusableText
        For a text without words.
    """
    from storyscope.corpus import normalise
    from storyscope.corpus.kinds import unlike_a_story
    from storyscope.extract.annotate import check_text
    from storyscope.extract.story import measure_text

    check_text(text)
    if unlike_a_story(normalise(text).text):
        return None
    return measure_text(text, pipeline=pipeline)


# ---------------------------------------------------------------- against the reference


def _strips(answer: Attribution, book: Codebook) -> list[dict[str, Any]]:
    """Where the text's values stand, feature by feature, in the order of the dimensions."""
    found: dict[str, list[dict[str, Any]]] = {}
    for c in answer.features:
        graded = c.feature not in book or book[c.feature].kind not in (
            "binary", "categorical", "multi",
        )  # fmt: skip
        if not c.percentiles or c.value is None or not graded:
            continue
        places = c.percentiles
        if answer.ai is None:  # a model of one's own: its answer against all the others
            others = [share for source, share in places.items() if source != answer.speaks_for]
            first, second = places.get(answer.speaks_for), float(np.mean(others or [np.nan]))
        else:
            first, second = places.get("human"), places.get("ai", np.nan)
        if first is None or second != second:
            continue
        row = {
            "feature": c.feature,
            "name": c.name,
            "unit": c.unit,
            "value": c.value,
            "first": first,
            "second": round(float(second), 3),
        }
        found.setdefault(c.dimension, []).append(row)
    order = {dimension: k for k, dimension in enumerate(book.dimensions)}
    return [
        {"dimension": dimension, "features": found[dimension]}
        for dimension in sorted(found, key=lambda d: order.get(d, len(order)))
    ]


# ---------------------------------------------------------------- what is told where


class _Told:
    """What one reading says of the text: places are characters as given, positions 0 to 1."""

    def __init__(self, text: str, story: StoryMeasures):
        self.text = text
        self.story = story
        self.reading = story.reading
        self.sentences = [story.place(s)[:2] for s in self.reading.sentences]
        self.first, self.last = self.sentences[0][0], self.sentences[-1][1]
        self.ends = [end for _, end in self.sentences]
        self.words = [int(self.reading.is_word[a:b].sum()) for a, b in self.reading.sentences]
        self.passages: list[dict[str, Any]] = []

    def page(self, answer: Attribution, book: Codebook) -> dict[str, Any]:
        families = {family: self._family(family) for family in TOLD}
        tension = self._tension(families["turn"])
        groups = [
            {
                "id": family,
                "kind": "family",
                "name": TOLD[family][0],
                "meaning": TOLD[family][1],
                "right": _right(family),
                "passages": [p["id"] for p in found],
            }
            for family, found in families.items()
        ]
        groups += self._features(answer, book)
        return {
            "tension": tension,
            "bands": [
                {"family": f, "name": TOLD[f][0], "passages": families[f]}
                for f in BANDS
            ],
            "groups": groups,
            "passages": self.passages,
            "whole": self._whole(),
            "chapters": self._chapters(),
        }  # fmt: skip

    def at(self, place: int) -> float:
        """Position of a character within what is told, 0 to 1."""
        within = (place - self.first) / max(self.last - self.first, 1)
        return round(min(max(within, 0.0), 1.0), 4)

    def _passage(self, group: str, start: int, end: int, chance: float | None) -> dict[str, Any]:
        found = {
            "id": f"p{len(self.passages)}",
            "group": group,
            "start": start,
            "end": end,
            "from": self.at(start),
            "to": self.at(end),
            "probability": chance,
        }
        self.passages.append(found)
        return found

    def _family(self, family: str) -> list[dict[str, Any]]:
        tags = self.reading.tags
        found = []
        for passage in self.reading.told(family):
            start, end = self.sentences[passage.first][0], self.sentences[passage.last][1]
            one = self._passage(family, start, end, round(passage.chance, 4))
            if family == "skip":
                one["detail"] = tags.size(passage.first)
            elif family == "turn":
                one["detail"] = _DIRECTIONS[tags.direction(passage.first)]
            found.append(one)
        return found

    def _tension(self, turns: list[dict[str, Any]]) -> dict[str, Any]:
        """The curve by sentence and smoothed, its turns, and its climax if one stands out."""
        raw = np.asarray(self.reading.tension, dtype=float)
        # A window of a twentieth of the story, at least five sentences.
        half = max(2, len(raw) // 40)
        padded = np.pad(raw, half, mode="edge")
        smooth = np.convolve(padded, np.ones(2 * half + 1) / (2 * half + 1), mode="valid")
        middle = [self.at((a + b) // 2) for a, b in self.sentences]
        kept = np.unique(np.linspace(0, len(raw) - 1, min(len(raw), 400)).round().astype(int))
        climax = None
        found = self.story.measured.get("EVT_ESC_04")
        if found is not None and found.value is not None and len(found.spans):
            sentence = self.reading.sentence_of[int(found.spans[0][0])]
            start, end = self.sentences[sentence]
            climax = self._passage("climax", start, end, None)
            climax["height"] = round(float(smooth[sentence]), 4)
        for turn in turns:
            turn["height"] = round(float(smooth[self._sentence(turn["start"])]), 4)
        return {
            "sentences": [
                [a, b, round(t, 4)] for (a, b), t in zip(self.sentences, raw.tolist(), strict=True)
            ],
            "curve": [[middle[k], round(float(smooth[k]), 4)] for k in kept],
            "tenths": self._tenths(raw),
            "turns": turns,
            "climax": climax,
        }

    def _tenths(self, raw: Any) -> list[float | None]:
        tenth = [min(int(10 * self.at((a + b) // 2)), 9) for a, b in self.sentences]
        means = []
        for k in range(10):
            inside = raw[np.asarray(tenth) == k]
            means.append(round(float(inside.mean()), 3) if len(inside) else None)
        return means

    def _sentence(self, place: int) -> int:
        return min(bisect_right(self.ends, place), len(self.ends) - 1)

    def _features(self, answer: Attribution, book: Codebook) -> list[dict[str, Any]]:
        """Passages of the features that weigh, weightiest first."""
        weighing = sorted(
            (*answer.features, *answer.family_features), key=lambda c: -abs(c.contribution)
        )
        groups = []
        for feature in list(dict.fromkeys(c.feature for c in weighing))[:_REASONS]:
            measured = self.story.measured.get(feature)
            if measured is None or feature not in book:
                continue
            spans = sorted({(int(a), int(b)) for a, b in measured.spans if b > a})
            if not spans:
                continue
            chosen = spans
            if len(spans) > _SHOWN:
                chosen = [spans[k * len(spans) // _SHOWN] for k in range(_SHOWN)]
            found = [
                self._passage(
                    feature, *self.story.place(span)[:2], chance_of(self.reading, feature, span)
                )
                for span in chosen
            ]
            groups.append(
                {
                    "id": feature,
                    "kind": "feature",
                    "name": book[feature].name,
                    "meaning": book[feature].question,
                    "of": len(spans),
                    "passages": [p["id"] for p in found],
                }
            )
        return groups

    def _whole(self) -> list[dict[str, Any]]:
        """Scales and choices of the story that can be leaned on."""
        tags = self.reading.tags
        found: list[dict[str, Any]] = [
            {"id": scale, "name": name, "value": round(float(tags.scales[scale]), 2),
             "low": SCALES[scale][0], "high": SCALES[scale][1]}
            for scale, name in _GRADED.items()
        ]  # fmt: skip
        for choice, name in _CHOSEN.items():
            value = tags.choice(choice)
            found.append(
                {"id": choice, "name": name, "value": value.replace("_", " "),
                 "probability": round(float(tags.choices[choice][value]), 4)}
            )  # fmt: skip
        return found

    # ---------------------------------------------------------------- chapters

    def _chapters(self) -> list[dict[str, Any]]:
        """Measures of every chapter, or of parts of a long text that has none."""
        cut = _headed(self.text)
        kind = "chapter"
        rows = self._cut_at(cut)
        if len(rows) < 2:
            if sum(self.words) < _LONG:
                return []
            kind, rows = "part", self._parts()
        return [
            {"title": title, "kind": kind, **self._measures(first, last)}
            for title, first, last in rows
        ]

    def _cut_at(self, cut: list[tuple[int, str]]) -> list[tuple[str, int, int]]:
        """Title, first and last sentence of each chapter that holds one."""
        starts = [(0, "Opening"), *((self._sentence(place), title) for place, title in cut)]
        bounds = [*(s for s, _ in starts), len(self.sentences)]
        return [
            (title, a, b - 1)
            for (_, title), (a, b) in zip(starts, pairwise(bounds), strict=True)
            if b > a
        ]

    def _parts(self) -> list[tuple[str, int, int]]:
        done = np.cumsum(self.words)
        n = max(2, round(done[-1] / _PART))
        part = np.minimum((done - 1) * n // done[-1], n - 1)
        return [
            (f"Part {k + 1}", int(inside[0]), int(inside[-1]))
            for k in range(n)
            if len(inside := np.flatnonzero(part == k))
        ]

    def _measures(self, first: int, last: int) -> dict[str, Any]:
        reading = self.reading
        a, b = reading.sentences[first].start, reading.sentences[last].end
        words = max(int(reading.is_word[a:b].sum()), 1)
        sentences = range(first, last + 1)
        shares = {
            family: sum(self.words[s] for s in sentences if s in told) / words
            for family, told in self._sentences_told.items()
        }
        skips = sum(first <= p.first <= last for p in reading.told("skip"))
        return {
            "start": self.sentences[first][0],
            "end": self.sentences[last][1],
            "words": words,
            "tension": round(float(reading.tension[first : last + 1].mean()), 3),
            "speech": round(float((reading.is_word & reading.quoted)[a:b].sum()) / words, 3),
            **{family: round(share, 3) for family, share in shares.items()},
            "skip": skips,
        }

    @cached_property
    def _sentences_told(self) -> dict[str, set[int]]:
        """Sentences of every family whose passages last."""
        return {
            f: {s for p in self.reading.told(f) for s in range(p.first, p.last + 1)}
            for f in FAMILIES
            if f not in ALONE
        }


def _right(family: str) -> float | None:
    """Share of the sentences marked as a family that a reader marked too, on stories held out."""
    row = load_validity()["rows"].get(family, {}).get("whole", {})
    found = row.get("precision")
    return None if found is None else float(found)


def _headed(text: str) -> list[tuple[int, str]]:
    r"""Where each chapter's heading begins, and its words.

    >>> _headed("Chapter 1\n\nTHE GATE\n\nIt was open.\n\n## Later\n\nIt was shut.")
    [(0, 'Chapter 1: THE GATE'), (35, 'Later')]
    """
    spans, told = lines(text), opening_lines(text)
    opening = spans[told - 1][1] if told else 0
    found: list[tuple[int, int, str]] = []
    for start, end, new in headings(text):
        title = re.sub(r"^[#*_\s]+|[*_\s]+$", "", text[start:end])
        if not title:
            continue
        if found and new != SCENE_BREAK and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], end, f"{found[-1][2]}: {title}")
        elif new == SCENE_BREAK or start < opening:
            found.append((start, end, title))
    return [(start, title) for start, _, title in found]
