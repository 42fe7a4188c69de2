"""From parallel stories to a codebook of new questions, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Corpus, Story
from storyscope.errors import CodebookError
from storyscope.generate.writers import Writer
from storyscope.induce.discover import comparing, piloting, prompts, questioning
from storyscope.induce.discover.asking import Asker, Asking, Progress
from storyscope.induce.discover.corpora import masked, shared
from storyscope.induce.discover.found import Found, found
from storyscope.induce.discover.stages import STAGES, Stage, is_stage, read_stage, stage_path
from storyscope.providers.money import Prices, load_prices
from storyscope.providers.store import Answers

if TYPE_CHECKING:
    import pandas as pd
    from spacy.language import Language

__all__ = ["REPLIES", "Discovery", "Settings"]

REPLIES = "replies.sqlite"
"""Every reply, as it came; nothing in it is asked for again."""


@dataclass(frozen=True)
class Settings:
    """How questions are looked for.

    Attributes
    ----------
    dimensions : tuple of str
        Those that templates are made of.
    discover, pilot : int
        Prompts whose stories are compared, and prompts on whose stories questions are tested; where
        the corpus has fewer, a third is compared.
    runs : int
        Times that the stories of a prompt are compared, under fresh letters.
    seed : int
        Of everything random.
    """

    dimensions: tuple[str, ...] = tuple(prompts.FORMS)
    discover: int = 10
    pilot: int = 20
    runs: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        strange = [d for d in self.dimensions if d not in prompts.FORMS]
        if strange or not self.dimensions:
            raise CodebookError(
                f"There is no template for the dimension {strange[0] if strange else ''!r}; there are "
                f"templates for {', '.join(prompts.FORMS)}."
            )


@dataclass
class Discovery:
    """A corpus, a model that reads it, and the folder of what came of each stage.

    Attributes
    ----------
    stories : tuple of Story
        Of prompts that two sources or more answered, source names in their texts masked.
    reader : Writer
        The model; its `name` stands in the file of replies.
    answers : Answers
    prices : Prices
    folder : Path
    settings : Settings
    codebook : Codebook
        The existing one.
    table : DataFrame or None
        Its values of the stories; where there is none, what can be measured is measured.
    nlp : spaCy Language or None
        Parses questions; default the pipeline that reads stories.
    masked : int
        Stories whose text named a source.
    alone : int
        Prompts that only one source answered.
    workers : int
        Processes that measure; 0 takes one for each processor.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from storyscope.induce.discover.asking import Looking, Pending
    >>> from storyscope.providers import service_of
    >>> tales = [Story(f"{s}{k}", "The door was open.", s, f"p{k}") for s in "ab" for k in range(30)]
    >>> reader = Writer("reader", "claude-sonnet-5-5", service_of("claude-sonnet-5-5"))
    >>> with TemporaryDirectory() as folder:
    ...     work = Discovery.of(tales, reader, folder)
    ...     try:
    ...         work.until_pilot(Looking(work.answers))
    ...     except Pending as pending:
    ...         print(pending.stage, len(pending.many))
    ...     work.answers.close()
    templates 20
    """

    stories: tuple[Story, ...]
    reader: Writer
    answers: Answers
    prices: Prices
    folder: Path
    settings: Settings
    codebook: Codebook
    table: pd.DataFrame | None = None
    nlp: Language | None = None
    masked: int = 0
    alone: int = 0
    workers: int = 1

    @classmethod
    def of(
        cls,
        stories: Corpus | Sequence[Story],
        reader: Writer,
        folder: str | Path,
        *,
        settings: Settings | None = None,
        prices: str | Path | None = None,
        codebook: Codebook | None = None,
        table: pd.DataFrame | None = None,
        nlp: Language | None = None,
        workers: int = 1,
    ) -> Discovery:
        """Open the folder; it is made if it is not there, and nothing is sent.

        Parameters
        ----------
        stories : Corpus or sequence of Story
        reader : Writer
        folder : path
        settings : Settings, optional
        prices : path, optional
            Default the file that ships with the package.
        codebook : Codebook, optional
            What is asked already; default the shipped one.
        table, nlp, workers
            See `Discovery`.

        Raises
        ------
        TooLittleData
            For one source, or too few prompts that two sources answered; before anything is sent.
        TableError
            If the table lacks stories.
        """
        chosen = settings or Settings()
        told = list(stories)
        parallel, alone = shared(told, chosen.discover, chosen.pilot)
        names = sorted({s.source for s in told}, key=lambda n: (-len(n), n))
        hidden = [replace(s, text=masked(s.text, names)) for s in parallel]
        changed = sum(a.text != b.text for a, b in zip(parallel, hidden, strict=True))
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(
            tuple(hidden), reader, Answers(folder / REPLIES), load_prices(prices), folder, chosen,
            codebook or default_codebook(), table, nlp, changed, alone, workers,
        )  # fmt: skip

    def run(self, *, max_cost: float | None = None, progress: Progress | None = None) -> Found:
        """Make every stage that is missing, asking for replies that are not on disk.

        Parameters
        ----------
        max_cost : float, optional
            US dollars for all that was ever asked in this folder.
        progress : callable, optional
            Called with the stage, what is done, of how much, and what was spent.

        Raises
        ------
        CostLimit
            If `max_cost` might be passed; what was answered is kept.
        ModelError
        """
        split, questions, groups, gate, pilot = self.until_pilot(
            Asking(self.reader, self.answers, self.prices, max_cost, progress)
        )
        tests = piloting.tests(self, split, gate, pilot, progress)
        return found(self, split, questions, groups, gate, tests)

    def until_pilot(self, asker: Asker) -> tuple[Stage, Stage, Stage, Stage, Stage]:
        """All stages but the last, which asks nothing: split, questions, groups, gate, pilot."""
        split = comparing.split(self)
        templates = comparing.templates(self, split, asker)
        letters = comparing.letters(self, templates)
        comparisons = comparing.comparisons(self, templates, letters, asker)
        questions = questioning.questions(self, comparisons, asker)
        groups = questioning.merged_groups(self, questions)
        gate = questioning.gate(self, split, groups, asker)
        return split, questions, groups, gate, piloting.pilot(self, split, gate, asker)

    def compared(self) -> list[Story]:
        """Stories of the prompts that are compared."""
        return comparing.stories_of(self, comparing.split(self), "compared")

    def piloted(self) -> list[Story]:
        """Stories of the prompts that are kept for the pilot."""
        return comparing.stories_of(self, comparing.split(self), "pilot")

    def ask_again(self) -> int:
        """Let what was refused, cut off or not of the form be asked once more; how much that is."""
        count = 0
        for name in STAGES:
            path = stage_path(self.folder, name)
            if not path.exists() or not is_stage(path):
                continue
            stage = read_stage(self.folder, name, None)
            failed = [r for r in stage.rows if "failed" in r] if stage else []
            count += len(failed)
            self.answers.set_aside(key for row in failed for key in row["keys"])
            if failed or name == "pilot":
                path.unlink()
        self.answers.forget_failures(self.answers.roots())
        return count

    @property
    def who(self) -> list[str]:
        """Whose replies a stage rests on, and to which prompts."""
        service = self.reader.service
        return [self.reader.model, service.identity or service.name, str(prompts.VERSION)]
