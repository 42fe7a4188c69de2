"""What a model thought before it wrote, with the tags around it and around its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit

__all__ = ["answer_tags", "lone_tags", "thoughts"]

_NAMES = (
    r"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|thought_process|reflections?|reflecting|"
    r"scratch_?pad|analysis|analyze|plan(?:ning)?|brainstorm(?:ing)?|outline|critique|"
    r"inner_?(?:monologue|thoughts?)|internal_?(?:monologue|thoughts?|reasoning)|"
    r"chain_of_thought|cot|deliberation|draft_notes|self_reflection|"
    r"(?:user_|writing_)?(?:prompt|request|instructions?))"
)
_OPEN = re.compile(
    rf"<(?P<name>{_NAMES})(?:\s[^<>]{{0,200}})?>|<\|?(?P<token>begin_of_thought|START_THINKING|"
    r"begin_of_think|start_of_thought|think|thinking)\|?>|◁think▷|\[THINK(?:ING)?\]|"
    r"<unused94>(?:thought)?|\[unused16\]|<\|channel\|>(?:analysis|commentary)[^<]{0,40}<\|message\|>",
    re.IGNORECASE,
)
_CLOSE = re.compile(
    rf"</(?P<name>{_NAMES})\s*>|<\|?(?:end_of_thought|END_THINKING|end_of_think|/think|/thinking)"
    r"\|?>|◁/think▷|\[/THINK(?:ING)?\]|<unused95>|\[unused17\]"
    r"|<\|channel\|>final[^<]{0,40}<\|message\|>",
    re.IGNORECASE,
)
_EITHER = re.compile(f"(?P<open>{re.sub('[?]P<(name|token)>', '?:', _OPEN.pattern)})|"
                     f"(?P<close>{re.sub('[?]P<name>', '?:', _CLOSE.pattern)})", re.IGNORECASE)  # fmt: skip
_ANSWER = re.compile(
    r"</?(?:final[ _]?)?(?:answer|story|short_?story|response|output|result|text|final|narrative|"
    r"content|draft|tale|completion|reply|document|creative_writing|body_text|chapter|scene|prose|"
    r"revised_?\w{0,12}|final_?\w{0,12})(?:\s[^<>]{0,200})?>"
    r"|<\|?(?:begin|start|end)_of_(?:solution|answer|response)\|?>|<\|(?:START|END)_RESPONSE\|>",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title>[^<>]{0,300}</title>", re.IGNORECASE)
_SIGNS = ("<", "[", "◁")


def thoughts(text: str) -> Iterator[Edit]:
    """Thinking between its tags, and before a closing tag that stands alone.

    A text of which nothing would be left stays as it is.

    >>> from storyscope.corpus.edits import apply
    >>> story = "<think>A gate. It opens.</think>It opened."
    >>> apply(story, list(thoughts(story)))
    'It opened.'
    """
    if not any(sign in text for sign in _SIGNS):
        return
    spans: list[list[int]] = []
    depth, opened = 0, -1
    for match in _EITHER.finditer(text):
        if match["open"]:
            if depth == 0:
                opened = match.start()
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                spans.append([opened, match.end()])
        else:  # closes what nobody opened: all before it was thought
            spans = [[0, match.end()]]
    if depth and opened > 0 and len(text[opened:].split()) < len(text[:opened].split()):
        spans.append([opened, len(text)])  # begun after the story, and never ended
    if spans and _told(text, spans):
        yield from ((start, end, "") for start, end in spans)


def _told(text: str, spans: list[list[int]]) -> bool:
    """Whether words are left outside the spans."""
    done = 0
    for start, end in [*spans, [len(text), len(text)]]:
        if any(c.isalnum() for c in _ANSWER.sub("", text[done:start])):
            return True
        done = end
    return False


def lone_tags(text: str) -> Iterator[Edit]:
    """A tag of thinking without its other half: where the thinking ends, nobody can tell."""
    if any(sign in text for sign in _SIGNS):
        for match in _EITHER.finditer(text):
            yield match.start(), match.end(), ""


def answer_tags(text: str) -> Iterator[Edit]:
    """Tags around the answer, such as ``<answer>`` and ``<story>``, and a title within tags."""
    if "<" not in text:
        return
    found = [*_ANSWER.finditer(text), *_TITLE.finditer(text)]
    done = 0
    for match in sorted(found, key=lambda m: m.span()):
        if match.start() >= done:
            yield match.start(), match.end(), "\n\n"
            done = match.end()
