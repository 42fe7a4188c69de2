"""From observations to questions: made, merged over runs, and held to a gate that sees no source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Feature
from storyscope.corpus import normalise
from storyscope.induce.discover import talks
from storyscope.induce.discover.asking import Asker, OneTalk, ended
from storyscope.induce.discover.comparing import stories_of
from storyscope.induce.discover.gate import CODES, faults, feature_of, refused
from storyscope.induce.discover.merge import SAME, merged
from storyscope.induce.discover.stages import (
    Made,
    Stage,
    digest,
    failures,
    made_stage,
    some,
    stage_rows,
)
from storyscope.judge.prompts import question

if TYPE_CHECKING:
    from storyscope.induce.discover.run import Discovery

__all__ = ["CHUNK", "GATED", "gate", "merged_groups", "passed", "questions"]

CHUNK = 40
"""Observations of one request for questions."""
GATED = 10
"""Questions of one request of the gate."""


def questions(work: Discovery, comparisons: Stage, asker: Asker) -> Stage:
    """Closed questions made of the observations of a run and dimension."""
    made_from = digest("questions", work.who, comparisons.digest)

    def make() -> Made:
        many: list[OneTalk] = []
        places: list[list[dict[str, Any]]] = []
        for about, seen in _observed(comparisons.rows):
            for first in range(0, len(seen), CHUNK):
                part = seen[first : first + CHUNK]
                if len(part) < 2:
                    continue
                told = {**about, "part": first // CHUNK}
                said = [o["observation"] for o in part]
                many.append(partial(talks.questions, work.reader, told, said))
                places.append(part)
        asker.talks("questions", many)
        rows: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for talk, part in zip(many, places, strict=True):
            came = ended(work.answers, talk)
            if "failed" in came:
                failed.append(came)
            for entry in came.get("questions", ()):
                rests_on = [part[n] for n in entry["rests_on"]]
                row = {"id": f"C{len(rows) + 1:03}", "run": came["run"],
                       "dimension": came["dimension"], **entry, "rests_on": rests_on}  # fmt: skip
                if len({o["prompt_id"] for o in rests_on}) < 2:
                    row["left_out"] = "it rests on fewer than two prompts"
                rows.append(row)
        return {"questions": len(rows), **failures(failed)}, rows + failed

    return some(made_stage(work.folder, "questions", made_from, make), "No question was made")


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


def merged_groups(work: Discovery, questions: Stage) -> Stage:
    """Questions of all runs, those that ask the same made one; asks nothing."""
    made_from = digest("merged", SAME, work.codebook.version, questions.digest)

    def make() -> Made:
        able = [r for r in questions.rows if "question" in r and "left_out" not in r]
        groups, told = merged([r["question"] for r in able], work.codebook)
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

    return made_stage(work.folder, "merged", made_from, make)


def gate(work: Discovery, split: Stage, groups: Stage, asker: Asker) -> Stage:
    """Which questions are sound, judged by their wording alone."""
    made_from = digest("gate", work.who, groups.digest)

    def make() -> Made:
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
        texts = [normalise(s.text).text for s in stories_of(work, split, "compared")]
        why |= faults(features, texts, nlp=work.nlp)
        passing = [f for f in features if not why[f.id]]
        parts = [passing[k : k + GATED] for k in range(0, len(passing), GATED)]
        many: list[OneTalk] = [
            partial(talks.gate, work.reader, {"part": n}, [_shown(f) for f in part])
            for n, part in enumerate(parts)
        ]
        asker.talks("gate", many)
        failed = []
        for talk, part in zip(many, parts, strict=True):
            came = ended(work.answers, talk)
            if "failed" in came:
                failed.append(came)
                for feature in part:
                    why[feature.id].append(f"the gate was not answered ({came['failed']})")
            for check in came.get("checks", ()):
                if 0 < check["number"] <= len(part) and (said := refused(check)):
                    why[part[check["number"] - 1].id].append(said)
        rows = [{"id": r["id"], "question": r["question"], "passed": not why[r["id"]],
                 "why": why[r["id"]]} for r in groups.rows]  # fmt: skip
        passed = sum(row["passed"] for row in rows)
        return {"passed": passed, "of": len(rows), **failures(failed)}, rows + failed

    return made_stage(work.folder, "gate", made_from, make)


def passed(work: Discovery, gate: Stage) -> list[Feature]:
    """Questions that the gate let through."""
    groups = {r["id"]: r for r in stage_rows(work.folder, "merged")}
    made = [feature_of(groups[r["id"]], r["id"]) for r in gate.rows if r.get("passed")]
    return [f for f in made if isinstance(f, Feature)]


def _shown(feature: Feature) -> str:
    """A question as whoever answers it reads it, without its id."""
    return question(feature).partition("] ")[2]
