"""From parallel stories to a codebook of new questions, stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.codebook import Codebook, Feature, default_codebook
from storyscope.corpus import Corpus, Story, normalise
from storyscope.errors import CodebookError, ModelError
from storyscope.generate.run import done
from storyscope.generate.turns import Turn
from storyscope.generate.writers import Writer
from storyscope.induce.discover import prompts, talks
from storyscope.induce.discover.asking import Asker, Asking, OneTalk, Progress
from storyscope.induce.discover.corpora import masked, shared, sizes
from storyscope.induce.discover.gate import CODES, entry_of, faults, feature_of, refused
from storyscope.induce.discover.merge import SAME, merged
from storyscope.induce.discover.pilot import Tested, pilot_figures
from storyscope.induce.discover.stages import (
    STAGES,
    Stage,
    digest,
    is_stage,
    read_stage,
    stage_path,
    write_stage,
)
from storyscope.judge.plan import Plan, read_answers
from storyscope.judge.prompts import question
from storyscope.providers.money import Prices, load_prices
from storyscope.providers.store import Answers

if TYPE_CHECKING:
    import pandas as pd
    from spacy.language import Language

__all__ = ["READINGS", "REPLIES", "Discovery", "Found", "Settings"]

REPLIES = "replies.sqlite"
"""Every reply, as it came; nothing in it is asked for again."""
MEASURED = "measured.parquet"
"""The existing codebook's values of the pilot's stories."""
CHUNK = 40
"""Observations of one request for questions."""
GATED = 10
"""Questions of one request of the gate."""
READINGS = 2
"""Of every story of the pilot."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


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


