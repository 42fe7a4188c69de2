"""What a library put around a book: headers, licences, credits, contents and small print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from storyscope.corpus.edits import Edit
from storyscope.corpus.headings import lines

__all__ = ["contents", "credits", "licences"]

# --------------------------------------------------------------------- beginnings and ends of files

_START = re.compile(
    r"\*{2,3}[ \t]*START OF (?:THE|THIS) PROJECT GUTENBERG(?:(?!\n[ \t]*\n|\*\*\*)[\s\S]){0,600}"
    r"(?:[ \t]*\*{2,3})?(?=[ \t]*\n|\Z|\*|[ \t]*$)\**"
    r"|\*END[ *]*THE SMALL PRINT![^\n]*\*END\*?|\*\*?\*? ?These (?:e?texts|files) (?:are|were) prepared by[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(
    r"^[ \t]*(?:\*{2,3}[ \t]*END OF (?:THE|THIS) PROJECT GUTENBERG"
    r"|(?:\*+ ?)?End of (?:the |this )?Project Gutenberg(?:['’]s)?\b"
    r"|\*{0,3}[ \t]*START:? ?FULL LICEN[CS]E|THE FULL PROJECT GUTENBERG(?:-tm|™|\(tm\))? LICEN[CS]E"
    r"|(?:\*{3} ?)?This (?:and all associated files of various formats|file should be named \d)"
    r"|Section 1\.[ \t]+General Terms of Use and Redistributing"
    r"|(?:END|End) of (?:this|the) (?:project gutenberg|faded page|distributed proofreaders)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_LIBRARY = re.compile(
    r"project gutenberg|gutenberg(?:-tm|\.org|\.net)|fadedpage|faded page|distributed proofreaders|"
    r"standard ?ebooks|wikisource|archive\.org|google books|small print!|smashwords|feedbooks|"
    r"librivox|hathitrust|\be-?text\b|\be-?books?\b|manybooks|creative commons|pgdp\.net",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[ \t]*(?:title|author|authors|editor|illustrator|translator|contributor|release date|posting date|posted|"
    r"first posted|original publication|published|publisher|last updated|most recently updated|"
    r"language|character set encoding|character set|credits|produced by|rights|copyright status|"
    r"e-?(?:book|text) ?(?:no\.?|number|#)|note|edition|format|isbn|source|subject|category|"
    r"other information and formats|date(?: first posted| last updated)?|download count)[ \t]*[:#][^\n]*",
    re.IGNORECASE,
)
_RULES = re.compile(
    r"\b(?:this (?:e-?book|e-?text|file|work|edition|digital (?:copy|edition)) (?:is|was|may|has been) "
    r"(?:for the use of anyone|licensed|made available|provided|released|produced|distributed|"
    r"in the public domain|a product|the product|scanned|digiti[sz]ed|created|based)"
    r"|at no cost and with almost no restrictions|you may copy it, give it away|"
    r"re-?use it under the terms|public domain in the (?:united states|usa|u\.s\.)|"
    r"check the laws of the country|license included with this e|www\.gutenberg|"
    r"licensed (?:under|for your personal)|all rights reserved|no part of this (?:publication|book|work) may|"
    r"creative commons|cc[ -]by(?:-sa|-nc)?\b|copyright (?:©|\(c\)|notice|\d{4}|by\b)|©|\(c\) ?\d{4}|isbn[ :0-9-]|"
    r"may not be re-?sold|work of fiction\. (?:any|names)|"
    r"resemblance to (?:actual|real|any) (?:persons?|people|events)|"
    r"permission (?:of|from) the (?:author|publisher|copyright)|anybody may read this file)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"[ \t]*(?:\[?(?:e-?text|e-?book|this e-?(?:text|book)|html version|text file|scanned|transcribed|"
    r"digiti[sz]ed|proofread|prepared|converted|produced|created|typed|ocr)[^\n]{0,40}?\b(?:by|from|at)\b"
    r"|(?:this (?:file|e-?book|book|text) was (?:first )?(?:produced|made|created|scanned|prepared|typed)\b)"
    r"|(?:credits|with thanks to|many thanks to)[: ]|\(?this file was (?:first )?produced from"
    r"|(?:generously )?made available by|from images (?:generously )?made|images (?:generously )?made available"
    r"|(?:and )?the (?:online )?distributed proofread|https?://\S+\s*$|www\.\S+\s*$"
    r"|exported from wikisource|retrieved from|smashwords edition|license notes?\b"
    r"|\[?e-?(?:book|text) ?#? ?\d+\]?|by arrangement with)",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[ \t]*\[?[*_ ]*transcriber['’]?s?['’]? notes?\b", re.IGNORECASE)
_FRONT, _BACK = 60, 30  # paragraphs that are looked at before and after a story
_TAIL = 20_000  # characters at either end in which a library is named
_MOST_LINES = 400
_LONGEST_NOTE = 1500
_CLOSING = re.compile(
    r"[ \t]*(?:\W*(?:the end|end|finis|fin)\W*$|colophon$|uncopyright$|imprint$)", re.IGNORECASE
)


def licences(text: str) -> Iterator[Edit]:
    """Remove what stands before the beginning and after the end that a library marked."""
    if not _LIBRARY.search(text):
        return
    start, end = 0, len(text)
    for match in _START.finditer(text):
        start = match.end()
    if match := _END.search(text, start):
        end = match.start()
    if not text[start:end].strip():
        return
    if start:
        yield 0, start, ""
    if end < len(text):
        yield end, len(text), ""


def credits(text: str) -> Iterator[Edit]:
    """Remove paragraphs about the edition before and after a story: fields, credits, rights, notes.

    Only whole paragraphs at the two ends go, each by its own words; a title or a short line among
    those before the story stays for the reading of headings.
    """
    front, back = _ends(text)
    library = _LIBRARY.search(text[:_TAIL]) or _LIBRARY.search(text[-_TAIL:])
    found: list[tuple[int, int]] = []
    for start, end in front:
        if _about_edition(text[start:end], bool(library)):
            found.append((start, end))
        elif end - start > 200:
            break
    limit = found[-1][1] if found else 0
    closing: list[tuple[int, int]] = []
    for start, end in reversed(back):
        if start < limit:
            break
        if _about_edition(text[start:end], bool(library)):
            closing.append((start, end))
        elif not (_CLOSING.match(text[start:end]) and end - start < 40):
            break
    if sum(b - a for a, b in [*found, *closing]) > 0.8 * len(text.strip()):
        return
    yield from ((start, end, "") for start, end in [*found, *reversed(closing)])


def _ends(text: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The first paragraphs and the last ones, without reading those between."""
    spans = lines(text)
    return _paragraphs(text, spans[:_MOST_LINES])[:_FRONT], _paragraphs(text, spans[-_MOST_LINES:])[
        -_BACK:
    ]


