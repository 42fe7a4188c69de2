"""Tables of text and the one form of it; then laws that hold for every text."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storyscope.corpus import SCENE_BREAK, Normalisation, normalise

BREAK = f"\n\n{SCENE_BREAK}\n\n"
LONG = "It was a long evening by the sea, and nobody came to the door of the last house. "


def form(text):
    return normalise(text).text


QUOTES = [
    ("“Go,” she said.", '"Go," she said.'),
    ("„Go“, she said.", '"Go", she said.'),
    ("« Go », she said.", '"Go", she said.'),
    ("``Go,'' she said.", '"Go," she said.'),
    ("‘Go,’ she said. It’s late.", "'Go,' she said. It's late."),
    ("`Go,´ she said. 5′ 10″ tall.", "'Go,' she said. 5' 10\" tall."),
    ("'He said 'go''", "'He said 'go''"),  # two closing marks, not a double one
]

DASHES = [
    ("I knew—he left.", "I knew — he left."),
    ("I knew – he left.", "I knew — he left."),
    ("I knew--he left.", "I knew — he left."),
    ("I knew ---he left.", "I knew — he left."),
    ("I knew - he left.", "I knew — he left."),
    ("I knew -- -he left.", "I knew — he left."),
    ("I knew — he left.", "I knew — he left."),
    ("“What—” she said.", '"What —" she said.'),
    ("He stopped—“Go!”", 'He stopped — "Go!"'),
    ("“Well”—he paused—“no.”", '"Well" — he paused — "no."'),
    ("“—and then he left.”", '"— and then he left."'),
    ("—Rain? says Ann.", "— Rain? says Ann."),
    ("(no—) yes—, so", "(no —) yes —, so"),
    ("him.—No, well?—Yes", "him. — No, well? — Yes"),
    ("1914–1918, pp. 5‒6", "1914-1918, pp. 5-6"),
    ("a well‑known half-truth", "a well-known half-truth"),
    ("two- and three-fold", "two- and three-fold"),
    ("5 - 3 = 2", "5 - 3 = 2"),
    ("One:\n- bread\n- salt", "One:\n- bread\n- salt"),
    ("I mean----”", 'I mean —"'),
]

ELLIPSES = [
    ("Well… no", "Well... no"),
    ("Well…no", "Well... no"),
    ("Well . . . no", "Well... no"),
    ("Well ... no", "Well... no"),
    ("Well.... No", "Well... No"),
    ("“…and so", '"...and so'),
    ("so ... . Then", "so... Then"),
    ("No.. yes", "No.. yes"),
]

EMPHASIS = [
    ("It *was* late.", "It was late."),
    ("It **was** ***very*** _late_ __now__.", "It was very late now."),
    ("**Bold with *italics* within** it.", "Bold with italics within it."),
    ("***Both** apart*, they went.", "Both apart, they went."),
    ("“*Run!*” she said. (*Now.*)", '"Run!" she said. (Now.)'),
    ("*Run ! * he thought.", "Run! he thought."),
    ("She *call*s, **H**arken.", "She calls, Harken."),
    ("*Emphasis over\ntwo lines.*", "Emphasis over\ntwo lines."),
    ("*The first paragraph.\n\nThe second.*", "The first paragraph.\n\nThe second."),
    ("2 * 3 * 4 is 24.", "2 * 3 * 4 is 24."),
    ("Use snake_case_names and _x.", "Use snake_case_names and _x."),
    ("What the f*ck, sh*t and f***.", "What the f*ck, sh*t and f***."),
    ("Some gulls* do so.", "Some gulls* do so."),
    ("Dear _____, come.", "Dear _____, come."),
]

BREAKS = [
    f"One.{glyph}Two."
    for glyph in (
        "\n\n***\n\n", "\n\n* * *\n\n", "\n---\n", "\n\n- - -\n\n", "\n\n# # #\n\n", "\n\n~\n\n",
        "\n\n⁂\n\n", "\n<hr>\n", "\n\n• • •\n\n", "\n\n========\n\n", "\n_________\n", "\n\n—\n\n",
        "\n\n*\n\n\n*\n\n", "\n\n\\*\\*\\*\n\n", "\n\n-- -- --\n\n", "\n\n## Chapter 2\n\n",
        "\n\n**Chapter Two: The Gate**\n\n", "\n\nCHAPTER II.\n\nTHE GATE OPENS\n\n", "\n\nXIV\n\n",
        "\n\n### **The Gate**\n\n", "\n\nEpilogue\n\n", "\n\nx x x\n\n",
    )
]  # fmt: skip

HEADINGS = [
    ("# The Gate\n\nIt opened.", "It opened."),
    ("# The Gate\n\n## Chapter 1\n\n---\n\nIt opened.", "It opened."),
    ("**The Gate**\n\nIt opened.", "It opened."),
    ('**"The Gate"**\n\nIt opened.', "It opened."),
    ("Title: The Gate\nBy: A. Writer\n\nIt opened.", "It opened."),
    ("CHAPTER XXX.\n\nTHE GATE\n\nIt opened.", "It opened."),
    (f"The Last Gate\n\n{LONG}", LONG.strip()),
    ("I\n\nIt opened.", "It opened."),
    ("* * *\n\nIt opened.\n\n* * *", "It opened."),
    # and what is told, though it looks like a heading
    ("**I see you.**\n\nIt opened.", "I see you.\n\nIt opened."),
    ("## Day 12\n\nAnn came.", "Day 12\n\nAnn came."),
    (f"He left at noon\n\n{LONG}", f"He left at noon\n\n{LONG.strip()}"),
    ("Part one of the plan was simple.\n\nNo.", "Part one of the plan was simple.\n\nNo."),
    ("They counted.\n\n3\n\n2\n\n1\n\nGo.", "They counted.\n\n3\n\n2\n\n1\n\nGo."),
    ("Yours,\n\nC\n\nP.S. No.", "Yours,\n\nC\n\nP.S. No."),
    ("**LEVEL CLEARED**\n\nHe read.\n\n**WELL DONE**\n\nNo.", "He read.\n\nWELL DONE\n\nNo."),
    ("It opened.\n\nChapter 5", "It opened.\n\nChapter 5"),
    ("# The Gate", "The Gate"),
]

TOKENISED = [
    ("I do n't know , he said . We 'll see .", "I don't know, he said. We'll see."),
    ("`` Rain , rain , '' he said . `` I 'm wet . ''", '"Rain, rain," he said. "I\'m wet."'),
    ("“ No , ” he said . “ I ’ m not . ”", '"No," he said. "I\'m not."'),
    ("I 'm gon na go ( now ) , I ca n't stay .", "I'm gonna go (now), I can't stay."),
    (
        '" Go ! " I said . " I \'ll stay , it \'s safe . "',
        '"Go!" I said. "I\'ll stay, it\'s safe."',
    ),
    ("I 've been so ... I do n't know ... tired .", "I've been so... I don't know... tired."),
    ("`` One . ''     `` Two , I do n't . ''     Three .", '"One."\n\n"Two, I don\'t."\n\nThree.'),
    # ordinary text keeps its apostrophes
    ("Give 'em rock 'n' roll, it's late.", "Give 'em rock 'n' roll, it's late."),
    (
        "'Twas late, and 'tis 's if it wasn't, isn't.",
        "'Twas late, and 'tis 's if it wasn't, isn't.",
    ),
    ("A .45 and a .38, he said.", "A .45 and a .38, he said."),
    ("The ship , he said, was gone .", "The ship, he said, was gone."),
]

PARAGRAPHS = [
    ("One.\r\nTwo.\rThree.\u2028Four.", "One.\nTwo.\nThree.\nFour."),
    ("One.\u2029Two.\x0cThree.", "One.\n\nTwo.\n\nThree."),
    ("One.  \n\n\n\t\n  Two.   \n", "One.\n\nTwo."),
    ("  One\ttwo   three. ", "One two three."),
    (f"{LONG * 2}\n{LONG * 2}", f"{(LONG * 2).strip()}\n\n{(LONG * 2).strip()}"),
]

MARKUP = [
    ("Tom &amp; Ann &lt;3 &quot;x&quot; &#8212; &amp;amp;", 'Tom & Ann <3 "x" — &'),
    ("<p>One.</p><p>Two<br/>lines, <i>so</i>.</p>", "One.\n\nTwo\nlines, so."),
    ("One.<|im_end|></s>", "One."),
    ("> One.\n> Two.\n>> Three.", "One.\nTwo.\nThree."),
    ("A \\*star\\* and AT&T; <Ann> stays.", "A star and AT&T; <Ann> stays."),
    ("\ufeffZero\u200bwidth, soft\xadhyphen, nul\0.", "Zerowidth, softhyphen, nul."),
    ("cafe\u0301, ﬁne\u00a0ﬂoor, half \ud800.", "café, fine floor, half \ufffd."),
    ("[ WP ] It rained. [Illustration: rain] So.", "It rained. So."),
    ("It had [31] hardly [32].", "It had hardly."),
    ("(Illustrated by A. PEN)\n\nIt rained.", "It rained."),
    (
        "The Project Gutenberg eBook\n*** START OF THE PROJECT GUTENBERG EBOOK RAIN ***\n\n"
        "It rained.\n\n*** END OF THE PROJECT GUTENBERG EBOOK RAIN ***\nLicence.",
        "It rained.",
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    QUOTES + DASHES + ELLIPSES + EMPHASIS + HEADINGS + TOKENISED + PARAGRAPHS + MARKUP,
)
def test_one_form(text, expected):
    assert form(text) == expected


@pytest.mark.parametrize("text", BREAKS)
def test_one_form_of_a_scene_break(text):
    assert form(text) == f"One.{BREAK}Two."


CHATTER = [
    "Here's a short tale for your prompt:",
    "Sure! Here is a tale about rain, on the prompt you provided:",
    "Okay, here's rain. I've aimed for around 1,200 words, with remarks below.",
    "Here's my first draft of the rain scene:",
    "Here is my attempt at a damp narration in three parts:",
    "I'll do my best to create a wet narrative about rain.",
    "**Content warning:** rain.",
]
AFTER = [
    "Let me know if you'd like me to change anything!",
    "Would you like me to continue this story?",
    "I hope this is as wet as your request.",
    "---\n\n**Notes & Further Rain:**\n\n*   **Rain:** there could be more of it.",
    "*(Word count: ~1,207)*",
    "[ 513 Words ]",
    "**THE END**",
    "*(End of scene.)*",
    "**[END OF SCENE]**\n\n**Word Count: 998**",
    "Note: This draft could be longer.",
    "Edit : a comma",
    "Thanks for reading! Feedback is welcome.",
]
TOLD_FIRST = [
    "Okay, slowly now. One stair, then the next one.",
    "Here's the story as my aunt told it:",
    "Sure, I knew him. Everybody did.",
    "This is the story of a gate.",
    "Of course it rained, she thought.",
]
TOLD_LAST = [
    '"Would you like some soup?" asked the cook.',
    "Would you like some soup? That was all he said.",
    "I hope you are happy now.",
    "And that was the end.",
    "Let me know his name, I thought.",
    "It was only a note, but it was hers.",
    "Review the tapes, she told herself.",
    "I own nothing but this coat.",
    "Follow me, said the road.",
    "Final note: day 30",
]


@pytest.mark.parametrize("line", CHATTER)
def test_words_before_a_story_go(line):
    result = normalise(f"{line}\n\nIt rained.\n\nIt stopped.")
    assert result.text == "It rained.\n\nIt stopped."
    assert result.changes["chatter"] == 1


@pytest.mark.parametrize("lines", AFTER)
def test_words_after_a_story_go(lines):
    story = f"{LONG * 3}\n\nIt stopped."
    assert form(f"{story}\n\n{lines}") == form(story)


@pytest.mark.parametrize("line", TOLD_FIRST)
def test_a_narrators_first_words_stay(line):
    assert form(f"{line}\n\nIt rained.") == f"{line}\n\nIt rained."


@pytest.mark.parametrize("line", TOLD_LAST)
def test_a_narrators_last_words_stay(line):
    assert form(f"It rained.\n\n{line}") == f"It rained.\n\n{line}"


def test_a_text_that_is_all_chatter_is_left_for_the_audit():
    assert form("The end.\n\nWord count: 100") == "The end.\n\nWord count: 100"


def test_what_is_taken_off_mended_and_left_in_is_said():
    found = normalise(
        "<think>A gate?</think>It wasnâ€™t open, \ufffd so they say. See www.gate.org now."
    )
    assert found.off == {"a model's thinking": 2}
    assert found.mended == {"letters decoded wrongly": 1}
    assert found.left == ("web addresses", "letters lost or decoded wrongly")
    assert found.told()[0] == "Left out as no part of the story: a model's thinking (2 words)."


def test_a_thought_that_never_ends_is_left_in_and_said():
    found = normalise(f"<think>\n{LONG}")
    assert found.text == LONG.strip()
    assert found.left == ("thinking tags without their other half",)


def test_a_story_told_as_a_chat_keeps_its_turns():
    chat = "\n\n".join(["Human: Are you there?", "AI: I am. The rain is not."] * 6)
    assert form(chat) == chat


def test_chapters_are_no_pages():
    text = "\n\n".join(f"Chapter {n}\n\n{LONG * 3}" for n in range(1, 6))
    assert form(text).count(SCENE_BREAK) == 4


def test_one_long_line_does_not_stop_the_joining_of_others():
    assert form(f"{WRAPPED}\n\n{LONG * 4}") == f"{form(WRAPPED)}\n\n{(LONG * 4).strip()}"


def test_a_hyphen_at_a_line_end_goes_only_from_one_word():
    text = form(WRAPPED.replace("a light in\n", "a well-\nknown light in\n"))
    assert "walking about" in text
    assert "well-known" in text


WRAPPED = """\
The evening was long, and the wind that came in from the water carried
the sound of the bell as far as the last house, where nobody had lived
for years. Ann stopped at the gate and listened; there was a light in
one of the upper windows, and somebody was walk-
ing about.

