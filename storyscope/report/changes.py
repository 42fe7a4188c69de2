"""The page of a diff: what changed from one version of a writer to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, default_codebook
from storyscope.compare.figures import PALETTE
from storyscope.compare.layout import tail
from storyscope.paths import written_whole
from storyscope.report.figures import Dot, lighter, strip
from storyscope.report.page import environment
from storyscope.report.profiles import amount, unit
from storyscope.report.rows import Row, Rows
from storyscope.version import __version__

if TYPE_CHECKING:
    from storyscope.changes.result import Change, Diff

__all__ = ["changes_page", "is_changes_page", "render"]

_MARK = b'<meta name="generator" content="StoryScope, diff">'


def changes_page(found: Diff, target: str | Path, codebook: Codebook | None = None) -> Path:
    """Write the page of a diff, whole or not at all.

    Parameters
    ----------
    found : Diff
        As `storyscope.changes.diff` gives it.
    target : str or Path
        Page to write; nothing in it is fetched from elsewhere.
    codebook : Codebook, optional
        That of the tables; default the shipped one.

    Raises
    ------
    OutputError
        If there is no such folder, or something lies there that is no such page.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from storyscope import diff, reference_table
    >>> table = reference_table()
    >>> claude = table[table["source"] == "claude"]
    >>> with TemporaryDirectory() as folder:
    ...     page = changes_page(diff(claude, claude), Path(folder) / "same.html")
    ...     "Nothing distinguishes these two." in page.read_text(encoding="utf-8")
    True
    """
    html = render(found, codebook or default_codebook())
    target = Path(target)
    with written_whole(target, is_changes_page) as partial:
        partial.write_text(html, encoding="utf-8", errors="backslashreplace")
    return target


def is_changes_page(path: Path) -> bool:
    """Whether a file is a diff's page that storyscope wrote, by what it says itself."""
    with path.open("rb") as file:
        return _MARK in file.read(1000)


def render(found: Diff, book: Codebook) -> str:
    """The page as text; the same diff gives the same bytes."""
    about = f"{found.old.source} and {found.new.source}"
    if found.old.source != found.new.source:
        about = f"from {found.old.source} to {found.new.source}"
    return environment().get_template("changes.html").render(
        d=found,
        title=f"What changed {about}" if about.startswith("from") else f"What changed in {found.new.source}",
        version=__version__,
        colours={"old": (PALETTE[0], lighter(PALETTE[0])), "new": (PALETTE[1], lighter(PALETTE[1]))},
        order={"old": 0, "new": 1},
        cautions=[*found.caution(), *found.notes],
        compared=found.lines()[0],
        says=[_said(change, book) for change in found.real[:3]],
        rows=_rows(found.real, book),
        shown=[(_said(c, book), _by_side(c)) for c in found.real if c.passages],
        features=[_listed(change, book) for change in found.changes],
        dimensions=list(dict.fromkeys(c.dimension for c in found.changes)),
    )  # fmt: skip


def _said(change: Change, book: Codebook) -> str:
    """A change in words: what the new version has.

    >>> from types import SimpleNamespace
    >>> fewer = SimpleNamespace(feature="TMP_ORD_02", answer="", old=2.5, new=1.0)
    >>> _said(fewer, default_codebook())
    'fewer flashbacks (1.00 against 2.50 passages per 1,000 words)'
    """
    feature = book[change.feature]
    told = feature.says(change.new > change.old, change.answer)
    return f"{told} ({feature.compared(change.new, change.old)})"


def _dot(change: Change) -> Dot:
    """The change as it stands on a strip: to the right the new version has more."""
    size = change.size
    if change.measure == "V" and change.new < change.old:
        low, high = (None if v is None else -v for v in (size.high, size.low))
        return Dot(-size.value, low, high)
    return Dot(size.value, size.low, size.high)


def _size(change: Change) -> str:
    """How large a change is; delta, which nearly all are, needs no name."""
    if change.measure == "V":
        return f"V {change.size.value:.2f}"
    return f"{change.size.value:+.2f}"


def _rows(changes: list[Change], book: Codebook) -> Rows | None:
    if not changes:
        return None
    rows = []
    for change in changes:
        feature = book[change.feature]
        told = feature.says(change.new > change.old, change.answer)
        rows.append(
            Row(told[:1].upper() + told[1:], "new", strip([_dot(change)], -1, 1, 0),
                (amount(feature, change.old), amount(feature, change.new),
                 _size(change).replace("-", "−"), tail(change.q)),
                unit(feature))
        )  # fmt: skip
    return Rows(
        "Dots: to the right the new version has more (Cliff’s delta, of answers Cramer’s V); lines: 95% intervals "
        "over prompts", "the new version has", ("less", "0", "more"), ("old", "new", "change", "q"), rows,
    )  # fmt: skip


def _by_side(change: Change) -> dict[str, list[dict[str, Any]]]:
    """Passages of both sides, as the page quotes them."""
    found: dict[str, list[dict[str, Any]]] = {"old": [], "new": []}
    for p in change.passages:
        text = " ".join(p.text.split())
        before, bracket, rest = text.partition("[")
        told, close, after = rest.rpartition("]")
        if p.end - p.start >= len(p.text) or not (bracket and close):
            before, told, after = "", text, ""
        before = (
            f"… {before.partition(' ')[2]}" if before else ""
        )  # the words at the ends may be cut
        after = f"{after.rpartition(' ')[0]} …" if after else ""
        found[p.side].append(
            {"source": p.side, "story": p.story, "before": before, "text": told, "after": after}
        )
    return found


def _listed(change: Change, book: Codebook) -> dict[str, Any]:
    feature = book[change.feature]
    return {
        "change": change,
        "unit": unit(feature),
        "old": amount(feature, change.old),
        "new": amount(feature, change.new),
        "size": f"{_dot(change).value:+.2f}".replace("-", "−"),
        "q": tail(change.q),
    }
