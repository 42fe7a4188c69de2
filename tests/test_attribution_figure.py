"""The figure of one answer: every probability, every step, and the course where there is one."""

from __future__ import annotations

import dataclasses

import pytest

from storyscope.attribute.answer import Attribution, Contribution, Segment
from storyscope.errors import OutputError, UnusableText
from storyscope.report.attribution import STEPS, draw_attribution, save_attribution


def an_answer(features: int, segments: int = 0) -> Attribution:
    gains = [(-1) ** k * (1 - 0.02 * k) for k in range(features)]
    return Attribution(
        reads_like="gpt",
        probabilities={"gpt": 0.6, "human": 0.3, "kimi": 0.1},
        confidence=0.5,
        set=("gpt", "human"),
        coverage=0.9,
        unlike_reference=False,
        novelty=0.4,
        words=1200,
        feature_set="narrative",
        features=tuple(
            Contribution(f"F{k}", f"Feature {k}", "plot", False, 0.5, "share", gain)
            for k, gain in enumerate(gains)
        ),
        dimensions={},
        passages=(),
        segments=tuple(
            Segment(1000 * k, 1000 * (k + 1), 180, {"gpt": 0.6, "human": 0.3, "kimi": 0.1})
            for k in range(segments)
        ),
        warnings=(),
    )


def test_bars_are_the_probabilities_and_those_outside_the_set_are_faint():
    axes = draw_attribution(an_answer(3)).axes[0]
    assert [b.get_width() for b in axes.patches] == [0.6, 0.3, 0.1]
    assert [b.get_alpha() < 0.5 for b in axes.patches] == [False, False, True]


def test_shares_and_sources_are_said_as_on_the_page():
    answer = dataclasses.replace(
        an_answer(3),
        probabilities={"gpt": 0.994, "other": 0.004, "human": 0.002},
        ai=0.998,
        built=0.97,
        worded=0.999,
    )
    axes = draw_attribution(answer).axes[0]
    named = [label.get_text() for label in axes.get_yticklabels()]
    assert named == ["gpt", "some other model", "a person"]
    assert [text.get_text() for text in axes.texts] == ["over 99%", "under 1%", "under 1%"]
    title = axes.get_title(loc="left").replace("\n", " ")
    assert "a model over 99% (built 97%, worded over 99%)" in title


def test_steps_follow_one_another_and_end_at_the_sum():
    answer = an_answer(STEPS + 8)
    axes = draw_attribution(answer).axes[1]
    bars = axes.patches
    assert len(bars) == STEPS + 1
    ends = [b.get_x() + b.get_width() for b in bars]
    starts = [b.get_x() for b in bars]
    assert starts[1:] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(sum(c.contribution for c in answer.features))
    assert axes.get_yticklabels()[-1].get_text() == "8 other features"


def test_an_answer_without_features_is_drawn():
    assert len(draw_attribution(an_answer(0)).axes) == 2


def test_the_course_has_a_line_a_source():
    course = draw_attribution(an_answer(2, segments=5)).axes[2]
    assert len(course.lines) == 3
    assert list(course.lines[0].get_xdata()) == [0.5, 1.5, 2.5, 3.5, 4.5]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_answer_gives_the_same_bytes(tmp_path, ending):
    first, second = (save_attribution(an_answer(4), tmp_path / f"{k}.{ending}") for k in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert not [p for p in tmp_path.iterdir() if p not in (first, second)]


def test_a_foreign_ending_or_folder_is_one_sentence(tmp_path):
    with pytest.raises(UnusableText, match=r"not 'a\.jpeg'"):
        save_attribution(an_answer(1), tmp_path / "a.jpeg")
    with pytest.raises(OutputError, match="does not exist; make it first"):
        save_attribution(an_answer(1), tmp_path / "none" / "a.png")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_replaces_only_a_figure_of_its_kind(tmp_path, ending):
    path = save_attribution(an_answer(1), tmp_path / f"a.{ending}")
    assert save_attribution(an_answer(2), path) == path
    path.write_bytes(b"a drawing of my own")
    with pytest.raises(OutputError, match="storyscope did not make it"):
        save_attribution(an_answer(1), path)
    assert path.read_bytes() == b"a drawing of my own"


def test_unlike_texts_say_so():
    answer = dataclasses.replace(an_answer(2), unlike_reference=True, ai=0.7, built=0.2, worded=0.9)
    axes = draw_attribution(answer).axes[0]
    assert "a model 70% (built 20%, worded 90%)" in axes.get_title(loc="left").replace("\n", " ")
    assert "unlike the reference" in [t.get_text() for t in axes.texts]


def test_what_has_no_probability_is_not_drawn(tmp_path):
    answer = dataclasses.replace(
        an_answer(2), probabilities=None, reads_like=None, no_ground=("It is a play.",)
    )
    with pytest.raises(UnusableText, match=r"no probability to draw for a\.txt: It is a play"):
        save_attribution(answer, tmp_path / "a.svg", "a.txt")
    assert list(tmp_path.iterdir()) == []
