"""What spoils a comparison of a table's sources: said before anything is concluded from it.

Lengths and prompts are read off the table. Formatting, endings, copies and kinds of text are not in
it; `storyscope score` keeps counts of them with the table (see `storyscope.corpus.audit.Audit.counts`).
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from storyscope.corpus.audit import GIVES_AWAY, accuracy_of, telling_length
from storyscope.table import provenance

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HEADING", "what_spoils"]

HEADING = "What spoils this comparison"
"""What stands over these sentences wherever they are shown."""

FEWEST = 5
"""Stories of a source before its habits are judged."""
MOST_MARKS = 4
"""Marks that are told; the others are counted."""
CUT = 0.1
"""Share of a source's stories that stop in mid-sentence, from which that is told."""


def what_spoils(table: pd.DataFrame, *, by: str = "source", human: str = "human") -> list[str]:
    """Sentences on what sets a table's sources apart besides who wrote; empty where nothing does.

    Parameters
    ----------
    table : DataFrame
        A feature table; the counts that `storyscope score` keeps with it are used if they are there.
    by : str
        The column that tells sources apart.
    human : str
        The source that stands for people.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(f"{s}{k}", s, f"p{k}", w) for s, w in (("human", 300), ("m", 900)) for k in range(9)]
    >>> table = pd.DataFrame(rows, columns=["story_id", "source", "prompt_id", "words"])
    >>> what_spoils(table)[0]
    'Length: 300 words in the middle of human, 900 of m; length alone picks out human in 100% (50% would be chance).'
    """
    label = table["source"] if by == "source" else table[by].where(table["source"] != human, human)
    table, label = table[label.notna()], label[label.notna()].astype(str)
    told = _prompts(table, label, human) + _lengths(table, label)
    audit = provenance(table).get("audit") or {}
    if audit.get("sources"):
        groups = _grouped(audit["sources"], table["source"].astype(str), label)
        told += _marks(groups) + _endings(groups) + _copies(audit) + _kinds(groups)
    unknown = audit.get("unknown", 0) if audit.get("sources") else len(table)
    if unknown:
        told.append(
            f"Formatting, endings and copies are not known of {unknown:,} stories: their table keeps "
            "no audit. `storyscope corpus check` looks at a corpus, `storyscope score` keeps what "
            "it finds."
        )
    return told


def _prompts(table: pd.DataFrame, label: pd.Series, human: str) -> list[str]:
    people = set(table.loc[label == human, "prompt_id"])
    models = set(table.loc[label != human, "prompt_id"])
    if not people or not models or people & models:
        return []
    return [
        "Prompts: people and models share none, so that whatever sets the prompts, the period and "
        "the corpora apart is part of every difference between them."
    ]


def _lengths(table: pd.DataFrame, label: pd.Series) -> list[str]:
    if "words" not in table.columns:
        return ["Length: the table does not say how long the stories are."]
    known = table["words"].notna()
    lengths = {
        str(name): [int(n) for n in group]
        for name, group in table.loc[known, "words"].groupby(label[known])
        if len(group) >= FEWEST
    }
    if len(lengths) < 2:
        return []
    middle = {name: median(group) for name, group in lengths.items()}
    best, picked = 0.0, ""
    for name, mine in lengths.items():
        others = [group for other, group in lengths.items() if other != name]
        _, share, rest = telling_length(mine, others)
        if (accuracy := accuracy_of(share, rest)) > best:
            best, picked = accuracy, name
    short, long = min(middle, key=lambda n: middle[n]), max(middle, key=lambda n: middle[n])
    if best <= GIVES_AWAY and middle[long] <= 1.5 * middle[short]:
        return []
    return [
        f"Length: {middle[short]:,.0f} words in the middle of {short}, {middle[long]:,.0f} of {long}; "
        f"length alone picks out {picked} in {best:.0%} (50% would be chance)."
    ]


