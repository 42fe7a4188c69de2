"""Books and documents (EPUB, Word, OpenDocument): paragraphs, chapters and what is neither."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, fromstring

from storyscope.errors import CorpusError

__all__ = ["docx", "epub", "joined", "odt", "paragraphs"]

MOST_UNPACKED = 200_000_000
"""Bytes to which the texts in a document may unpack."""

_APPARATUS = re.compile(
    r"cover|half-?title|title-?page|copyright|imprint|colophon|\btoc\b|contents|dedication|"
    r"acknowledge?ments?|about-?the-?author|also-?by|other-?books|newsletter|landmarks|loi\b|lot\b|"
    r"\bnav\b|\bindex\b|bibliography|(?:foot|end)?notes\b|wrap0000|pg-?(?:header|footer)",
    re.IGNORECASE,
)
_SKIPPED = frozenset(
    ("head", "script", "style", "nav", "svg", "math", "figure", "template", "iframe")
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | frozenset(
    ("p", "div", "li", "blockquote", "section", "article", "body", "tr", "pre", "center", "dd", "dt",
     "ul", "ol", "table", "header", "footer", "main")
)  # fmt: skip
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col", "wbr"))
_FOOTNOTE = re.compile(
    r"foot-?note|end-?note|rearnote|noteref|pagebreak|page-?num|pg-boilerplate", re.I
)
_MARKED = ("#", "*", "~", "-", "—")
_FEW_EMPTY = 0.1  # of all paragraphs
_ODF = {
    "text": "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}",
    "office": "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}",
}


def docx(raw: bytes, left_out: Counter[str]) -> str:
    """Text of a Word document; deleted text, comments and footnotes are left out."""
    import mammoth

    with _archive(raw) as archive:
        _bounded(archive)
        if "word/document.xml" not in archive.namelist():
            raise CorpusError("it is not a Word document; save it as .docx")
    found = mammoth.convert_to_html(
        io.BytesIO(raw),
        ignore_empty_paragraphs=False,
        convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
        style_map="p[style-name='Title'] => h1:fresh",
    )
    return paragraphs(found.value, left_out)


def odt(raw: bytes, left_out: Counter[str]) -> str:
    """Text of an OpenDocument text; deleted text, comments and footnotes are left out."""
    with _archive(raw) as archive:
        _bounded(archive)
        if _member(archive, "META-INF/manifest.xml").find(b"encryption-data") >= 0:
            raise CorpusError("it is locked by a password; save it without one")
        root = fromstring(_member(archive, "content.xml"))
    body = root.find(f"{_ODF['office']}body/{_ODF['office']}text")
    out: list[str] = []
    for element in body.iter() if body is not None else ():
        if element.tag == f"{_ODF['text']}note":
            left_out["footnotes left out"] += 1
            element.clear()
        elif element.tag == f"{_ODF['text']}tracked-changes":
            element.clear()
        elif element.tag in (f"{_ODF['text']}p", f"{_ODF['text']}h"):
            words = "".join(_odt_words(element)).strip()
            out.append(f"# {words}" if element.tag.endswith("}h") and words else words)
    return joined(out, left_out)


def _odt_words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "s":
            yield " " * min(int(child.get(f"{_ODF['text']}c", "1")), 8)
        elif name in ("tab", "line-break"):
            yield " " if name == "tab" else "\n"
        elif name not in ("note", "annotation", "annotation-end"):
            yield from _odt_words(child)
        yield child.tail or ""


def epub(raw: bytes, left_out: Counter[str]) -> str:
    """Text of an EPUB in reading order; cover, contents, copyright and the like are left out."""
    with _archive(raw) as archive:
        _bounded(archive)
        names = set(archive.namelist())
        if "META-INF/encryption.xml" in names and b"EncryptedKey" in _member(
            archive, "META-INF/encryption.xml"
        ):
            raise CorpusError("it is locked by its seller (DRM)")
        container = fromstring(_member(archive, "META-INF/container.xml"))
        opf = next(e.get("full-path", "") for e in container.iter() if e.tag.endswith("rootfile"))
        package = fromstring(_member(archive, opf))
        items = {e.get("id", ""): e for e in package.iter() if e.tag.endswith("}item")}
        known = {
            unquote(e.get("href", "")).partition("#")[0]: e.get("type", "")
            for e in package.iter()
            if e.tag.endswith("}reference")
        }
        titles = _titles(archive, names, opf, items.values())
        parts = []
        for place in (e for e in package.iter() if e.tag.endswith("}itemref")):
            item = items.get(place.get("idref", ""))
            if item is None:
                continue
            href = unquote(item.get("href", ""))
            about = " ".join(
                (posixpath.basename(href), item.get("id", ""), item.get("properties", ""),
                 known.get(href, ""))
            )  # fmt: skip
            name = posixpath.normpath(posixpath.join(posixpath.dirname(opf), href))
            if name not in names:
                continue
            if _APPARATUS.search(about.replace("_", "-")) or place.get("linear") == "no":
                left_out[
                    "pages left out that are not part of the story (cover, contents, copyright ...)"
                ] += 1
                continue
            chapter = _member(archive, name).decode("utf-8", "replace")
            parts.append(paragraphs(chapter, left_out, titles.get(name)))
    return "\n\n".join(part for part in parts if part)


def _titles(
    archive: zipfile.ZipFile, names: set[str], opf: str, items: Iterable[Element]
) -> dict[str, dict[str, str]]:
    """Titles of a book's table of contents, by file and by place in it; "" is its beginning."""
    found: dict[str, dict[str, str]] = {}
    for item in items:
        is_nav = "nav" in item.get("properties", "").split()
        if not is_nav and item.get("media-type") != "application/x-dtbncx+xml":
            continue
        contents = posixpath.normpath(
            posixpath.join(posixpath.dirname(opf), unquote(item.get("href", "")))
        )
        if contents not in names:
            continue
        try:
            entries = list(_entries(fromstring(_member(archive, contents))))
        except ParseError:
            continue  # chapters are known by their headings, then
        for place, title in entries:
            file, _, fragment = unquote(place).partition("#")
            name = posixpath.normpath(posixpath.join(posixpath.dirname(contents), file))
            found.setdefault(name, {}).setdefault(fragment, title)
    return found


