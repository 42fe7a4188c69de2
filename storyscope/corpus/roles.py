"""Chats around a story: the prompt before it, roles and special tokens, JSON and code fences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit

__all__ = ["json_wrapper", "special_tokens", "turns"]

_ASKER = r"(?:system|user|human|prompter|instruction|developer|tool)"
_WRITER = r"(?:assistant|model|gpt|bot|ai|chatbot|response)"
_BAR = r"[|｜]"
_TOKEN = re.compile(
    rf"<\|im_start\|>[ ]?(?P<chatml>{_ASKER}|{_WRITER})[^\n<]{{0,40}}\n?"
    rf"|<\|start_header_id\|>[ ]?(?P<header>{_ASKER}|{_WRITER})[ ]?<\|end_header_id\|>\s*"
    rf"|<\|start\|>[ ]?(?P<harmony>{_ASKER}|{_WRITER})(?:<\|channel\|>\w+)?(?:<\|message\|>)?"
    rf"|<start_of_turn>[ ]?(?P<turn>{_ASKER}|{_WRITER})[ ]*\n?"
    rf"|<{_BAR}(?P<bar>{_ASKER}|{_WRITER}){_BAR}>\s?"
    rf"|<\|(?P<cohere>START_OF_TURN_TOKEN\|><\|(?:SYSTEM|USER|CHATBOT)_TOKEN)\|>"
    r"|(?P<inst>\[INST\])|(?P<answer>\[/INST\])"
    r"|(?P<over><\|im_end\|>|<\|eot_id\|>|<end_of_turn>|<\|end\|>|<\|return\|>"
    rf"|<\|END_OF_TURN_TOKEN\|>|<{_BAR}end[▁_]of[▁_]sentence{_BAR}>|<\|endoftext\|>)\s*",
    re.IGNORECASE,
)
_ANY_TOKEN = re.compile(
    rf"<{_BAR}[A-Za-z_▁]{{2,40}}{_BAR}>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|</?s>"
    r"|<(?:bos|eos|pad|unk)>|\[(?:EOS|BOS|PAD|END_OF_TEXT)\]",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^[ \t]*(?:#{1,6}[ ]*|[*_]{1,3}|\[|<)?"
    r"(?:(?P<asks>(?:writing |user |story )?(?:prompt|instructions?|request|task|question|input|"
    r"human|user|you|system(?: prompt| message)?|prompter)|me|q)"
    r"|(?P<tells>(?:ai |model |my |the |your )?(?:response|assistant|answer|story|output|reply|completion|"
    r"continuation|ai|model|bot|chatgpt|gpt-?\d?\S{0,8}|claude|gemini|chatbot|short story)|a))"
    r"(?:[*_]{0,3}[ ]?[:：][*_]{0,3}|\]:?[ ]*$|>[ ]*$|(?<=\w)[*_]{0,3}[ ]*$)[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_MARKED = re.compile(r"[ \t]*(?:#|\*\*|\[|<)|[^\n]*[:：]")
_MOST_LABELS = 400
_LONG_TURN = 80  # words that a turn of a chat seldom has, and a story's part has
_SHARE = 0.4  # of the words that the writer's turns must hold


def special_tokens(text: str) -> Iterator[Edit]:
    """Tokens that models know for the ends of texts and turns."""
    if "<" in text or "[" in text:
        for match in _ANY_TOKEN.finditer(text):
            yield match.start(), match.end(), ""


def turns(text: str) -> Iterator[Edit]:
    """Prompts and role names of a chat in which a story was written; the story is what stays.

    Special tokens are believed. Names on a line's beginning are believed if the text opens with
    one and what its writer says is long: a story may be told as a chat.

    >>> from storyscope.corpus.edits import apply
    >>> chat = "Human: Write about rain.\\n\\nAssistant: It rained, and it went on all night."
    >>> apply(chat, list(turns(chat)))
    'It rained, and it went on all night.'
    """
    yield from _told_turns(text, _by_token(text)) or _told_turns(text, _by_label(text))


def _told_turns(text: str, marks: list[tuple[int, int, bool]]) -> list[Edit]:
    """Take off what the asker said and the marks, if enough is left."""
    if not marks:
        return []
    edits: list[Edit] = []
    kept: list[str] = []
    tells = marks[0][2] or marks[0][0] > 0  # what stands before the first mark is told
    asking = 0
    if marks[0][0] > 0:
        tells = bool(text[: marks[0][0]].strip())
        kept.append(text[: marks[0][0]])
    ends = [*(start for start, _, _ in marks[1:]), len(text)]
    for (start, after, told), end in zip(marks, ends, strict=True):
        if told:
            edits.append((start, after, "\n\n" if kept else ""))
            kept.append(text[after:end])
        else:
            asking += 1
            edits.append((start, end, ""))
        tells = told
    words = sum(len(part.split()) for part in kept)
    if not words or words < _SHARE * len(text.split()):
        return []
    if asking > 1 and words < _LONG_TURN * sum(bool(part.strip()) for part in kept):
        return []
    return edits


def _by_token(text: str) -> list[tuple[int, int, bool]]:
    """Turns by special tokens: where the mark begins and ends, and whether the writer's begins."""
    if "<" not in text and "[INST]" not in text and "[/INST]" not in text:
        return []
    marks: list[tuple[int, int, bool]] = []
    for match in _TOKEN.finditer(text):
        role = next((r for r in match.group(1, 2, 3, 4, 5, 6) if r), "").lower()
        if match["over"]:
            continue
        asks = bool(match["inst"]) or re.fullmatch(_ASKER, role) is not None or "_token" in role
        asks = asks and "chatbot" not in role
        marks.append((match.start(), match.end(), not asks))
    if any(not told for _, _, told in marks) and not any(told for _, _, told in marks):
        # A prompt that ends with its token, and the answer without a role.
        overs = [m for m in _TOKEN.finditer(text) if m["over"] and m.start() > marks[-1][0]]
        if overs:
            marks.append((overs[0].start(), overs[0].end(), True))
    return marks if any(told for _, _, told in marks) else []


