"""The question of the study answered in a sentence: are models closer to one another than people?

Two things are asked, and they are not the same. Whether two *models* are closer to each other than
two *people* are says how varied each camp is. Whether a model and a person are farther apart than
two of either says that there are two camps. Models can be as varied as people and still be
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from storyscope.compare.layout import between
from storyscope.compare.resample import MIN_PROMPTS

if TYPE_CHECKING:
    from storyscope.compare.matched import Camps, Matched
    from storyscope.compare.resample import Estimate

__all__ = ["MARGIN", "Verdict", "verdict"]

MARGIN = 0.05
"""Ratios whose whole interval stays within this part of 1 are called no difference."""

ASPECT = {"narrative": " in how they are built", "style": " in how they are worded"}
"""What a set of features looks at, in words."""

Closer = Literal["closer", "no closer", "farther", "unsettled"]
Shape = Literal["two", "one", "unsettled"]


@dataclass(frozen=True)
class Verdict:
    """What distances at the same prompt say of models and people.

    Attributes
    ----------
    closer : {"closer", "no closer", "farther", "unsettled"}
        Two models, against two people. "no closer" where the interval leaves no room for models
        that are closer by more than `MARGIN`.
    camps : {"two", "one", "unsettled"}
        "two" where a model and a person are surely farther apart than two people and than two
        models; "one" where they surely are not, by more than `MARGIN`, as against one of these.
    sentence : str
        Both, in one sentence with its figures.
    why : str
        What keeps a part from being settled; empty if both are.
    meaning : str
        What follows from it, and what does not.
    distances : str
        The distances that it rests on, with intervals.
    """

    closer: Closer
    camps: Shape
    sentence: str
    why: str
    meaning: str
    distances: str


def verdict(matched: Matched, features: str = "narrative", human: str = "human") -> Verdict | None:
    """Answer from distances at the same prompt; None where no prompt has a model and a person.

    Parameters
    ----------
    matched : Matched
    features : {"narrative", "style", "all"}
        The set of features that the distances rest on.
    human : str
        The source that stands for people.
    """
    if matched.model_human is None or matched.model_model is None:
        return None
    camps = matched.camps
    closer = _closer(camps)
    shape = _shape(camps)
    why = _why(matched, closer, shape, human)
    return Verdict(
        closer, shape, _sentence(matched, closer, shape, features, why), why,
        _meaning(matched, closer, shape), _distances(matched),
    )  # fmt: skip


def _closer(camps: Camps | None) -> Closer:
    if camps is None or (ends := _ends(camps.models_to_people)) is None:
        return "unsettled"
    low, high = ends
    if high < 1:
        return "closer"
    if low > 1:
        return "farther"
    return "no closer" if low > 1 - MARGIN else "unsettled"


def _shape(camps: Camps | None) -> Shape:
    if camps is None:
        return "unsettled"
    both = _ends(camps.mixed_to_people), _ends(camps.mixed_to_models)
    known = [ends for ends in both if ends is not None]
    if len(known) < len(both):
        return "unsettled"
    if all(low > 1 for low, _ in known):
        return "two"
    return "one" if any(high < 1 + MARGIN for _, high in known) else "unsettled"


def _ends(ratio: Estimate) -> tuple[float, float] | None:
    return None if ratio.low is None or ratio.high is None else (ratio.low, ratio.high)


def _why(matched: Matched, closer: Closer, shape: Shape, human: str) -> str:
    if "unsettled" not in (closer, shape):
        return ""
    if matched.camps is None:
        if human in matched.within:
            return (
                "the table does not say whether stories by people at one prompt are by different "
                "people (a column 'author' would), so that how far two people are from each other "
                "is not known"
            )
        return "one person a prompt, so that how far two people are from each other is not known"
    if matched.camps.two_people.n < MIN_PROMPTS:
        few = matched.camps.two_people.n
        return f"{few} {'prompt has' if few == 1 else 'prompts have'} two people and two models"
    return "the interval is too wide for either answer"


def _sentence(matched: Matched, closer: Closer, shape: Shape, features: str, why: str) -> str:
    how = ASPECT.get(features, "")
    camps = matched.camps
    if camps is None or camps.models_to_people.low is None:
        # Where people against people is not known, the third distance still says something.
        known = matched.gap
        apart = ""
        if known and known.ratio.low is not None and known.ratio.low > 1:
            apart = (
                f", although a model and a person differ {_more(known.ratio.value)} than two models "
                f"({_span(known.ratio)})"
            )
        return (
            f"Whether models are closer to one another than people are{how} cannot be settled: "
            f"{why}{apart}."
        )
    ratio, n = camps.models_to_people, camps.two_people.n
    opening = f"Given the same prompt ({n} of them), "
    against = f"({_more(ratio.value)} apart than two people; {_span(ratio)})"
    first = {
        "closer": f"stories by two models differ {_more(ratio.value)}{how} than stories by two "
        f"people ({_span(ratio)})",
        "farther": f"stories by two models differ {_more(ratio.value)}{how} than stories by two "
        f"people ({_span(ratio)})",
        "no closer": f"models are no closer to one another{how} than people are {against}",
        "unsettled": f"it cannot be settled whether models are closer to one another{how} than "
        f"people are {against}",
    }[closer]
    alike = closer in ("no closer", "farther")
    to_people, to_models = camps.mixed_to_people, camps.mixed_to_models
    second = {
        "two": (", yet each camp is its own: " if alike else ", and each camp is its own: ")
        + f"a model and a person differ {_more(to_people.value)} than two people "
        f"({_span(to_people)}) and {_more(to_models.value)} than two models",
        "one": f"; people and models are not two camps: {_as_near(camps)}",
        "unsettled": "; whether people and models are two camps cannot be settled: a model and a "
        f"person differ {_doubtful(camps)}",
    }[shape]
    return f"{opening}{first}{second}."


def _as_near(camps: Camps) -> str:
    """Which of the two kinds a model and a person are not farther apart than."""
    ends = _ends(camps.mixed_to_people)
    if ends is not None and ends[1] < 1 + MARGIN:
        return "a model is no farther from a person than another person is"
    return "a person is no farther from a model than another model is"


def _doubtful(camps: Camps) -> str:
    """The comparison that keeps two camps from being told."""
    people = camps.mixed_to_people
    if people.low is not None and people.low > 1:
        return (
            f"{_more(camps.mixed_to_models.value)} than two models ({_span(camps.mixed_to_models)})"
        )
    return f"{_more(people.value)} than two people ({_span(people)})"


def _more(ratio: float) -> str:
    """A ratio in words.

    >>> _more(1.26), _more(0.904), _more(1.001)
    ('26% more', '10% less', 'no more')
    """
    part = round(100 * (ratio - 1))
    if part == 0:
        return "no more"
    return f"{part}% more" if part > 0 else f"{-part}% less"


def _span(ratio: Estimate) -> str:
    """An interval of a ratio in words.

    >>> from storyscope.compare.resample import Estimate
    >>> _span(Estimate(0.9, 0.85, 0.97, 30)), _span(Estimate(1.0, 0.96, 1.04, 30))
    ('95% interval 3% to 15% less', '95% interval 4% less to 4% more')
    """
    if ratio.low is None or ratio.high is None:
        return "too few prompts for an interval"
    low, high = round(100 * (ratio.low - 1)), round(100 * (ratio.high - 1))
    if low >= 0:
        return f"95% interval {low}% to {high}% more"
    if high <= 0:
        return f"95% interval {-high}% to {-low}% less"
    return f"95% interval {-low}% less to {high}% more"


def _distances(matched: Matched) -> str:
    camps = matched.camps
    if camps is None:
        return (
            f"two models {between(matched.model_model)}, a model and a person "
            f"{between(matched.model_human)}"
        )
    return (
        f"two people {between(camps.two_people)}, two models {between(camps.two_models)}, "
        f"a model and a person {between(camps.mixed)}"
    )


def _meaning(matched: Matched, closer: Closer, shape: Shape) -> str:
    if closer == "closer":
        first = "The models vary less from one to the next than people do."
    elif closer == "unsettled":
        first = "Nothing follows on whether models are more alike than people."
    else:
        first = "The models vary as much from one to the next as people do, or more."
    if shape == "two":
        second = "They also all stand elsewhere than people."
        if closer in ("no closer", "farther"):
            second = (
                "“Models all write the same” is not what sets them off: they all stand elsewhere than "
                "people."
            )
    elif shape == "one":
        second = "Models are not off to one side: people are scattered about them."
        if closer in ("no closer", "farther"):
            second = "Neither forms a camp of its own here."
    elif matched.camps is None and matched.gap and (matched.gap.gap.low or 0) > 0:
        second = (
            "People being farther from models than those are from one another is what one sees "
            "both where models are alike and where people are varied."
        )
    else:
        second = (
            "Nor on whether there are two camps."
            if closer == "unsettled"
            else ("Whether they also stand apart from people is open.")
        )
    return f"{first} {second}"