def _entries(root: Element) -> Iterator[tuple[str, str]]:
    """Where an entry of a table of contents leads, and its title: EPUB 3 first, EPUB 2 after it."""
    for nav in root.iter():
        if nav.tag.endswith("}nav") and any("toc" in value for value in nav.attrib.values()):
            for link in nav.iter():
                if link.tag.endswith("}a"):
                    yield link.get("href", ""), " ".join("".join(link.itertext()).split())
    for point in root.iter():
        if point.tag.endswith("}navPoint"):
            label = next((e for e in point if e.tag.endswith("}navLabel")), None)
            content = next((e for e in point if e.tag.endswith("}content")), None)
            if label is not None and content is not None:
                yield content.get("src", ""), " ".join("".join(label.itertext()).split())


def paragraphs(html: str, left_out: Counter[str], titles: Mapping[str, str] | None = None) -> str:
    r"""Paragraphs of a well-formed chapter in HTML, headings marked with ``#``.

    Parameters
    ----------
    titles : mapping of str to str, optional
        Titles of chapters by the ids of the elements that they lead to; "" is the beginning. Where
        no heading stands there, the title becomes one.

    >>> paragraphs("<h2>One</h2><p>It <i>rained</i>.</p><hr/><p>She left.</p>", Counter())
    '# One\n\nIt rained.\n\n* * *\n\nShe left.'
    >>> paragraphs("<p class='n'>Two</p><p>It rained.</p>", Counter(), {"": "Two"})
    '# Two\n\nIt rained.'
    """
    reader = _Chapter(left_out, titles or {})
    reader.feed(html)
    reader.close()
    reader.end_block()
    return joined(reader.out, left_out)


def joined(blocks: list[str], left_out: Counter[str]) -> str:
    """Blocks with a blank line between. Where few paragraphs are empty, one parts two scenes."""
    out: list[str] = []
    breaks: list[int] = []
    gap = False
    for block in blocks:
        if not block:
            gap = True
            continue
        if gap and out and not out[-1].startswith(_MARKED) and not block.startswith(_MARKED):
            breaks.append(len(out))
        out.append(block)
        gap = False
    if len(breaks) > _FEW_EMPTY * len(out):
        breaks = []
    if breaks:
        left_out["empty paragraphs read as a break between scenes"] += len(breaks)
    for place in reversed(breaks):
        out.insert(place, "* * *")
    return "\n\n".join(out)


class _Chapter(HTMLParser):
    """Collects blocks of text."""

    def __init__(self, left_out: Counter[str], titles: Mapping[str, str]):
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._titles = titles
        self._title = titles.get("", "")  # of the chapter whose first words are yet to come
        self._left_out = left_out
        self._words: list[str] = []
        self._heading = False
        self._empty = False  # a paragraph has begun that has no words yet
        self._hidden: list[str] = []  # open elements from the first that is left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        place = next((v for k, v in attrs if k == "id" and v), None)
        if place is not None and place in self._titles and not self._heading:
            self.end_block()
            self._title = self._titles[place]
        named = " ".join(
            v for k, v in attrs if v and k in ("class", "id", "epub:type", "role", "href")
        )
        if self._hidden:
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        note = tag in ("aside", "sup", "li", "section", "div", "a", "span", "ol") and bool(
            _FOOTNOTE.search(named)
        )
        if tag in _SKIPPED or note:
            if note and tag in ("aside", "li"):
                self._left_out["footnotes left out"] += 1
            if tag not in _VOID:
                self._hidden = [tag]
            return
        if tag == "br":
            self._words.append("\n")
        elif tag == "hr":
            self.end_block()
            self.out.append("* * *")
        elif tag in _BLOCKS:
            self.end_block()
            self._heading = tag in _HEADINGS
            self._empty = tag == "p"

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(re.sub(r"[ \t\r\n]+", " ", data))

    def end_block(self) -> None:
        """Close the paragraph under way."""
        words = "\n".join(line.strip() for line in "".join(self._words).split("\n")).strip()
        self._words = []
        if not words and self._empty:
            self.out.append("")
        self._empty = False
        if words:
            bare = " ".join(words.split())
            if self._title and not self._heading:
                self.out.append(f"# {self._title}")
                words = "" if bare.casefold() == self._title.casefold() else words
            self._title = ""
            if words:
                self.out.append(f"# {bare}" if self._heading else words)
        self._heading = False


def _archive(raw: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile as error:
        raise CorpusError(
            "it is damaged, cut short, or not what its ending says; save it anew"
        ) from error


def _bounded(archive: zipfile.ZipFile) -> None:
    texts = [
        i
        for i in archive.infolist()
        if i.filename.lower().endswith(("ml", ".rels", ".opf", ".ncx"))
    ]
    if sum(info.file_size for info in texts) > MOST_UNPACKED:
        raise CorpusError(f"its texts unpack to over {MOST_UNPACKED:,} bytes, which no story does")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(MOST_UNPACKED)
    except KeyError:
        raise CorpusError(f"it lacks {name}; save it anew") from None