def _paragraphs(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines put together that no blank line parts."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and text.count("\n", found[-1][1], start) == 1:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _about_edition(paragraph: str, library: bool = False) -> bool:
    """Whether a paragraph speaks of the edition instead of telling.

    >>> _about_edition("Produced by Jane Volunteer and a team of proofreaders at\\nhttps://x.org")
    True
    >>> _about_edition("Produced by the devil himself, the storm rolled in over us.")
    False
    """
    if len(paragraph) > _LONGEST_NOTE:
        return False
    if _NOTE.match(paragraph):
        return True
    rows = paragraph.split("\n")
    if library and _FIELD.match(rows[0]):
        # A title by itself is read as a heading, so that the count of headings is one for all.
        return all(_FIELD.fullmatch(line) or line[:1] in " \t" for line in rows)
    quoted = '"' in paragraph or "“" in paragraph
    if _RULES.search(paragraph) and not quoted:
        return True
    if _LIBRARY.search(paragraph) and len(paragraph) < 400 and not quoted:
        sentence = paragraph.rstrip().endswith((".", "!", "?"))
        return bool(_CREDIT.match(paragraph)) or "utenberg" in paragraph or not sentence
    return bool(_CREDIT.match(paragraph)) and _short_credit(paragraph)


def _short_credit(paragraph: str) -> bool:
    """Whether a paragraph that begins as credits do names people or places, and tells nothing."""
    if "http" in paragraph or "www." in paragraph or _LIBRARY.search(paragraph):
        return True
    names = re.findall(r"\b[A-Z][a-z]+", paragraph)
    words = paragraph.split()
    return len(words) <= 40 and len(names) >= max(2, 0.3 * len(words)) and "," not in paragraph[-2:]


# --------------------------------------------------------------------- contents

_CONTENTS = re.compile(
    r"^[ \t#*_]*(?:table of )?contents(?: page)?[ \t:.*_]*$|^[ \t#*_]*list of (?:illustrations|chapters)"
    r"[ \t:.*_]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LEADER = re.compile(r"(?:[ \t.·…_-]{2,}|[ \t])(?:\d{1,4}|[ivxlc]{1,7})[ \t]*$|\t", re.IGNORECASE)
_NUMBERED = re.compile(
    r"[ \t]*(?:(?:chapter|part|book|chap\.|act|scene|canto|letter|section)\b|[ivxlc]{1,7}[.):—– \t-]|\d{1,3}[.):—–\t -]"
    r"|prologue|epilogue|preface|introduction|foreword|afterword|chap(?:ter)?s?\.?$|page$)",
    re.IGNORECASE,
)
_FIRST_PART = 0.25  # of a text; contents stand near its beginning


def contents(text: str) -> Iterator[Edit]:
    """Remove a list of contents or illustrations, by its heading and the form of its lines."""
    limit = max(int(len(text) * _FIRST_PART), 3000)
    for match in _CONTENTS.finditer(text, 0, min(len(text), limit)):
        end = match.end()
        entries: list[str] = []
        position, blanks = match.end() + 1, 0
        while position < len(text):
            stop = text.find("\n", position)
            stop = len(text) if stop < 0 else stop
            line = text[position:stop]
            position = stop + 1
            if not line.strip():
                blanks += 1
                continue
            if not _entry(line, entries, blanks):
                break
            entries.append(line.strip().lower())
            end, blanks = stop, 0
        if entries:
            yield match.start(), end, ""


def _entry(line: str, entries: list[str], blanks: int) -> bool:
    """Whether a line goes on with a list of contents; its first entry again begins the story."""
    bare = line.strip()
    if len(bare) > 90:
        return False
    if _LEADER.search(bare) and not bare.isdigit():
        return True
    if bare.endswith((".", "!", "?", '"', "”")) and not _NUMBERED.match(bare):
        return False
    heading = bare.lower()
    if entries and (heading in entries or any(e.startswith(heading) for e in entries)):
        return False
    if _NUMBERED.match(bare):
        return not (entries and blanks > 1)
    return blanks < 2 if not entries else blanks < 1
