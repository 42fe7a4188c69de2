"""The local page's pages, laid out."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from storyscope.codebook import Feature, default_codebook
from storyscope.codebook_validity import describe, validity_of
from storyscope.corpus import MANUSCRIPTS
from storyscope.report.story_figures import strip
from storyscope.report.story_words import CAVEAT, chance
from storyscope.serve.guard import policy
from storyscope.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

    from storyscope.serve.desk import Text

__all__ = ["codebook", "compare", "refused", "start", "story", "story_policy"]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader

    found = Environment(
        loader=PackageLoader("storyscope.serve", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["percent"] = lambda share: f"{100 * share:.0f}%"
    found.filters["chance"] = chance
    found.globals.update(version=__version__, strip=strip)
    return found


def _page(name: str, **what: Any) -> str:
    return _environment().get_template(name).render(**what)


def start(most_bytes: int) -> str:
    """The first page, where texts are dropped."""
    return _page(
        "start.html",
        endings=[e for e in MANUSCRIPTS if e not in (".text", ".markdown", ".htm", ".xhtml")],
        accept=",".join(MANUSCRIPTS),
        most=most_bytes,
        caveat=CAVEAT,
    )


def refused(said: str) -> str:
    """One sentence about what cannot be done."""
    return _page("refused.html", said=said)


# ---------------------------------------------------------------- codebook


def codebook(asked: str = "", dimension: str = "") -> str:
    """Every feature in full; those that do not hold every word that is asked for are hidden.

    Parameters
    ----------
    asked : str
        Words, anywhere in a feature.
    dimension : str
        One of the codebook's, or none.
    """
    words = asked.lower().split()
    book = default_codebook()
    entries = _entries()
    shown = {
        f.id
        for f, _, searched in entries
        if (not dimension or f.dimension == dimension) and all(w in searched for w in words)
    }
    return _page(
        "codebook.html",
        book=book,
        entries=entries,
        shown=shown,
        dimensions=[(d, len(book.ids(dimension=d))) for d in book.dimensions],
        asked=asked,
        dimension=dimension,
    )


@lru_cache(maxsize=1)
def _entries() -> list[tuple[Feature, list[tuple[str, str]], str]]:
    """Every feature, what is known of it as rows, and all of its words for searching."""
    found = []
    for f in default_codebook():
        rows = _rows(f)
        words = " ".join([f.id, f.name, f.question, f.dimension, *(v for _, v in rows)])
        found.append((f, rows, words.lower()))
    return found


def _rows(f: Feature) -> list[tuple[str, str]]:
    rows = [
        ("scholar’s term", f.term),
        ("values", f"{f.range[0]:g} to {f.range[1]:g} {f.unit}".strip() if f.range else ""),
        *((("answer", f"{v}: {meaning}" if meaning else v)) for v, meaning in f.values.items()),
        ("evidence", f.evidence),
        ("answered by", " and ".join(f.answered_by)),
        ("applies to", f.condition or "every story"),
        ("set", "surface style" if f.style else "narrative"),
        ("source", f.source),
        *(("example", f"{value}: {text}") for value, text in f.example.items()),
        *((key, ", ".join(v) if isinstance(v, list) else str(v)) for key, v in f.card.items()),
        *(("how right", line) for row in validity_of(f) for line in describe(row)),
    ]
    return [(label, value) for label, value in rows if value]


# ---------------------------------------------------------------- a text


def story(text: Text) -> str:
    """A text's own page under a bar that leads back."""
    bar = _page("bar.html", text=text)
    return text.page.replace("<body>", f"<body>\n{bar}", 1)


@lru_cache(maxsize=1)
def story_policy() -> str:
    """What a text's page may run: the style and script that every such page has, and no other.

    Their digests are taken of the page of a text that is known, so that nothing that a story might
    smuggle in is among them.
    """
    from storyscope.attribute.answer import Attribution
    from storyscope.report.story import summarise_story
    from storyscope.report.story_layout import render

    none = Attribution(None, None, 0.0, (), 0.9, 0, "all", no_ground=("It is a list.",))
    page = render(summarise_story("- milk and eggs\n- bread and salt\n" * 20, answer=none))
    digests = {
        tag: tuple(
            "sha256-" + base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
            for block in re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        )
        for tag in ("style", "script")
    }
    return policy(digests["style"], digests["script"])


# ---------------------------------------------------------------- two texts


def compare(found: dict[str, Any], first: Text, second: Text) -> str:
    """Two texts beside one another."""
    return _page(
        "compare.html",
        c=found,
        texts=(first, second),
        stories=(first.data, second.data),
        curves=_curves(first.data, second.data),
    )


def _curves(first: dict[str, Any], second: dict[str, Any]) -> Markup | None:
    """The tension of both over their texts."""
    if not first["tension"] or not second["tension"]:
        return None
    drawn = []
    for name, story in (("one", first), ("two", second)):
        points = " ".join(
            f"{1000 * x:.1f},{150 - 150 * y:.1f}" for x, y in story["tension"]["curve"]
        )
        drawn.append(f'<polyline class="curve {name}" points="{points}"/>')
    return Markup("".join(drawn))