@dataclass(frozen=True)
class Found:
    """What came of it.

    Attributes
    ----------
    counts : dict
        Of stories, prompts and what each stage made and left out.
    features : dict of str to Feature
        Questions of the pilot.
    tests : tuple of Tested
        What became of each, those that are kept first.
    origins : dict of str to dict
        Where each question comes from: ``dimension``, ``runs``, ``prompts``, ``observations``, by source
        how often it was observed (``seen_in``), and the ``nearest`` question of the existing codebook
        with its likeness.
    left_out : tuple of (str, str)
        Candidates that did not reach the pilot, with the reason.
    """

    counts: dict[str, Any]
    features: dict[str, Feature]
    tests: tuple[Tested, ...]
    origins: dict[str, dict[str, Any]]
    left_out: tuple[tuple[str, str], ...]

    @property
    def kept(self) -> tuple[Tested, ...]:
        """Questions that hold."""
        return tuple(t for t in self.tests if not t.why)


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

    # ---------------------------------------------------------------- the whole way

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
        tests = self._tests(split, gate, pilot, progress)
        return self._found(split, questions, groups, gate, tests)

    def until_pilot(self, asker: Asker) -> tuple[Stage, Stage, Stage, Stage, Stage]:
        """All stages but the last, which asks nothing: split, questions, groups, gate, pilot."""
        split = self._split()
        templates = self._templates(split, asker)
        letters = self._letters(templates)
        comparisons = self._comparisons(templates, letters, asker)
        questions = self._questions(comparisons, asker)
        groups = self._merged(questions)
        gate = self._gate(split, groups, asker)
        return split, questions, groups, gate, self._pilot(split, gate, asker)

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
    def _who(self) -> list[str]:
        """Whose replies a stage rests on, and to which prompts."""
        service = self.reader.service
        return [self.reader.model, service.identity or service.name, str(prompts.VERSION)]

    def _made(
        self,
        name: str,
        made_from: str,
        make: Callable[[], tuple[dict[str, Any], list[dict[str, Any]]]],
    ) -> Stage:
        """A stage from its file, or made and written."""
        kept = read_stage(self.folder, name, made_from)
        if kept is None:
            head, rows = make()
            write_stage(self.folder, name, made_from, head, rows)
            kept = read_stage(self.folder, name, made_from)
        assert kept is not None
        return kept

    # ---------------------------------------------------------------- stages

    def _split(self) -> Stage:
        """Which prompts are compared, and which are kept for the pilot."""
        texts = [[s.id, s.source, s.prompt_id, s.text] for s in self.stories]
        chosen = self.settings
        made_from = digest("split", chosen.discover, chosen.pilot, chosen.seed, texts)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            asked = sorted({s.prompt_id for s in self.stories})
            order = np.random.default_rng(chosen.seed).permutation(asked).tolist()
            few = sizes(len(asked), chosen.discover, chosen.pilot)
            halves = dict.fromkeys(order[: few[0]], "compared")
            halves |= dict.fromkeys(order[few[0] : sum(few)], "pilot")
            by_prompt: dict[str, list[str]] = {}
            for story in self.stories:
                by_prompt.setdefault(story.prompt_id, []).append(story.id)
            rows = [
                {"prompt_id": p, "half": half, "stories": by_prompt[p]}
                for p, half in halves.items()
            ]
            return {"compared": few[0], "pilot": few[1]}, rows

        return self._made("split", made_from, make)

    def compared(self) -> list[Story]:
        """Stories of the prompts that are compared."""
        return self._of(self._split(), "compared")

    def piloted(self) -> list[Story]:
        """Stories of the prompts that are kept for the pilot."""
        return self._of(self._split(), "pilot")

    def _of(self, split: Stage, half: str) -> list[Story]:
        by_id = {s.id: s for s in self.stories}
        return [by_id[i] for row in split.rows if row["half"] == half for i in row["stories"]]

    def _templates(self, split: Stage, asker: Asker) -> Stage:
        chosen = self.settings
        made_from = digest("templates", self._who, chosen.dimensions, split.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            many = self.template_talks(split)
            asker.talks("templates", many)
            rows = [row for talk in many for row in self._ended(talk)]
            return _counts(rows), rows

        return _some(self._made("templates", made_from, make), "No story could be described")

    def template_talks(self, split: Stage) -> list[OneTalk]:
        """A conversation for every story that is compared."""
        return [
            partial(talks.templates, self.reader, story.id, normalise(story.text).text,
                    self.settings.dimensions)
            for story in self._of(split, "compared")
        ]  # fmt: skip

    def _letters(self, templates: Stage) -> Stage:
        """Fresh letters for every comparison; the only place where they meet the sources."""
        chosen = self.settings
        made_from = digest("letters", chosen.runs, chosen.seed, templates.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            by_id = {s.id: s for s in self.stories}
            parallel: dict[tuple[str, str], list[str]] = {}
            for row in templates.rows:
                if "template" in row:
                    place = by_id[row["story"]].prompt_id, row["dimension"]
                    parallel.setdefault(place, []).append(row["story"])
            rows = []
            for run in range(chosen.runs):
                for (prompt_id, dimension), ids in parallel.items():
                    if len(ids) < 2:
                        continue
                    seed = int(digest(chosen.seed, run, prompt_id, dimension), 16)
                    order = np.random.default_rng(seed).permutation(ids).tolist()[: len(LETTERS)]
                    named = {
                        letter: {"story": i, "source": by_id[i].source}
                        for letter, i in zip(LETTERS, order, strict=False)
                    }
                    about = {"run": run, "prompt_id": prompt_id, "dimension": dimension}
                    rows.append({**about, "letters": named})
            if not rows:
                raise ModelError(
                    "No two stories of a prompt were described, so that nothing can be compared; "
                    f"{stage_path(self.folder, 'templates')} says why, and --ask-again asks again."
                )
            return {"comparisons": len(rows)}, rows

        return self._made("letters", made_from, make)

    def _comparisons(self, templates: Stage, letters: Stage, asker: Asker) -> Stage:
        made_from = digest("comparisons", self._who, templates.digest, letters.digest)
        said = {(r["story"], r["dimension"]): r["template"]
                for r in templates.rows if "template" in r}  # fmt: skip

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            many: list[OneTalk] = []
            for row in letters.rows:
                shown = {
                    letter: said[at["story"], row["dimension"]]
                    for letter, at in row["letters"].items()
                }
                about = {k: row[k] for k in ("run", "prompt_id", "dimension")}
                many.append(partial(talks.comparison, self.reader, about, shown))
            asker.talks("comparisons", many)
            rows = [self._ended(talk) for talk in many]
            head = {"observations": sum(len(r.get("observations", ())) for r in rows)}
            return {**_counts(rows), **head}, rows

        return _some(self._made("comparisons", made_from, make), "No comparison was made")

    def _questions(self, comparisons: Stage, asker: Asker) -> Stage:
        made_from = digest("questions", self._who, comparisons.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            many: list[OneTalk] = []
            places: list[list[dict[str, Any]]] = []
            for about, seen in _observed(comparisons.rows):
                for first in range(0, len(seen), CHUNK):
                    part = seen[first : first + CHUNK]
                    if len(part) < 2:
                        continue
                    told = {**about, "part": first // CHUNK}
                    said = [o["observation"] for o in part]
                    many.append(partial(talks.questions, self.reader, told, said))
                    places.append(part)
            asker.talks("questions", many)
            rows: list[dict[str, Any]] = []
            failed: list[dict[str, Any]] = []
            for talk, part in zip(many, places, strict=True):
                ended = self._ended(talk)
                if "failed" in ended:
                    failed.append(ended)
                for entry in ended.get("questions", ()):
                    rests_on = [part[n] for n in entry["rests_on"]]
                    row = {"id": f"C{len(rows) + 1:03}", "run": ended["run"],
                           "dimension": ended["dimension"], **entry, "rests_on": rests_on}  # fmt: skip
                    if len({o["prompt_id"] for o in rests_on}) < 2:
                        row["left_out"] = "it rests on fewer than two prompts"
                    rows.append(row)
            return {"questions": len(rows), **_counts(failed)}, rows + failed

        return _some(self._made("questions", made_from, make), "No question was made")

    def _merged(self, questions: Stage) -> Stage:
        made_from = digest("merged", SAME, self.codebook.version, questions.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            able = [r for r in questions.rows if "question" in r and "left_out" not in r]
            groups, told = merged([r["question"] for r in able], self.codebook)
            numbers: Counter[str] = Counter()
            rows = []
            for group in groups:
                members = [able[k] for k in group["members"]]
                stands = able[group["stands"]]
                code = CODES[stands["dimension"]]
                numbers[code] += 1
                rests_on = [o for m in members for o in m["rests_on"]]
                rows.append(
                    {
                        "id": f"IND_{code}_{numbers[code]:02}",
                        **{k: stands[k] for k in ("dimension", "name", "question", "kind", "answers",
                                                  "evidence", "condition")},
                        "members": [{"id": m["id"], "question": m["question"]} for m in members],
                        "runs": sorted({m["run"] for m in members}),
                        "prompts": len({o["prompt_id"] for o in rests_on}),
                        "rests_on": rests_on,
                        **{k: v for k, v in group.items() if k not in ("members", "stands")},
                    }
                )  # fmt: skip
            return told, rows

        return self._made("merged", made_from, make)

    def _gate(self, split: Stage, groups: Stage, asker: Asker) -> Stage:
        made_from = digest("gate", self._who, groups.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            why: dict[str, list[str]] = {}
            features: list[Feature] = []
            for row in groups.rows:
                made = feature_of(row, row["id"])
                if isinstance(made, str):
                    why[row["id"]] = [made]
                elif row.get("known"):
                    asked = f"the codebook asks it already ({row['nearest']})"
                    why[row["id"]] = [asked]
                else:
                    features.append(made)
            texts = [normalise(s.text).text for s in self._of(split, "compared")]
            why |= faults(features, texts, nlp=self.nlp)
            passing = [f for f in features if not why[f.id]]
            parts = [passing[k : k + GATED] for k in range(0, len(passing), GATED)]
            many: list[OneTalk] = [
                partial(talks.gate, self.reader, {"part": n}, [_shown(f) for f in part])
                for n, part in enumerate(parts)
            ]
            asker.talks("gate", many)
            failed = []
            for talk, part in zip(many, parts, strict=True):
                ended = self._ended(talk)
                if "failed" in ended:
                    failed.append(ended)
                    for feature in part:
                        why[feature.id].append(f"the gate was not answered ({ended['failed']})")
                for check in ended.get("checks", ()):
                    if 0 < check["number"] <= len(part) and (said := refused(check)):
                        why[part[check["number"] - 1].id].append(said)
            rows = [{"id": r["id"], "question": r["question"], "passed": not why[r["id"]],
                     "why": why[r["id"]]} for r in groups.rows]  # fmt: skip
            passed = sum(row["passed"] for row in rows)
            return {"passed": passed, "of": len(rows), **_counts(failed)}, rows + failed

        return self._made("gate", made_from, make)

    def _pilot(self, split: Stage, gate: Stage, asker: Asker) -> Stage:
        features = self._passed(gate)
        entries = [[f.encoding, f.question, f.evidence] for f in features]
        made_from = digest("pilot", self._who, READINGS, entries, split.digest)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            if not features:
                return {"answers": 0}, []
            corpus = Corpus.from_stories(self._of(split, "pilot"), name="pilot")
            plan = self.plan(features)
            asker.pilot(corpus, plan)
            rows = [
                {
                    "story_id": story.id,
                    "feature_id": a.feature_id,
                    "sample": a.sample,
                    "status": a.status,
                    "value": a.value,
                    **({"reason": a.reason} if a.reason else {}),
                }
                for story in corpus
                for a in read_answers(self.answers, plan, story)
            ]
            return dict(Counter(str(r["status"]) for r in rows)), rows

        return self._made("pilot", made_from, make)

    def plan(self, features: Sequence[Feature]) -> Plan:
        """How the pilot's stories are asked about."""
        return Plan(
            self.reader.model, {"induced": tuple(features)}, READINGS, None, self.reader.service
        )

    def _passed(self, gate: Stage) -> list[Feature]:
        groups = {r["id"]: r for r in self._lines("merged")}
        made = [feature_of(groups[r["id"]], r["id"]) for r in gate.rows if r.get("passed")]
        return [f for f in made if isinstance(f, Feature)]

    def _lines(self, name: str) -> list[dict[str, Any]]:
        """Rows of a stage that was made before."""
        stage = read_stage(self.folder, name, None)
        return stage.rows if stage is not None else []

    def _tests(self, split: Stage, gate: Stage, pilot: Stage, progress: Progress | None) -> Stage:
        import pandas as pd

        features = self._passed(gate)
        stories = self._of(split, "pilot")
        keys = pd.DataFrame(
            [(s.id, s.source, s.prompt_id) for s in stories],
            columns=["story_id", "source", "prompt_id"],
        )
        known = self._known(stories, progress) if features else None
        at = "" if known is None else digest(np.round(known, 9).tolist())
        made_from = digest("tests", self.settings.seed, pilot.digest, at)

        def make() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            if known is None:
                return {"kept": 0, "tested": 0}, []
            found = pilot_figures(features, pilot.rows, keys, known, seed=self.settings.seed)
            rows = [_plain(t.to_dict()) for t in found]
            kept = sum(not t.why for t in found)
            return {"kept": kept, "tested": len(rows), "columns": known.shape[1]}, rows

        return self._made("tests", made_from, make)

    def _known(self, stories: Sequence[Story], progress: Progress | None) -> Any:
        """The existing codebook's values of some stories, as numbers."""
        from storyscope.errors import TableError

        table = self._measured(stories, progress) if self.table is None else self.table
        rows = table.set_index("story_id")
        if lacking := [s.id for s in stories if s.id not in rows.index]:
            raise TableError(
                f"The table has no row for {len(lacking)} stories of the pilot, as {lacking[0]!r}; "
                "score the same corpus, or leave --table out."
            )
        rows = rows.loc[[s.id for s in stories]]
        encoded = self.codebook.encode(rows, [c for c in rows.columns if c in self.codebook])
        return encoded.to_numpy(dtype=float)

    def _measured(self, stories: Sequence[Story], progress: Progress | None) -> pd.DataFrame:
        """What can be measured in the pilot's stories, kept in the folder."""
        from storyscope.extract import MEASURES_VERSION, score
        from storyscope.table import provenance, read_table, write_table

        path = self.folder / MEASURED
        made_from = digest(MEASURES_VERSION, [[s.id, s.text] for s in stories])
        if path.exists():
            table = read_table(path)
            if provenance(table).get("made_from") == made_from:
                return table
        watch = (
            None
            if progress is None
            else lambda p: progress("measuring (words)", p.words, p.total_words, "")
        )
        table = score(Corpus.from_stories(stories, name="pilot"), workers=self.workers, watch=watch)
        table.attrs["storyscope"]["made_from"] = made_from
        write_table(table, path)
        return table

    # ---------------------------------------------------------------- what came of it

    def _ended(self, talk: OneTalk) -> Any:
        found = done(self.answers, talk)
        assert not isinstance(found, Turn)
        return found

    def _found(
        self, split: Stage, questions: Stage, groups: Stage, gate: Stage, tests: Stage
    ) -> Found:
        features = {f.id: f for f in self._passed(gate)}
        found = [Tested(**{**_numbers(r), "sources": tuple(r["sources"])}) for r in tests.rows]
        found.sort(key=lambda t: (bool(t.why), t.q, t.feature))
        sources = {
            (r["run"], r["prompt_id"], r["dimension"]): r["letters"] for r in self._lines("letters")
        }
        origins: dict[str, dict[str, Any]] = {}
        for row in groups.rows:
            seen: Counter[str] = Counter()
            for o in row["rests_on"]:
                letters = sources[o["run"], o["prompt_id"], o["dimension"]]
                seen.update(letters[letter]["source"] for letter in o["stories"])
            origins[row["id"]] = {
                "dimension": row["dimension"],
                "runs": row["runs"],
                "prompts": row["prompts"],
                "observations": len(row["rests_on"]),
                "seen_in": dict(sorted(seen.items())),
                "worded_as": [m["question"] for m in row["members"]],
                **{k: row[k] for k in ("nearest", "nearest_likeness") if k in row},
            }
        left_out = [(r["question"], r["left_out"]) for r in questions.rows if "left_out" in r]
        left_out += [(r["question"], "; ".join(r["why"])) for r in gate.rows if r.get("why")]
        usage, cost, outcomes = self.answers.spent(self.answers.roots())
        counts: dict[str, Any] = {
            "sources": sorted({s.source for s in self.stories}),
            "prompts compared": split.head["compared"],
            "prompts of the pilot": split.head["pilot"],
            "prompts left out, of one source only": self.alone,
            "stories compared": len(self._of(split, "compared")),
            "stories of the pilot": len(self._of(split, "pilot")),
            "stories that named a source": self.masked,
            "questions": questions.head["questions"],
            "merged at likeness": groups.head["threshold"],
            "questions after merging": groups.head["groups"],
            "passed the gate": gate.head["passed"],
            "columns of the existing codebook": tests.head.get("columns", 0),
            "kept": tests.head["kept"],
            "failed": self._failed(),
            "model": self.reader.model,
            "seed": self.settings.seed,
            "requests": sum(outcomes.values()),
            "usage": usage.to_dict(),
            "cost_usd": cost,
        }
        return Found(counts, features, tuple(found), origins, tuple(left_out))

    def _failed(self) -> dict[str, dict[str, int]]:
        """Requests that led nowhere, by stage and reason."""
        found = {}
        for name in ("templates", "comparisons", "questions", "gate"):
            why = Counter(r["failed"].partition(":")[0] for r in self._lines(name) if "failed" in r)
            if why:
                found[name] = dict(why)
        return found

    def entry(self, feature_id: str) -> dict[str, Any]:
        """A question as an entry of a codebook."""
        row = next(r for r in self._lines("merged") if r["id"] == feature_id)
        return entry_of(row, feature_id)


def _observed(
    rows: Sequence[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Observations by run and dimension, each with where it comes from."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        at = {k: row[k] for k in ("run", "prompt_id", "dimension")}
        for observation in row.get("observations", ()):
            found.setdefault((row["run"], row["dimension"]), []).append({**at, **observation})
    for (run, dimension), seen in found.items():
        yield {"run": run, "dimension": dimension}, seen


def _shown(feature: Feature) -> str:
    """A question as whoever answers it reads it, without its id."""
    return question(feature).partition("] ")[2]


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    failed = sum("failed" in r for r in rows)
    return {"failed": failed} if failed else {}


def _some(stage: Stage, said: str) -> Stage:
    """The stage, unless every request of it led nowhere."""
    if stage.rows and all("failed" in r for r in stage.rows):
        why = Counter(r["failed"].partition(":")[0] for r in stage.rows)
        told = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
        raise ModelError(
            f"{said} ({told}). Replies are kept; --ask-again asks once more, another --model may do "
            "better, and stories that are too long for a model have to be left out."
        )
    return stage


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN as None, which JSON can hold."""
    return {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{k: float("nan") for k in ("alpha", "same") if row[k] is None}}
