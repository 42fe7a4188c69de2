"""Published findings: the list is sound, and verdicts follow from planted differences."""

import numpy as np
import pandas as pd
import pytest

from storyscope.codebook import default_codebook
from storyscope.validate.findings import FINDINGS, Finding, check_findings


def table(n=300, gap=0.0, tilt=0.0, seed=0):
    """People and two families on the same prompts; `gap` lifts models, `tilt` ties words in."""
    rng = np.random.default_rng(seed)
    source = np.repeat(["human", "claude", "gpt"], n)
    words = np.exp(rng.normal(6.5, 0.4, len(source)) + 0.5 * (source != "human"))
    value = rng.normal(size=len(source)) + gap * (source != "human") + tilt * np.log(words)
    dream = rng.random(len(source)) < np.where(source == "gpt", 0.6, 0.2)
    return pd.DataFrame(
        {
            "story_id": [f"s{k}" for k in range(len(source))],
            "source": source,
            "prompt_id": np.tile([f"p{k}" for k in range(n)], 3),
            "words": words.round(),
            "REV_THM_01": value,
            "TMP_DRM_01": np.where(dream, "yes", "no"),
        }
    )


MORE = Finding("theme", "models", "REV_THM_01", 1)
LESS = Finding("theme", "models", "REV_THM_01", -1)
DREAMS = Finding("dreams", "gpt", "TMP_DRM_01", 1)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda f: f"{f.who}-{f.feature}")
def test_every_finding_names_a_measured_feature_and_one_of_its_answers(finding):
    name, _, answer = finding.feature.partition("=")
    feature = default_codebook()[name]
    assert "measure" in feature.answered_by
    assert not answer or answer in feature.levels
    assert feature.kind != "categorical" or answer


def test_a_planted_gap_is_confirmed_one_way_and_reversed_the_other():
    outcomes = check_findings(table(gap=0.5), findings=(MORE, LESS))
    assert [o.verdict for o in outcomes] == ["confirmed", "reversed"]
    assert 0.2 < outcomes[0].delta < 0.4  # 2 * Phi(0.5 / sqrt 2) - 1 is 0.28


def test_no_gap_is_absent():
    assert check_findings(table(), findings=(MORE,))[0].verdict == "absent"


def test_what_only_follows_length_is_absent_at_equal_lengths():
    outcome = check_findings(table(tilt=3.0), findings=(MORE,))[0]
    assert abs(outcome.delta) < 0.15


def test_a_family_is_held_against_the_other_families_only():
    outcome = check_findings(table(), findings=(DREAMS,))[0]
    assert outcome.verdict == "confirmed"
    assert outcome.delta == pytest.approx(0.4, abs=0.1)
    assert outcome.n_others <= 300


def test_too_few_stories_and_unknown_columns_say_nothing():
    assert check_findings(table(n=15), findings=(MORE,)) == []
    absent = Finding("smell", "models", "SET_SEN_07", 1)
    assert check_findings(table(), findings=(absent,)) == []
