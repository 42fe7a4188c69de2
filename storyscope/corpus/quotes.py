"""Records of a table whose quotes do not match, read by the shape of their lines.

A story full of speech whose marks were not doubled, or a quote that is never closed, takes a CSV
reader through all that follows. But the cells before the story are short, and no blank follows the
delimiter between them as it follows a comma in prose; the same goes for the cells after it. That is
enough to see where records part.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

__all__ = ["Shape", "parted"]

_LONGEST = 300  # characters of a cell beside the story


@dataclass(frozen=True)
class Shape:
    """How the lines of a table's records look.

    Attributes
    ----------
    delimiter : str
    before, after : re.Pattern or None
        The cells before the story at the head of a record's first line, and those after it at the
        end of its last; None where there are none.
    window : int
        Characters at the end of a line in which the cells after the story are sought.
    """

    delimiter: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    window: int

    @classmethod
    def of(cls, line: str, delimiter: str, width: int) -> Shape | None:
        r"""The shape of a record that begins with this line; None where nothing tells it.

        >>> shape = Shape.of('2,gpt,"The storm came.\n', ",", 3)
        >>> shape.parts("nobody slept.\n", '3,human,The boat.\n'), shape.parts("a\n", '"No", he said,\n')
        (True, False)
        """
        mark = re.escape(delimiter)
        plain = rf'(?![ \t])[^"{mark}\r\n]{{0,{_LONGEST}}}(?<![ \t])'
        quoted = rf'"(?:[^"\r\n]|""){{0,{_LONGEST}}}"'
        cell = f"(?:{quoted}|{plain})"
        leading = re.match(
            f'(?:{cell}{mark}){{0,{width - 1}}}?(?=")(?!{cell}(?:{mark}|\\s*$))', line
        )
        if leading is None:
            return None
        text = leading.group()
        k = len(re.findall(f"{cell}{mark}", text))
        rest = width - 1 - k
        number = r"(?=\d+\b)" if re.match(r"\d+\b", text) else ""
        before = re.compile(f"{number}(?:{cell}{mark}){{{k}}}(?![ \\t])") if k else None
        after = re.compile(f"(?:{mark}{cell}){{{rest}}}\\s*$") if rest else None
        return cls(delimiter, before, after, (rest + 1) * _LONGEST) if before or after else None

    def parts(self, line: str, following: str) -> bool:
        """Whether one record ends with a line and another begins with the one after it."""
        begins = self.before is None or self.before.match(following) is not None
        return begins and (self.after is None or self.tail(line) is not None)

    def tail(self, line: str) -> re.Match[str] | None:
        """The cells after the story, at the end of a line."""
        return self.after.search(line, max(0, len(line) - self.window)) if self.after else None


def parted(lines: list[str], shape: Shape) -> list[str] | None:
    """Cells of a record by its shape: those before the story, the story, and those after it."""
    body = "".join(lines).rstrip()
    head = shape.before.match(body) if shape.before else None
    tail = shape.tail(body)
    if (shape.before and not head) or (shape.after and not tail):
        return None
    before = _cells(head.group(), shape)[:-1] if head else []
    after = _cells(tail.group(), shape)[1:] if tail else []
    story = body[head.end() if head else 0 : tail.start() if tail else len(body)]
    story = story.removeprefix('"').removesuffix('"').replace('\\"', '"').replace('""', '"')
    return [*before, story, *after]


def _cells(line: str, shape: Shape) -> list[str]:
    return next(csv.reader([line], delimiter=shape.delimiter))
