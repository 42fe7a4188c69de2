"""What a page opens with: the study's question, answered where people and models share prompts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from storyscope.compare.result import plain
from storyscope.compare.run import same_prompt
from storyscope.compare.verdict import Verdict, verdict
from storyscope.spoils import what_spoils

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from storyscope.compare.matched import Matched

__all__ = ["AtOnePrompt", "Headline", "headline"]


@dataclass(frozen=True)
class AtOnePrompt:
    """One corpus in which people and models answered the same prompts.

    Attributes
    ----------
    corpus : str
    people, models : int
        Stories by people at a prompt, at most; models.
    prompts : int
    built, worded : Matched
        Distances by narrative and by style features.
    told, phrased : Verdict
        What either says.
    spoils : list of str
        What sets people and models apart there besides who wrote.
    """

    corpus: str
    people: int
    models: int
    prompts: int
    built: Matched
    worded: Matched
    told: Verdict
    phrased: Verdict
    spoils: list[str]

    @property
    def line(self) -> str:
        """Who answered what, and the distances."""
        people = "one person" if self.people == 1 else f"{self.people} people"
        return (
            f"{self.corpus} ({self.prompts} prompts, {people} and up to {self.models} models at "
            f"each): {self.told.distances}; in wording {self.phrased.distances}."
        )


@dataclass(frozen=True)
class Headline:
    """The answer, and what it rests on.

    Attributes
    ----------
    sentence : str
        By narrative features, in the corpus that can tell most.
    wording : str
        The same by style features.
    meaning : str
        What follows from the first, and what does not.
    corpora : list of AtOnePrompt
        The one that the sentences are about first.
    """

    sentence: str
    wording: str
    meaning: str
    corpora: list[AtOnePrompt]

    def lines(self) -> list[str]:
        """The distances of every corpus, a line each."""
        return [one.line for one in self.corpora]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sentence": self.sentence,
            "wording": self.wording,
            "meaning": self.meaning,
            "corpora": [
                {
                    "corpus": one.corpus,
                    "people": one.people,
                    "models": one.models,
                    "prompts": one.prompts,
                    "spoils": one.spoils,
                    "narrative": {**asdict(one.told), "matched": plain(one.built)},
                    "style": {**asdict(one.phrased), "matched": plain(one.worded)},
                }
                for one in self.corpora
            ],
        }


def headline(
    tables: Mapping[str, pd.DataFrame],
    *,
    human: str = "human",
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Headline | None:
    """Answer the question from tables in which people and models share prompts, by corpus.

    None if no table has a prompt with a model and a person.
    """
    found = []
    for k, (corpus, table) in enumerate(tables.items()):
        if progress is not None:
            progress("people and models at one prompt", k, len(tables))
        built, worded = (
            same_prompt(table, features=features, human=human, seed=seed)
            for features in ("narrative", "style")
        )
        told, phrased = verdict(built, "narrative", human), verdict(worded, "style", human)
        if told is None or phrased is None:
            continue
        people = table[table["source"] == human]
        found.append(
            AtOnePrompt(
                corpus,
                int(people["prompt_id"].value_counts().max()),
                int(table.loc[table["source"] != human, "source"].nunique()),
                int(built.model_human.n) if built.model_human else 0,
                built, worded, told, phrased,
                what_spoils(table.assign(camp="models"), by="camp", human=human),
            )
        )  # fmt: skip
    if not found:
        return None
    found.sort(key=lambda one: -_settled(one.told))
    first = found[0]
    return Headline(first.told.sentence, first.phrased.sentence, first.told.meaning, found)


def _settled(found: Verdict) -> int:
    """How much a verdict settles: a sort key, the larger the more."""
    return 2 * (found.closer != "unsettled") + (found.camps != "unsettled")