She did not go in. She went back the way she had come, past the boats
and the nets, and told herself that it had been the moon. When she was
in bed she heard the bell again."""


def test_lines_wrapped_at_a_pages_width_are_joined():
    text = form(WRAPPED)
    assert text.count("\n") == 2
    assert "carried the sound" in text
    assert "\n\nShe did not" in text


def test_indented_lines_begin_paragraphs_in_wrapped_text():
    text = form(WRAPPED.replace("\n\nShe", "\n    She"))
    assert text == form(WRAPPED)


THINGS = ("sun", "moon", "star", "boat", "wind", "gull", "tide")


@pytest.mark.parametrize(
    "line",
    ["The {} went down upon the silent sea", '"Did you see the {} go down, or was it another?"'],
)
def test_verse_and_dialogue_keep_their_lines(line):
    text = "\n".join(map(line.format, THINGS))
    assert form(text) == text


# --- what is reported ----------------------------------------------------------------------------


def test_changes_are_counted_by_kind():
    result = normalise("# Rain\n\n“It *rained*,” he said — twice…\n\n***\n\nIt stopped.\n\nTHE END")
    assert result.changes == {
        "chatter": 1,
        "headings": 1,
        "emphasis": 2,
        "quotes": 2,
        "ellipses": 1,
        "scene_breaks": 1,
        "blanks": 2,
    }


def test_an_ordinary_text_is_not_touched():
    text = (
        f'"Rain," he said — twice.\n\n{(LONG * 5).strip()}{BREAK}It didn\'t stop... until it did.'
    )
    result = normalise(text)
    assert result.text == text
    assert result.changes == {}
    assert result.offset(3, 9) == (3, 9)


@pytest.mark.parametrize("name", list(Normalisation.__dataclass_fields__))
def test_each_kind_of_change_can_be_left_out(name):
    text = (
        "# Title\n\nSure, here's a tale for your prompt:\n\n<b>\u200bﬁne</b>, it *was* "
        "“so”—do n't he 'll ` wait…  now [ WP ] I 've .\n\n***\n\nIt rainâ€™d.\r\nIt stopped."
    )
    everything = normalise(text)
    without = normalise(text, Normalisation(**{name: False}))
    assert name in everything.changes, "the example has nothing of this kind"
    assert name not in without.changes
    assert without.text != everything.text
    nothing = Normalisation(**dict.fromkeys(Normalisation.__dataclass_fields__, False))
    assert normalise(text, nothing).text == text


# --- laws ----------------------------------------------------------------------------------------

PIECES = [
    "word", "The", "Chapter 4", "II", "III", "1", "2", "Dr", "THE END", "*", "**", "***", "_", "#",
    "# ", "\n", "\n\n", "\n\n\n", " ", "  ", "     ", "\t", "\r\n", "-", "--", "—", "–", "…", "...",
    ". . .", ".", ",", "?", '"', "'", "“", "”", "‘", "’", "``", "''", "`", "«", "»", "(", ")", "[",
    "]", "&amp;", "&lt;", "<br>", "<i>", "<hr>", "\\*", "\\", "> ", "\u200b", "\xa0", "ﬁ",
    "e\u0301",
    "\u0301", "~", "* * *", " n't", " 's", " ,", " .", "do n't , he '' said .", "[Illustration: x]",
    "[ WP ]", " [12]", "Sure! Here is a tale for your prompt:", "Word count: 1000",
    "Let me know if this story needs more.", "Title: The Door", "Notes on the Story:", "Day 3",
    "PROJECT GUTENBERG", "\ud800", "\0", "\u2028", "x x x", "```", "$ 5", LONG,
]  # fmt: skip
NASTY = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=16).map("".join)


@settings(max_examples=300, deadline=None)
@example("Chapter 4 n't\"-- n't")
@given(NASTY | st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    twice = normalise(once.text)
    assert twice.text == once.text
    assert twice.changes == {}
    assert normalise(text) == once, "and it is the same every time"


@settings(max_examples=200, deadline=None)
@given(NASTY)
def test_places_map_back_in_order_and_in_range(text):
    result = normalise(text)
    before = (0, 0)
    for i in range(len(result.text)):
        start, end = result.offset(i, i + 1)
        assert 0 <= start <= end <= len(text)
        assert (start, end) >= before
        assert end >= before[1]
        before = (start, end)
    if result.text:
        assert result.offset(0, len(result.text)) == (result.offset(0, 1)[0], before[1])


WORDS = st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=5).map(" ".join)
DECORATED = st.sampled_from(
    ["“{}.”", "*{}*", "**{}**", "{} — ", "{}—", "{}… ", "{}  ", "{}\n\n", "{}\n\n---\n\n", "({}) "]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(DECORATED, WORDS), min_size=1, max_size=8, unique_by=lambda p: p[1]))
def test_words_map_back_to_the_same_words(parts):
    # The same line three times inside a sentence would be a running head, so all differ.
    text = " ".join(pattern.format(words) for pattern, words in parts)
    result = normalise(text)
    position = 0
    for _, words in parts:
        for word in words.split():
            position = result.text.index(word, position)
            start, end = result.offset(position, position + len(word))
            assert text[start:end] == word
            position += len(word)


@pytest.mark.parametrize("place", [(-1, 2), (3, 2), (0, 99)])
def test_a_place_outside_the_text_is_an_error(place):
    with pytest.raises(ValueError, match="is no place in a text of 8 characters"):
        normalise("Hello ok").offset(*place)


@pytest.mark.parametrize(
    "unit",
    ["I\n", "# x\n\n", "*a ", "> ", "&amp;", " ", "-", '"', "[", "…", "<p>", "<!--", "A/N: a\n", "1\n",
     "Rating: T\n", "a-\nb", "Contents\nI. a 1\n", "<|im_start|>user\n", "â€œ", "'a "],
)  # fmt: skip
def test_a_long_monotonous_text_takes_no_long_time(unit):
    start = time.process_time()
    text = normalise(unit * (20_000 // len(unit))).text
    assert time.process_time() - start < 3
    assert form(text) == text


def test_time_grows_as_the_text_does():
    normalise("CHAPTER I\n" * 10)  # libraries are loaded
    short, long = (min(timed("CHAPTER I\n" * n) for _ in range(3)) for n in (2_000, 16_000))
    assert long < 8 * 4 * short


def timed(text):
    start = time.process_time()
    normalise(text)
    return time.process_time() - start