def _by_label(text: str) -> list[tuple[int, int, bool]]:
    """Turns by names on a line's beginning, where the text opens with one."""
    if not _LABEL.match(text.lstrip()):
        return []
    marks = []
    for match in _LABEL.finditer(text):
        if not _MARKED.match(match.group()):
            continue
        marks.append((match.start(), match.end(), match["tells"] is not None))
        if len(marks) > _MOST_LABELS:
            return []
    if not marks or text[: marks[0][0]].strip():
        return []
    if not any(told for _, _, told in marks):
        return []
    return marks


# ---------------------------------------------------------------- objects in JSON

_FENCE = re.compile(
    r"^[ \t]*```\w*[ \t]*\n(?P<body>.*?)(?:\n[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_OBJECT = re.compile(r"\s*(?:\{\s*[\"']|\[\s*[\"{])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_KEY = re.compile(r"\s*:")
_STORY_KEYS = (
    "story", "text", "content", "body", "narrative", "short_story", "story_text", "output",
    "response", "answer", "completion", "final", "result", "full_text", "generated_text", "message",
)  # fmt: skip
_LENIENT = re.compile(r"([\"'])(?P<key>[\w ]{1,40})\1\s*:\s*(?P<quote>[\"'])", re.IGNORECASE)
_LENIENT_END = r"(?<!\\){quote}(?=\s*(?:,\s*[\"'][\w ]{{1,40}}[\"']\s*:|[\]}}]|\Z))"
_ESCAPES = re.compile(r"\\(?:u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "", "b": "", "f": "\f"}
_LEAST = 0.5


def json_wrapper(text: str) -> Iterator[Edit]:
    r"""All but the story of a text that is an object or a list in JSON, in a code fence or not.

    >>> from storyscope.corpus.edits import apply
    >>> reply = '{"title": "Rain", "story": "It \\"rained\\".\\nThen it stopped, at last."}'
    >>> apply(reply, list(json_wrapper(reply)))
    'It "rained".\nThen it stopped, at last.'
    """
    start, end = 0, len(text)
    if "```" in text and (fence := _FENCE.search(text)):
        start, end = fence.span("body")
    if not _OBJECT.match(text, start, end):
        return
    values = _values(text, start, end) or _lenient(text, start, end)
    size = sum(b - a for a, b in values)
    if size < _LEAST * len(text) or not any(text.find(" ", a, b) > 0 for a, b in values):
        return
    done = 0
    for k, (first, last) in enumerate(values):
        yield done, first, "\n\n" if k else ""
        for match in _ESCAPES.finditer(text, first, last):
            yield match.start(), match.end(), _unescaped(match.group())
        done = last
    yield done, len(text), ""


def _values(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The strings of valid JSON that are the story: under a key of that name, else the longest."""
    try:
        json.loads(text[start:end], strict=False)
    except (ValueError, RecursionError):
        return []
    found: list[tuple[str, int, int]] = []
    key = ""
    for match in _STRING.finditer(text, start, end):
        if _KEY.match(text, match.end(), end):
            key = match.group()[1:-1].lower()
        else:
            found.append((key, match.start() + 1, match.end() - 1))
    sizes: dict[str, int] = {}
    for name, a, b in found:
        sizes[name] = sizes.get(name, 0) + b - a
    if not sizes:
        return []
    longest = max(sizes, key=lambda name: sizes[name])
    named = next((k for k in _STORY_KEYS if sizes.get(k, 0) > _LEAST * sizes[longest]), longest)
    return [(a, b) for name, a, b in found if name == named]


def _lenient(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The longest value of what is nearly JSON: cut off, or with quotation marks as they come."""
    best = (0, 0)
    for match in _LENIENT.finditer(text, start, end):
        if match.start() < best[1]:
            continue
        closing = re.compile(_LENIENT_END.format(quote=match["quote"]))
        close = closing.search(text, match.end(), end)
        last = close.start() if close else end
        if last - match.end() > best[1] - best[0]:
            best = match.end(), last
    return [best] if best[1] else []


def _unescaped(mark: str) -> str:
    if mark[1] == "u":
        try:
            return (
                str(json.loads(f'"{mark}"'))
                .encode("utf-16", "surrogatepass")
                .decode("utf-16", "replace")
            )
        except ValueError:
            return mark
    return _LETTERS.get(mark[1], mark[1])
