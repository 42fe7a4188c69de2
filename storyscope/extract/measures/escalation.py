"""Escalation: how intense the telling is, and what course its intensity takes.

The moments are those of `storyscope.extract.layers.intensity`, each with a weight from 1 to 3, at
their places among narrated words. Speech is left out of the course, so that a course does not
merely show where the dialogue stands.
"""

from __future__ import annotations

import numpy as np

from storyscope.extract import series
from storyscope.extract.layers.intensity import (
    ESCALATES_FROM,
    GRADES,
    Moment,
    intense_moments,
    spoken_moments,
    windows,
)
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    ENOUGH_WORDS,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    share,
    tokens,
)
from storyscope.extract.measures.events import event_verbs
from storyscope.extract.reading import Reading

STAKES = words("plot", "stakes")
LEAST_CUES = 12
"""Moments of equal weight under which no course is read from them."""
STRONG = GRADES["strong"]
QUIET = 16.0
"""Moments per 1,000 narrated words that a quiet story surely stays under."""
BURST_WORDS = 40
"""Narrated words within which moments belong to one burst."""


@once
def _places(reading: Reading) -> tuple[list[float], list[float]]:
    """Where the moments stand among narrated words, and what they weigh."""
    moments = intense_moments(reading)
    return [float(reading.narrated_clock[m.token]) for m in moments], [m.weight for m in moments]


@once
def _enough(reading: Reading) -> bool:
    weights = _places(reading)[1]
    long = reading.n_narrated >= ENOUGH_FOR_SERIES
    return bool(long and weights and series.effective(weights) >= LEAST_CUES)


def _spans(moments: list[Moment]) -> list[tuple[int, int]]:
    return tokens([m.token for m in moments])


def _inside(reading: Reading, low: float, high: float) -> list[tuple[int, int]]:
    clock = reading.narrated_clock
    return _spans([m for m in intense_moments(reading) if low <= clock[m.token] < high])


@measures("EVT_ESC_01")
def intensity_level(reading: Reading) -> Measured:
    """Weight of the moments per 1,000 narrated words."""
    if reading.n_narrated < ENOUGH_WORDS:
        return NOT_DEFINED
    moments = intense_moments(reading)
    return number(1000 * sum(m.weight for m in moments) / reading.n_narrated, _spans(moments))


@measures("EVT_ESC_02")
def intensity_slope(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.centroid(*_places(reading)), _spans(intense_moments(reading)))


