"""Saved web pages: the story's own part of them, as plain paragraphs.

The pages are read with Python's own reader (``html.parser``), because it says where in the file
everything stands, so that each word of the story can be traced back to its place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from storyscope.corpus.edits import Edit

__all__ = ["is_page", "page"]

_WHOLE = re.compile(r"<!doctype html|<html[\s>]|<body[\s>]|<head[\s>]", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"<(?:p|div|br|article|section)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_FEWEST_BLOCKS = 2

_NEVER = frozenset(
    "head title style script noscript template iframe object embed svg math canvas audio video form "
    "button select textarea label nav footer aside menu dialog figure figcaption sup rt rp".split()
)
_BLOCKS = frozenset(
    "p div section article main header li ul ol dl dt dd blockquote center table tr td th tbody thead "
    "body html pre address details summary fieldset h1 h2 h3 h4 h5 h6 hgroup".split()
)
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr bgsound basefont "
    "frame".split()
)
_CLOSED_BY_SAME = frozenset("p li dt dd tr td th option".split())
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|side-?bar|footer|page-?header|site-?header|masthead|"
    r"comments?|preface|afterword|meta(?:data)?|byline|share|sharing|social|related|tags?|"
    r"breadcrumbs?|pagination|pager|copyright|adverts?|ads?|promo|subscribe|newsletter|log-?in|"
    r"toolbar|kudos|bio|notes|endnotes|summary|stats|rating|cookies?|banner|popup|modal|skip|"
    r"licen[sc]e|author-?(?:info|box|note)s?|message|boilerplate|pg-?(?:header|footer)|"
    r"pg-boilerplate|toc|contents|pagenum|page-?number|pgnum|footnotes?|landmark)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MAIN = re.compile(
    r"(?:^|[\s_-])(?:userstuff\d?|story-?(?:text|body|content)?|storytext|chapters?|entry-content|"
    r"post-(?:content|body)|article-(?:body|content|text)|content-body|mw-parser-output|prose|"
    r"chapter-(?:content|inner|text|body)|fiction|bodytext)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ENOUGH = 0.6  # of a page's words that its story's own part must hold
_BLANKS = re.compile(r"(?<![ \t])[ \t]*\r?\n\s*")


@dataclass
class _Node:
    """An element, with where its markup and content stand."""

    name: str
    start: int
    parent: _Node | None = None
    aside: bool = False
    main: bool = False
    end: int = -1
    words: int = 0  # in paragraphs, its own and those of elements below
    direct: int = 0  # in paragraphs directly below
    children: list[_Node] = field(default_factory=list)


def is_page(text: str) -> bool:
    """Whether a text is HTML as a whole: a page, or paragraphs in tags.

    >>> is_page("<p>One.</p>\\n<p>Two.</p>"), is_page("She typed <br> and left.")
    (True, False)
    """
    if "<" not in text or ">" not in text:
        return False
    if _WHOLE.search(text[:3000]):
        return True
    found = 0
    for _ in _BLOCK_TAG.finditer(text):
        found += 1
        if found >= _FEWEST_BLOCKS:
            return True
    return False


def page(text: str) -> Iterator[Edit]:
    """Everything of a page that is not its story, and the story's tags.

    >>> from storyscope.corpus.edits import apply
    >>> saved = "<html><head><title>A</title></head><body><p>It <i>rained</i>.</p></body></html>"
    >>> apply(saved, list(page(saved))).strip()
    'It rained.'
    """
    if not is_page(text):
        return
    reader = _Reader(text)
    reader.feed(text)
    reader.close()
    reader.finish()
    story = _story(reader.root)
    done = 0
    for start, end, new, node in reader.marks:
        if start < done:
            continue
        inside = story.start <= start < story.end and not _hidden(node, story)
        if not inside:
            continue
        if start > done:
            yield from _gap(text, done, start, reader, story)
        yield start, end, new
        done = end
    if done < len(text):
        yield from _gap(text, done, len(text), reader, story)


def _gap(text: str, start: int, end: int, reader: _Reader, story: _Node) -> Iterator[Edit]:
    """What stands between two marks that are kept in the story: its words, and what is hidden."""
    position = start
    for first, last in reader.shown(story, start, end):
        if first > position:
            yield position, first, "\n\n"
        if not reader.formatted(first):
            for match in _BLANKS.finditer(text, first, last):
                yield match.start(), match.end(), " "
        position = last
    if position < end:
        yield position, end, "\n\n"


class _Reader(HTMLParser):
    """Notes every tag with its place, and the tree of elements."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=False)
        self.text = text
        self.root = _Node("", 0, end=len(text))
        self.here = self.root
        self.marks: list[tuple[int, int, str, _Node]] = []
        self.words: list[tuple[int, int, _Node]] = []
        self._lines = [0]
        for match in re.finditer("\n", text):
            self._lines.append(match.end())
        self._depth = 0

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._place()
        end = start + len(self.get_starttag_text() or "")
        while tag in _CLOSED_BY_SAME and self.here.name == tag:
            self._close(self.here, start)
        if tag in _BLOCKS and self.here.name == "p":
            self._close(self.here, start)
        new = {"br": "\n", "hr": "\n\n* * *\n\n"}.get(tag, "\n\n" if tag in _BLOCKS else "")
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            new = "\n\n# "
        named = " ".join(v for k, v in attrs if k in ("id", "class") and v)
        node = _Node(
            tag, start, self.here, tag in _NEVER or bool(_ASIDE.search(named)),
            tag in ("article", "main") or bool(_MAIN.search(named)),
        )  # fmt: skip
        self.marks.append((start, end, new, node))
        if tag not in _VOID and self._depth < 500:
            self.here.children.append(node)
            self.here = node
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        start = self._place()
        end = self.text.find(">", start) + 1 or len(self.text)
        node: _Node | None = self.here
        while node is not None and node.name != tag:
            node = node.parent
        self.marks.append((start, end, "\n\n" if tag in _BLOCKS else "", self.here))
        if node is not None and node is not self.root:
            self._close(node, end)

    def _close(self, node: _Node, end: int) -> None:
        while self.here is not node:
            self.here.end = end
            self.here = self.here.parent or self.root
            self._depth -= 1
        node.end = end
        self.here = node.parent or self.root
        self._depth -= 1

    def handle_data(self, data: str) -> None:
        self._note(self._place(), len(data), len(data.split()))

    def handle_entityref(self, name: str) -> None:
        self._reference(len(name) + 1)

    def handle_charref(self, name: str) -> None:
        self._reference(len(name) + 2)

    def _reference(self, length: int) -> None:
        start = self._place()
        self._note(start, length + (self.text[start + length : start + length + 1] == ";"), 0)

    def _note(self, start: int, length: int, count: int) -> None:
        if self.words and self.words[-1][1] == start and self.words[-1][2] is self.here:
            self.words[-1] = (self.words[-1][0], start + length, self.here)
        else:
            self.words.append((start, start + length, self.here))
        block = self.here
        while block.parent is not None and block.name not in _BLOCKS:
            block = block.parent
        block.words += count

    def handle_comment(self, data: str) -> None:
        self._other()

    def handle_decl(self, decl: str) -> None:
        self._other()

    def handle_pi(self, data: str) -> None:
        self._other()

    def unknown_decl(self, data: str) -> None:
        self._other()

    def _other(self) -> None:
        start = self._place()
        close = "-->" if self.text.startswith("<!--", start) else ">"
        end = self.text.find(close, start)
        self.marks.append((start, end + len(close) if end >= 0 else len(self.text), "", self.here))

    def finish(self) -> None:
        """Close what was left open, and sum words up."""
        while self.here is not self.root:
            self.here.end = len(self.text)
            self.here = self.here.parent or self.root
        self._firsts = [start for start, _, _ in self.words]
        _sum(self.root)

    def shown(self, story: _Node, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Words of the story between two places."""
        k = max(bisect_right(self._firsts, start) - 1, 0)
        while k < len(self.words) and self.words[k][0] < end:
            first, last, node = self.words[k]
            first, last = max(first, start), min(last, end)
            if first < last and story.start <= first < story.end and not _hidden(node, story):
                yield first, last
            k += 1

    def formatted(self, place: int) -> bool:
        """Whether line breaks count at a place, as in ``<pre>``."""
        node: _Node | None = self.words[bisect_right(self._firsts, place) - 1][2]
        while node is not None and node.name != "pre":
            node = node.parent
        return node is not None


def _sum(root: _Node) -> None:
    """Words of every element with those below it; what is no story counts nothing."""
    order = [root]
    for node in order:
        order.extend(node.children)
    for node in reversed(order):
        if node.aside:
            node.words = node.direct = 0
        if node.parent is not None:
            node.parent.words += node.words
            if node.name in ("p", "br", "blockquote", "pre"):
                node.parent.direct += node.words


def _story(root: _Node) -> _Node:
    """The element that is the story: named so or full of paragraphs, and most of the page."""
    best = root
    order = [root]
    for node in order:
        order.extend(child for child in node.children if not child.aside)
    named = [n for n in order if n.main and n.words >= _ENOUGH * root.words and n.words]
    if named:
        return min(named, key=lambda n: n.words)
    for node in order:
        if node.direct >= _ENOUGH * root.words and node.direct:
            best = node
    return best


def _hidden(node: _Node, story: _Node) -> bool:
    """Whether an element within the story is no part of it."""
    here: _Node | None = node
    while here is not None and here is not story:
        if here.aside:
            return True
        here = here.parent
    return False
