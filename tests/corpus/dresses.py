"""One short story of our own in many dresses, as texts come from people, libraries and models."""

import html
import json
import re
import textwrap

STORY = """\
The well at the end of Tanner's Lane had a lid of oak, and nobody had lifted it since the spring when the water turned. Ines swept the leaves from it every morning. She could not have said why she did so, for the leaves came back at night.

"You will wear it through," said her uncle from the gate. He had a letter in his hand and did not want to read it. "It isn't yours, you know."

"It was my mother's," said Ines. "That's near enough."

He laughed and sat down beside her, and for some time they listened to the carts on the hill. The letter lay between them. A wasp walked along its edge, looked over, and walked back again, as if it had remembered something.

* * *

On Sunday they opened the well together. The lid came up with a sound like a long breath, and below it there was water, black and quite still, with one of Ines's leaves afloat in the middle. "Well," said the uncle at last, "somebody has been keeping it clean."

She read him the letter then. He never asked who had sent it, and she did not tell him, though both of them had known the hand since they were children."""

PARAGRAPHS = STORY.split("\n\n")
PROMPT = "Write a short story about a well that nobody opens. Use a girl and her uncle."


def wrap(width, *, indent="", between="\n\n", line="\n", hyphens=False):
    paragraphs = []
    for paragraph in PARAGRAPHS:
        lines = textwrap.wrap(paragraph, width, initial_indent=indent)
        paragraphs.append(line.join(lines))
    text = between.join(paragraphs)
    return hyphenated(text) if hyphens else text


def hyphenated(text, mark="-"):
    """Cut some words at line ends."""
    for whole in ("remembered", "together", "something", "children", "letter"):
        half = len(whole) // 2
        text = re.sub(rf" {whole}\b", f" {whole[:half]}{mark}\n{whole[half:]}", text, count=1)
    return text


def paged(text, *, head=""):
    """Put page numbers, and heads, into a wrapped text, some of them within sentences."""
    lines = text.split("\n")
    found = []
    number = 41
    for k, row in enumerate(lines):
        found.append(row)
        if k % 6 == 4 and row and k + 1 < len(lines) and lines[k + 1]:
            found += ["", f"{number}" + (f"   {head}" if head else ""), ""]
            number += 1
    return "\n".join(found)


def marks(opening, closing, inner_open="'", inner_close="'"):
    text = re.sub(r'"([^"]*)"', rf"{opening}\1{closing}", STORY)
    return text


def tags(name, thought="The user wants a well. I should keep it calm. Let me write it."):
    return f"<{name}>\n{thought}\n\nA second thought: no ghosts.\n</{name}>\n\n{STORY}"


def page(body):
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><title>The Well</title>\n<style>p { margin: 0 }</style>'
        "<script>var a = 1 < 2;</script></head>\n<body><nav><ul><li><a\nhref='/'>Home</a></li>"
        f"<li>About</li></ul></nav><h1>The Well</h1><!-- text -->\n<div class='entry-content'>{body}</div>"
        "<div id='comments'><p>Lovely!</p></div><footer>All rights reserved</footer></body></html>"
    )


def paragraphs_in_html():
    return "\n".join(
        "<hr/>" if p == "* * *" else f"<p class='x'\n>{html.escape(p)}</p>" for p in PARAGRAPHS
    )


GUTENBERG = """\
The Project Gutenberg eBook of The Well

This ebook is for the use of anyone anywhere at no cost and with
almost no restrictions whatsoever.

Title: The Well

Author: A. Writer

*** START OF THE PROJECT GUTENBERG EBOOK THE WELL ***

Produced by Some Body and the Online Distributed Proofreading Team

THE WELL

BY A. WRITER

CONTENTS

I. The Lid .......... 1
II. The Letter ...... 4

I. THE LID

{}

*** END OF THE PROJECT GUTENBERG EBOOK THE WELL ***

Updated editions will replace the previous one.
"""

