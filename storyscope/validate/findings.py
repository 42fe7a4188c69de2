"""Do the measures move as published findings say? Confirmed, absent or reversed, each with its size.

The findings are those of the StoryScope study (arXiv 2604.03136; see the project's notes on it),
where a large model judged long stories on prompts that people had answered too. Here a small tagger
and rules read shorter stories of other models, so a finding that is absent or reversed is a finding,
not a fault.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from storyscope.codebook import NUMERIC, default_codebook
from storyscope.fingerprints import cliffs_delta

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["FINDINGS", "Finding", "Outcome", "check_findings"]

LEAST = 20
"""Stories of either side under which nothing is said."""
RESAMPLES = 1000
HUMAN = "human"
BIN = 0.1
"""Width of the length bins, in log words."""


@dataclass(frozen=True)
class Finding:
    """A published contrast, and the measure that ought to show it.

    Attributes
    ----------
    claim : str
        In words.
    who : str
        "models" (against people), or a family (against the other families).
    feature : str
        Feature id, or ``ID=answer``.
    sign : int
        1 where `who` should have more, -1 less.
    """

    claim: str
    who: str
    feature: str
    sign: Literal[-1, 1]


@dataclass(frozen=True)
class Outcome:
    """What a table says of a finding.

    Attributes
    ----------
    delta, low, high : float
        Cliff's delta of `who` against the others at equal lengths, with its 95% interval over prompts.
    verdict : str
        "confirmed", "absent" (the interval holds 0) or "reversed".
    n, n_others : int
    """

    finding: Finding
    delta: float
    low: float
    high: float
    verdict: str
    n: int
    n_others: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


FINDINGS: tuple[Finding, ...] = (
    Finding("theme stated at the end", "models", "REV_THM_02", 1),
    Finding("theme stated", "models", "REV_THM_01", 1),
    Finding("moral and philosophical weight", "models", "SIT_GEN_01", 1),
    Finding("feeling shown in the body", "models", "AGE_EMO_01", 1),
    Finding("body rather than the name of a feeling", "models", "AGE_EMO_03", 1),
    Finding("feelings named", "models", "AGE_EMO_02", -1),
    Finding("setting mirrors the mind", "models", "SET_MOO_01", 1),
    Finding("nature", "models", "SET_NAT_01", 1),
    Finding("smell", "models", "SET_SEN_07", 1),
    Finding("sensory density", "models", "SET_SEN_01", 1),
    Finding("depth of interior access", "models", "AGE_INN_08", 1),
    Finding("causes made plain", "models", "PLT_CAU_01", 1),
    Finding("the protagonist decides", "models", "AGE_AGY_05", 1),
    Finding("introduced by outward looks", "models", "AGE_DES_03", 1),
    Finding("a single track", "models", "PLT_THR_01", 1),
    Finding("resolved by insight", "models", "REV_EPI_04", 1),
    Finding("less surprise", "models", "REV_SUR_05", -1),
    Finding("the opening is placed", "models", "SET_GRO_02", 1),
    Finding("works named outright", "models", "SIT_INT_01", -1),
    Finding("fourth wall broken", "models", "SIT_MET_01", -1),
    Finding("reader addressed", "models", "SIT_RDR_01", -1),
    Finding("chronology broken", "models", "TMP_ORD_06", -1),
    Finding("anachrony", "models", "TMP_ORD_03", -1),
    Finding("variety of places", "models", "SET_PLC_06", -1),
    Finding("dialogue", "models", "STY_DIA_01", -1),
    Finding("long denouement", "models", "PLT_END_08", 1),
    Finding("weak escalation", "claude", "EVT_ESC_02", -1),
    Finding("flat escalation", "claude", "EVT_ESC_26", 1),
    Finding("few kinds of event", "claude", "EVT_TYP_06", -1),
    Finding("epilogue or flash-forward at the end", "claude", "TMP_ORD_05", 1),
    Finding("no dreams", "claude", "TMP_DRM_01", -1),
    Finding("long denouement", "claude", "PLT_END_08", 1),
    Finding("dream sequences", "gpt", "TMP_DRM_01", 1),
    Finding("no habitual telling", "gpt", "TMP_FRQ_01", -1),
    Finding("outward description", "gemini", "AGE_DES_01", 1),
    Finding("frequent flashbacks", "gemini", "TMP_ORD_02", 1),
    Finding("tidy endings", "gemini", "PLT_END_02", 1),
    Finding("a named protagonist", "gemini", "AGE_NAM_01=name", 1),
    Finding("a visible narrator", "deepseek", "PER_EVA_01", 1),
    Finding("feeling shown by behaviour", "deepseek", "AGE_DES_10", 1),
    Finding("introduced in action", "kimi", "AGE_INT_01", 1),
)
"""What the study found, beside the measure nearest to its question."""


def check_findings(
    table: pd.DataFrame,
    *,
    findings: tuple[Finding, ...] = FINDINGS,
    seed: int = 0,
) -> list[Outcome]:
    """Hold a table against the published findings that it can speak to.

    Parameters
    ----------
    table : DataFrame
        A feature table with the column ``words``.
    findings : tuple of Finding
    seed : int
        Of the bootstrap over prompts.

    Returns
    -------
    list of Outcome
        Findings whose sides have fewer than `LEAST` stories are left out.
    """
    who = table["source"].astype(str).to_numpy()
    _, prompt = np.unique(table["prompt_id"].astype(str).to_numpy(), return_inverse=True)
    n_prompts = int(prompt.max()) + 1 if len(prompt) else 0
    rng = np.random.default_rng(seed)
    even = np.full(max(n_prompts, 1), 1 / max(n_prompts, 1))
    draws = rng.multinomial(n_prompts, even, size=RESAMPLES)[:, prompt].astype(float)
    words = np.log(np.maximum(table["words"].to_numpy(float), 1))
    outcomes = []
    for finding in findings:
        values = _values(table, finding.feature)
        if values is None:
            continue
        known = np.isfinite(values)
        if finding.who == "models":
            mine, theirs = known & (who != HUMAN), known & (who == HUMAN)
        else:
            mine = known & (who == finding.who)
            theirs = known & (who != finding.who) & (who != HUMAN)
        first, second = _equal_lengths(words, mine, theirs)
        if (first > 0).sum() < LEAST or (second > 0).sum() < LEAST:
            continue
        delta = float(cliffs_delta(values, first[None], second[None])[0])
        spread = cliffs_delta(values, draws * first, draws * second)
        low, high = np.nanpercentile(spread, [2.5, 97.5])
        towards = sorted((finding.sign * low, finding.sign * high))
        verdict = "confirmed" if towards[0] > 0 else "reversed" if towards[1] < 0 else "absent"
        outcomes.append(
            Outcome(finding, round(delta, 3), round(float(low), 3), round(float(high), 3), verdict,
                    int((first > 0).sum()), int((second > 0).sum()))
        )  # fmt: skip
    return outcomes


def _values(table: pd.DataFrame, name: str) -> NDArray[np.float64] | None:
    feature_id, _, answer = name.partition("=")
    if feature_id not in table:
        return None
    feature = default_codebook()[feature_id]
    column = table[feature_id]
    if feature.kind in NUMERIC:
        return column.to_numpy(float)
    plain = column.astype(object)
    if answer or feature.kind == "binary":
        hit = plain.map(lambda v: float(v == (answer or "yes")), na_action="ignore")
    else:
        hit = plain.map({v: float(k) for k, v in enumerate(feature.levels)}, na_action="ignore")
    values: NDArray[np.float64] = hit.to_numpy(float)
    return values


def _equal_lengths(
    words: NDArray[np.float64], mine: NDArray[np.bool_], theirs: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights that give both sides the same spread of lengths; 0 where the other side has none."""
    place = np.floor(words / BIN).astype(int)
    place -= place.min()
    a = np.bincount(place[mine], minlength=place.max() + 1)
    b = np.bincount(place[theirs], minlength=place.max() + 1)
    least = np.minimum(a, b)
    first = np.where(mine, (least / np.maximum(a, 1))[place], 0.0)
    second = np.where(theirs, (least / np.maximum(b, 1))[place], 0.0)
    return first, second