@measures("EVT_ESC_03")
def intensity_direction(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return Measured(series.direction(*_places(reading)), _spans(intense_moments(reading)))


@measures("EVT_ESC_04")
def peak_position(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    centre, _ = series.peak(*_places(reading))
    return number(centre, _inside(reading, centre - 0.15, centre + 0.15))


@measures("EVT_ESC_05")
def peak_prominence(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    centre, excess = series.peak(*_places(reading))
    return number(excess, _inside(reading, centre - 0.15, centre + 0.15))


@measures("EVT_ESC_06")
def intensity_unevenness(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.unevenness(*_places(reading)), _spans(intense_moments(reading)))


@measures("EVT_ESC_07")
def late_intensity(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.late_share(*_places(reading)), _inside(reading, 0.6, 1.01))


@measures("EVT_ESC_08")
def intensity_monotonicity(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.monotonicity(*_places(reading)), _spans(intense_moments(reading)))


@measures("EVT_ESC_09")
def intensity_course(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return Measured(series.course(*_places(reading)), _spans(intense_moments(reading)))


@measures("EVT_ESC_10")
def flat_events(reading: Reading) -> Measured:
    """Events, not intense moments, are counted: only they are numerous enough for the claim."""
    happening = event_verbs(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    level = series.flat([float(reading.narrated_clock[i]) for i in happening])
    return NOT_DEFINED if level is None else Measured("yes" if level else "no", tokens(happening))


@once
def stakes(reading: Reading) -> list[int]:
    """Words of what may be lost or won, in narration and speech."""
    return [i for i, w in enumerate(reading.lemma) if w in STAKES and reading.is_word[i]]


@measures("EVT_ESC_11")
def stakes_growth(reading: Reading) -> Measured:
    found = stakes(reading)
    if reading.n_words < ENOUGH_FOR_SERIES or len(found) < 8:
        return NOT_DEFINED
    clock = reading.word_clock[found]
    early, late = int((clock < 1 / 3).sum()), int((clock >= 2 / 3).sum())
    return number(series.log_ratio(late, early, 1, 1), tokens(found))


@measures("EVT_ESC_12")
def stakes_level(reading: Reading) -> Measured:
    return rate(tokens(stakes(reading)), reading.n_words)


@measures("EVT_ESC_13")
def wind_down(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    places, weights = (np.asarray(x) for x in _places(reading))
    before = float(weights[(places >= 0.5) & (places < 0.9)].sum())
    end = float(weights[places >= 0.9].sum())
    return number(series.log_ratio(before, end, 0.4, 0.1), _inside(reading, 0.5, 1.01))


@measures("EVT_ESC_14")
def intensity_bursts(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.burstiness(_places(reading)[0]), _spans(intense_moments(reading)))


@measures("EVT_ESC_15")
def tempo_at_end(reading: Reading) -> Measured:
    """Log ratio of mean sentence length before the last third to that in it."""
    sentences = reading.narrated_sentences
    if len(sentences) < 20 or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.word_clock
    early = [s.end - s.start for s in sentences if clock[s.start] < 2 / 3]
    spans = [s for s in sentences if clock[s.start] >= 2 / 3]
    if len(early) < 6 or len(spans) < 6:
        return NOT_DEFINED
    late = [s.end - s.start for s in spans]
    return number(float(np.log(np.mean(early) / np.mean(late))), spans)


@measures("EVT_ESC_16")
def local_rise(reading: Reading) -> Measured:
    """Mean rise over stretches of about 100 words."""
    found = windows(reading)
    if len(found) < 4:
        return NOT_DEFINED
    rising = [(a, b) for a, b, value in found if value >= ESCALATES_FROM]
    return number(sum(value for _, _, value in found) / len(found), rising)


@measures("EVT_ESC_17")
def rising_stretches(reading: Reading) -> Measured:
    found = windows(reading)
    return share([(a, b) for a, b, v in found if v >= ESCALATES_FROM], len(found), least=4)


@measures("EVT_ESC_18")
def shape_of_action(reading: Reading) -> Measured:
    """Quiet where the rate surely stays low; else the direction; undefined where neither shows."""
    moments = intense_moments(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    if 1000 * _at_most(len(moments)) / reading.n_narrated <= QUIET:
        return Measured("quiet", _spans(moments))
    if not _enough(reading):
        return NOT_DEFINED
    return Measured(series.direction(*_places(reading)), _spans(moments))


def _at_most(count: int) -> float:
    """One-sided 95% upper bound of a Poisson mean, by the approximation of Wilson and Hilferty.

    >>> [round(_at_most(k), 1) for k in (0, 3, 10)]
    [3.0, 7.7, 17.0]
    """
    if count == 0:
        return 3.0
    n = count + 1
    return n * (1 - 1 / (9 * n) + 1.645 / (3 * n**0.5)) ** 3


@measures("EVT_ESC_19")
def strong_share(reading: Reading) -> Measured:
    """Of all moments, those where life or limb is at stake."""
    moments = intense_moments(reading)
    return share(_spans([m for m in moments if m.weight >= STRONG]), len(moments), least=8)


@measures("EVT_ESC_20")
def deed_share(reading: Reading) -> Measured:
    """Of all moments, those that somebody or something does, against what is felt or named."""
    moments = intense_moments(reading)
    return share(_spans([m for m in moments if m.channel == "deed"]), len(moments), least=8)


@measures("EVT_ESC_21")
def reversals(reading: Reading) -> Measured:
    """Turns from rise to fall or back, beyond chance, over ten parts."""
    if not _enough(reading) or series.effective(_places(reading)[1]) < 20:
        return NOT_DEFINED
    turns = series.reversals(*_places(reading))
    return Measured(("none", "one", "several")[min(turns, 2)], _spans(intense_moments(reading)))


@measures("EVT_ESC_22")
def longest_calm(reading: Reading) -> Measured:
    """Longest stretch without an intense moment, as log of its length over what chance gives."""
    if not _enough(reading):
        return NOT_DEFINED
    start, end, excess = series.longest_gap(_places(reading)[0])
    clock = reading.narrated_clock
    inside = [i for i in np.flatnonzero(reading.narrated) if start < clock[i] < end]
    return number(excess, [(int(inside[0]), int(inside[-1]) + 1)] if len(inside) else ())


@measures("EVT_ESC_23")
def spoken_intensity(reading: Reading) -> Measured:
    """Outcries and words of force in speech per 1,000 quoted words."""
    quoted = reading.n_words - reading.n_narrated
    if quoted < 100:
        return NOT_DEFINED
    found = spoken_moments(reading)
    return number(1000 * sum(m.weight for m in found) / quoted, _spans(found))


# ---------------------------------------------------------------- after the last burst


@once
def last_burst(reading: Reading) -> tuple[int, int] | None:
    """The last place where moments of weight 4 or more stand within `BURST_WORDS` narrated words."""
    moments = intense_moments(reading)
    so_far = np.cumsum(reading.narrated)[[m.token for m in moments]].tolist() if moments else []
    for k in range(len(moments) - 1, 0, -1):
        weight, j, last = moments[k].weight, k, so_far[k]
        while j > 0 and last - so_far[j - 1] <= BURST_WORDS:
            j -= 1
            weight += moments[j].weight
            if weight >= 4:
                return moments[j].token, moments[k].token + 1
    return None