DRESSES = {
    "straight and curly": marks("“", "”").replace("'", "’"),
    "German marks": marks("„", "“"),
    "Swedish marks": marks("”", "”"),
    "guillemets": marks("«", "»"),
    "guillemets with blanks": marks("«\xa0", "\xa0»"),
    "guillemets turned": marks("»", "«"),
    "corner brackets": marks("「", "」"),
    "British marks": marks("'", "'"),
    "British curly marks": marks("‘", "’").replace("isn't", "isn’t").replace("'s", "’s"),
    "typed low marks": marks(",,", "”"),
    "LaTeX marks": marks("``", "''"),
    "wrapped at 72": wrap(72),
    "wrapped at 38": wrap(38),
    "wrapped at 118": wrap(118),
    "wrapped, set in, no blank lines": wrap(64, indent="    ", between="\n"),
    "wrapped, a blank line after each": wrap(60, line="\n\n", between="\n\n\n"),
    "wrapped, CR CR LF": wrap(70).replace("\n", "\r\r\n"),
    "wrapped, words cut": wrap(66, hyphens=True),
    "wrapped, soft hyphens": hyphenated(wrap(66), "\xad"),
    "wrapped, not signs": hyphenated(wrap(66), "¬"),
    "page numbers": paged(wrap(66)),
    "running heads": paged(wrap(66), head="THE WELL"),
    "mojibake": marks("“", "”").encode().decode("cp1252", "replace").replace("\ufffd", "\x9d"),
    "backslash-n": STORY.replace("\n", "\\n"),
    "JSON": json.dumps({"title": "The Well", "story": STORY}),
    "JSON in a fence": f"```json\n{json.dumps({'text': STORY}, indent=1)}\n```",
    "code fence": f"```text\n{STORY}\n```",
    "thinking": tags("think"),
    "thinking, closing tag alone": tags("think").removeprefix("<think>\n"),
    "reasoning": tags("reasoning").replace("\n\nThe well", "\n\n<answer>\nThe well") + "\n</answer>",
    "channels": "<|channel|>analysis<|message|>A well, then.<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{STORY}<|return|>",
    "ChatML": f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n{STORY}<|im_end|>",
    "Llama 2": f"<s>[INST] <<SYS>>\nBe good.\n<</SYS>>\n\n{PROMPT} [/INST] {STORY} </s>",
    "Gemma": f"<start_of_turn>user\n{PROMPT}<end_of_turn>\n<start_of_turn>model\n{STORY}<end_of_turn>",
    "Human and Assistant": f"Human: {PROMPT}\n\nAssistant: {STORY}",
    "Instruction and Response": f"### Instruction:\n{PROMPT}\n\n### Response:\n{STORY}",
    "prompt and story": f"**Prompt:** {PROMPT}\n\n**Story:**\n\n{STORY}",
    "bare prompt": f"{PROMPT}\n\n{STORY}",
    "prompt of a forum": f"[WP] A well that nobody opens.\n\n{STORY}",
    "reply": f"Sure! Here's a short story based on your prompt:\n\n---\n\n{STORY}\n\n---\n\n"
    "Let me know if you'd like me to change anything about the story!",
    "fan fiction": "Title: The Well\nRating: G\nSummary: A well is opened.\nDisclaimer: I own nothing.\n\n"
    f"A/N: My first one, be kind!\n\n* * *\n\n{STORY}\n\n* * *\n\nA/N: Thanks for reading! Please review!",
    "word count": f"{STORY}\n\n(Word count: 213)",
    "library": GUTENBERG.format(wrap(70)),
    "web page": page(paragraphs_in_html()),
    "paragraphs in tags": paragraphs_in_html(),
    "line-break tags": html.escape(STORY, quote=False).replace("\n", "<br />\n"),
    "half surrogate and marks": "\ufeff" + STORY.replace(" ", "\xa0", 3),
}
