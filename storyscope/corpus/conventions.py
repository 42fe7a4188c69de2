"""Quotation marks of every convention brought to one: which mark opens, which closes, which is inner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit

__all__ = ["british", "directions"]

_DOUBLE = "“”„‟«»〝〞〟「」『』＂❝❞"
_MARK = re.compile(f"[{_DOUBLE}]|[‹›‚]|<<|>>|(?:(?<=\\s)|^),,(?=\\w)", re.MULTILINE)
_ALWAYS = {
    "„": True, "‟": True, "「": True, "」": False, "『": True, "』": False, "〝": True, "〞": False,
    "〟": False, "❝": True, "❞": False, ",,": True, "‚": True,
}  # fmt: skip
_CUSTOM = {
    "“": True,
    "”": False,
    "«": True,
    "»": False,
    "‹": True,
    "›": False,
    "<<": True,
    ">>": False,
}
_SINGLE = frozenset("‹›‚")
_OPENERS = frozenset("([{—–-―\"“„'‘")
_CLOSERS = frozenset(".,!?;:)]}—–-―\"”'’…")


def directions(text: str) -> Iterator[Edit]:
    """Every double mark as “ or ” by what stands around it; guillemets and corner brackets too.

    A mark that stands as if it could open and close follows the marks of its kind in the text: “
    closes where „ opens, « closes where » opens, ” opens in Swedish.

    >>> from storyscope.corpus.edits import apply
    >>> for said in ("„Go,“ he said.", "»Go,« he said.", "« Go, » he said.", "「Go,」he said."):
    ...     print(apply(said, list(directions(said))))
    “Go,” he said.
    “Go,” he said.
    “Go,” he said.
    “Go,” he said.
    """
    if text.isascii() and "<<" not in text and ",," not in text:
        return
    found = list(_MARK.finditer(text))
    if not found:
        return
    sides = [_side(text, match) for match in found]
    opens = _habits(found, sides)
    doubles = any(match.group() not in _SINGLE for match in found) or '"' in text
    depth: list[bool] = []
    for match, side in zip(found, sides, strict=True):
        mark = match.group()
        opening = _ALWAYS.get(mark, side if side is not None else opens.get(mark, True))
        start, end = match.span()
        inner = (mark in _SINGLE and doubles) or (mark in "『』" and ("「" in text and bool(depth)))
        if mark == "「":
            depth.append(True)
        elif mark == "」" and depth:
            depth.pop()
        new = ("‘" if opening else "’") if inner else ("“" if opening else "”")
        if mark not in "“”":  # blanks within marks, and none around them, are customs of print
            if opening and text[end : end + 1] == " ":
                end += 1
            elif not opening and start and text[start - 1] == " ":
                start -= 1
            if mark in "」』" and text[end : end + 1].isalnum():
                new += " "
            elif (
                mark in "「『"
                and start
                and (text[start - 1].isalnum() or text[start - 1] in ".,!?")
            ):
                new = " " + new
        if text[start:end] != new:
            yield start, end, new


def _side(text: str, match: re.Match[str]) -> bool | None:
    """Whether a mark opens, by its neighbours; None where these do not say."""
    before = text[match.start() - 1] if match.start() else "\n"
    after = text[match.end()] if match.end() < len(text) else "\n"
    left_free = before.isspace() or before in _OPENERS
    right_free = after.isspace() or after in _CLOSERS
    if left_free and not right_free:
        return True
    if right_free and not left_free:
        return False
    return None


def _habits(found: list[re.Match[str]], sides: list[bool | None]) -> dict[str, bool]:
    """What most marks of each kind do where it can be seen; their custom where it cannot."""
    seen: dict[str, int] = {}
    for match, side in zip(found, sides, strict=True):
        if side is not None:
            seen[match.group()] = seen.get(match.group(), 0) + (1 if side else -1)
    kinds = {match.group() for match in found}
    opens = {mark: n > 0 for mark, n in seen.items() if n}
    for mark in kinds - set(opens):
        opens[mark] = _CUSTOM.get(mark, True)
        if mark == "“" and "„" in kinds:
            opens[mark] = False
    return opens


# ------------------------------------------------------------------- single marks outside

_SINGLE_MARK = re.compile("['‘’]")
_ELIDED = re.compile(
    r"(?:tis|twas|twere|twill|twould|tisn|twasn|em|cause|cos|coz|til|till|bout|round|n|ere|ow|e|im|"
    r"er|ad|ave|as|is|ow|oo|ello|old|ome|ouse|and|ead|ere|spose|nough|neath|gainst|stead|fraid|"
    r"nother|course|kay|sup|phone|bus|gain|mongst|nuff|pon|way|deed|fore|low|tween|bye|scuse|"
    r"specially|nless|cept|ad|im|self|aven|asn|adn|\d\ds?)\b",
    re.IGNORECASE,
)
_POINTS = frozenset(".,!?…—–-;:")
_PARAGRAPH = re.compile(r"[^\n]+")
_FEWEST_PAIRS = 2


def british(text: str) -> Iterator[Edit]:
    """Double marks for single ones where a text quotes speech by these, and single marks within.

    >>> from storyscope.corpus.edits import apply
    >>> said = "'He said “no”,' said Ann. 'It's the dogs' bowl.'\\n\\n'Then,' he said, 'go.'"
    >>> print(apply(said, list(british(said))))
    “He said ‘no’,” said Ann. “It's the dogs' bowl.”
    <BLANKLINE>
    “Then,” he said, “go.”
    """
    if ("'" not in text and "‘" not in text) or "``" in text:
        return
    doubles = text.count('"') + text.count("“") + text.count("”")
    marks: list[tuple[int, bool]] = []
    pairs = 0
    unclosed = -1
    for match in _PARAGRAPH.finditer(text):
        found, closed, opened = _singles(text, *match.span())
        if unclosed >= 0 and found and found[0] == (match.start(), True):
            marks.append((unclosed, True))  # the same speaker goes on in the next paragraph
        unclosed = opened
        marks += found
        pairs += closed
    said = sum(not opening and text[k - 1] in _POINTS for k, opening in marks)
    if said < _FEWEST_PAIRS or 2 * said < pairs or 2 * said <= doubles:
        return  # names and words at arm's length are marked so beside speech in double marks
    edits: list[Edit] = [(k, k + 1, "“" if opening else "”") for k, opening in marks]
    inner = False
    for match in re.finditer('["“”\n]', text):
        mark = match.group()
        if mark == "\n":
            inner = False
            continue
        inner = mark == "“" or (mark == '"' and not inner)
        edits.append((match.start(), match.end(), "‘" if inner else "’"))
    yield from sorted(edits)


def _singles(text: str, start: int, end: int) -> tuple[list[tuple[int, bool]], int, int]:
    """Single marks of one paragraph that quote, each with whether it opens; the number of pairs.

    Third comes the place of a mark within the paragraph that nothing closes, or -1: it is an
    apostrophe, unless the next paragraph goes on with the speech.
    """
    found: list[tuple[int, bool]] = []
    opened, pairs = -1, 0
    doubtful: list[int] = []
    for match in _SINGLE_MARK.finditer(text, start, end):
        k = match.start()
        before = text[k - 1] if k > start else "\n"
        after = text[k + 1] if k + 1 < end else "\n"
        if opened < 0:
            if _opens(text, k, before, after):
                opened = k
                found.append((k, True))
                doubtful = []
            continue
        if before in _POINTS and not after.isalnum() and k - opened > 1:
            found.append((k, False))
            opened, pairs = -1, pairs + 1
        elif (before.isalnum() or before in '"”)') and not after.isalnum():
            if before in "sS" and before.isalpha():
                doubtful.append(k)  # the dogs' bowls
            elif text[k] != "'" or after in _POINTS or after in " \n":
                if after in " \n" and text[k - 3 : k].lower().endswith(("in", " o", "th", "an")):
                    continue  # goin', o', wi'
                found.append((k, False))
                opened, pairs = -1, pairs + 1
    if opened >= 0 and doubtful:
        found.append((doubtful[-1], False))
        pairs += 1
        return found, pairs, -1
    if opened > start:
        return found[:-1], pairs, opened
    return found, pairs, -1


def _opens(text: str, k: int, before: str, after: str) -> bool:
    if not (before.isspace() or before in '([—–-―"“' or before == "\n"):
        return False
    if after.isspace() or (after in _POINTS and after not in "—–-…."):
        return False
    if text[k] == "’" and after.isalpha():
        return False  # an apostrophe, as in ’twas
    if after in "'‘’":  # two marks are a double one, unless the second stands for a letter
        return _ELIDED.match(text, k + 2) is not None
    return before == "\n" or after.isupper() or not _ELIDED.match(text, k + 1)