def _grouped(
    sources: dict[str, dict[str, Any]], source: pd.Series, label: pd.Series
) -> dict[str, dict[str, Any]]:
    """Counts of the sources that the table still holds, added up by label."""
    names = dict(zip(source, label, strict=True))
    groups: dict[str, dict[str, Any]] = {}
    for name, counts in sources.items():
        if name not in names:
            continue
        group = groups.setdefault(
            names[name], {"stories": 0, "cut": 0, "refused": 0, "foreign": 0,
                          "marks": {}, "left": {}, "kinds": {}}
        )  # fmt: skip
        for what, total in group.items():
            if isinstance(total, dict):
                for mark, n in counts.get(what, {}).items():
                    total[mark] = total.get(mark, 0) + n
            else:
                group[what] = total + counts.get(what, 0)
    return groups


def _marks(groups: dict[str, dict[str, Any]]) -> list[str]:
    judged = {name: g for name, g in groups.items() if g["stories"] >= FEWEST}
    if len(judged) < 2:
        return []
    found: dict[str, tuple[float, float, bool, str]] = {}
    for mark in sorted({mark for g in judged.values() for mark in g["marks"]}):
        for name in judged:
            mine, rest = _shares(judged, name, mark, "marks")
            before, after = (
                accuracy_of(mine, rest),
                accuracy_of(*_shares(judged, name, mark, "left")),
            )
            if before > GIVES_AWAY:
                # Of two sources that one mark tells apart, the one that bears it is named.
                telling = (after if after > GIVES_AWAY else 0.0, before, mine > rest, name)
                found[mark] = max(telling, found.get(mark, telling))
    if "opens with a heading" in found:
        found.pop("heading or chapter number", None)
    told = []
    ranked = sorted(found.items(), key=lambda f: (-f[1][0], -f[1][1], f[0]))
    for mark, (after, _, _, name) in ranked[:MOST_MARKS]:
        mine, rest = _shares(judged, name, mark, "marks")
        stays = "still there when measured" if after else "taken out before measuring"
        what = "Paragraphs lost" if mark == "no paragraphs" else f"{mark[0].upper()}{mark[1:]}"
        told.append(f"{what}: {mine:.0%} of {name}, {rest:.0%} of the others ({stays}).")
    if len(found) > MOST_MARKS:
        rest_of_marks = len(found) - MOST_MARKS
        told.append(
            f"{rest_of_marks} further {'mark gives' if rest_of_marks == 1 else 'marks give'} a source "
            "away; `storyscope corpus check` lists them."
        )
    return told


def _shares(
    groups: dict[str, dict[str, Any]], name: str, mark: str, which: str
) -> tuple[float, float]:
    """Share of a source's texts with a mark, and the mean share of the others."""
    share = {n: g[which].get(mark, 0) / g["stories"] for n, g in groups.items()}
    rest = [s for n, s in share.items() if n != name]
    return share[name], sum(rest) / len(rest)


def _endings(groups: dict[str, dict[str, Any]]) -> list[str]:
    share = {name: g["cut"] / g["stories"] for name, g in groups.items() if g["stories"]}
    many = sorted((n for n in share if share[n] >= CUT), key=lambda n: -share[n])
    if not many:
        return []
    listed = ", ".join(f"{share[name]:.0%} of {name}" for name in many[:3])
    more = f" and of {len(many) - 3} more sources" if len(many) > 3 else ""
    return [f"Endings: {listed}{more} stop without a final point, as cut texts do."]


def _copies(audit: dict[str, Any]) -> list[str]:
    exact, near = audit.get("exact", 0), audit.get("near", 0)
    if not exact and not near:
        return []
    return [f"Copies: {exact} texts are the same as an earlier one, {near} nearly so."]


def _kinds(groups: dict[str, dict[str, Any]]) -> list[str]:
    told = []
    kinds = sorted({kind for g in groups.values() for kind in g["kinds"]})
    if kinds:
        parts = []
        for kind in kinds:
            by_source = {n: k for n, g in groups.items() if (k := g["kinds"].get(kind, 0))}
            most = max(by_source, key=lambda n: by_source[n])
            parts.append(f"{kind} {sum(by_source.values())} (of {most} {by_source[most]})")
        told.append(f"Mixed kinds, not stories in prose: {', '.join(parts)}.")
    for what, one, many in (
        ("refused", "declines the task", "decline the task"),
        ("foreign", "is probably not English", "are probably not English"),
    ):
        if n := sum(g[what] for g in groups.values()):
            told.append(f"1 text {one}." if n == 1 else f"{n} texts {many}.")
    return told
