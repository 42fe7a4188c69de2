"""What came of a discovery: which questions hold, where they come from, what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Feature
from storyscope.induce.discover.comparing import stories_of
from storyscope.induce.discover.gate import entry_of
from storyscope.induce.discover.pilot import Tested
from storyscope.induce.discover.questioning import passed
from storyscope.induce.discover.stages import Stage, stage_rows

if TYPE_CHECKING:
    from storyscope.induce.discover.run import Discovery

__all__ = ["Found", "entry", "found"]


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


def found(
    work: Discovery, split: Stage, questions: Stage, groups: Stage, gate: Stage, tests: Stage
) -> Found:
    """Put together what the stages hold."""
    features = {f.id: f for f in passed(work, gate)}
    found = [Tested(**{**_numbers(r), "sources": tuple(r["sources"])}) for r in tests.rows]
    found.sort(key=lambda t: (bool(t.why), t.q, t.feature))
    sources = {
        (r["run"], r["prompt_id"], r["dimension"]): r["letters"]
        for r in stage_rows(work.folder, "letters")
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
    usage, cost, outcomes = work.answers.spent(work.answers.roots())
    counts: dict[str, Any] = {
        "sources": sorted({s.source for s in work.stories}),
        "prompts compared": split.head["compared"],
        "prompts of the pilot": split.head["pilot"],
        "prompts left out, of one source only": work.alone,
        "stories compared": len(stories_of(work, split, "compared")),
        "stories of the pilot": len(stories_of(work, split, "pilot")),
        "stories that named a source": work.masked,
        "questions": questions.head["questions"],
        "merged at likeness": groups.head["threshold"],
        "questions after merging": groups.head["groups"],
        "passed the gate": gate.head["passed"],
        "columns of the existing codebook": tests.head.get("columns", 0),
        "kept": tests.head["kept"],
        "failed": _failed(work),
        "model": work.reader.model,
        "seed": work.settings.seed,
        "requests": sum(outcomes.values()),
        "usage": usage.to_dict(),
        "cost_usd": cost,
    }
    return Found(counts, features, tuple(found), origins, tuple(left_out))


def _failed(work: Discovery) -> dict[str, dict[str, int]]:
    """Requests that led nowhere, by stage and reason."""
    found = {}
    for name in ("templates", "comparisons", "questions", "gate"):
        why = Counter(
            r["failed"].partition(":")[0] for r in stage_rows(work.folder, name) if "failed" in r
        )
        if why:
            found[name] = dict(why)
    return found


def entry(work: Discovery, feature_id: str) -> dict[str, Any]:
    """A question as an entry of a codebook."""
    row = next(r for r in stage_rows(work.folder, "merged") if r["id"] == feature_id)
    return entry_of(row, feature_id)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{k: float("nan") for k in ("alpha", "same") if row[k] is None}}
