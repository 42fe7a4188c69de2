"""Answers on disk: keys, two processes, damage, and a run that is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from servers import messages as server

from storyscope.corpus import Corpus, Story
from storyscope.errors import ModelError
from storyscope.judge.prompts import Ask
from storyscope.judge.run import roots
from storyscope.providers.money import Usage
from storyscope.providers.store import Answers

HERE = Path(__file__).parent


def test_the_key_holds_all_that_changes_a_reply_and_nothing_else(book):
    features = tuple(book[f] for f in book.ids(dimension="plot"))
    ask = Ask("m", "A tale.", features)
    changes = [
        replace(ask, model="n"),
        replace(ask, text="A tale!"),
        replace(ask, sample=1),
        replace(ask, effort="low"),
        replace(ask, again=True),
        replace(ask, features=features[:2]),
        replace(ask, features=features[::-1]),
        *(
            replace(ask, features=(replace(features[0], **{field: value}), *features[1:]))
            for field, value in {
                "question": "How does it really end?",
                "evidence": "The last line.",
                "values": {"well": "gains", "badly": "losses"},
                "condition": "it ends",
            }.items()
        ),
    ]
    keys = [ask.key, *(c.key for c in changes)]
    assert len(set(keys)) == len(keys)
    same = [
        replace(ask, features=(replace(features[0], **{field: value}), *features[1:]))
        for field, value in {"name": "X", "source": "Y", "card": {"a": 1}, "style": True,
                             "example": {"well": "z"}}.items()
    ]  # fmt: skip
    assert {s.key for s in same} == {ask.key}
    assert ask.params("5m") != ask.params("1h")  # caching is no part of the key


def test_a_new_question_leaves_other_dimensions_alone(api, judging, book, tmp_path):
    from storyscope.codebook import Codebook

    judging().ask()
    more = Codebook([*book, replace(book["SET_TST_01"], id="SET_TST_02")])
    assert judging(codebook=more).ask() == 3


def test_damage_is_reported_and_left_as_it_is(tmp_path):
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"this is no database, " * 200)
    with pytest.raises(ModelError, match=r"is damaged.*left as it is"):
        Answers(path)
    assert path.read_bytes().startswith(b"this is no database")


def test_pages_overwritten_are_reported(api, judging, tmp_path):
    asked = judging()
    asked.ask()
    asked.answers.close()
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        judging()


def test_a_reply_that_was_tampered_with_is_reported(api, judging, statuses):
    asked = judging()
    asked.ask()
    with sqlite3.connect(asked.answers.path) as db:
        db.execute("update reply set reply = '{' where key = (select min(key) from reply)")
    db.close()
    with pytest.raises(ModelError, match=r"can no longer be read.*damaged"):
        statuses(asked)


def test_another_layout_is_refused(tmp_path):
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(ModelError, match=r"another version of storyscope.*--answers"):
        Answers(path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises((ModelError, OSError)):
        Answers(tmp_path / "file" / "answers.sqlite")


def test_no_story_is_on_disk(api, judging):
    asked = judging()
    asked.ask()
    asked.answers.close()
    content = b"".join(p.read_bytes() for p in asked.answers.path.parent.glob("answers.sqlite*"))
    assert b"It was the year of the" not in content


def test_a_claim_of_a_process_that_is_gone_counts_for_nothing(tmp_path):
    mine, other = Answers(tmp_path / "a"), Answers(tmp_path / "a")
    assert mine.claim("k")
    other._owner = other._owner.replace(str(os.getpid()), "999999999")
    assert not other.claim("k")
    mine.release("k")
    assert other.claim("k")  # by a process that does not exist
    assert mine.claim("k")
    assert not mine.claim("k")  # two threads are not to send the same request either
    mine.keep("k", "k", "{}", {}, "m", Usage())
    assert mine.claim("k")
    mine.close()
    other.close()


def test_two_stories_with_the_same_text_are_asked_about_once(api, judging, statuses):
    text = "She ran to the sea. " * 150
    twins = Corpus.from_stories([Story(f"t{i}", text, f"m{i}", "p") for i in range(3)])
    api.delay = 0.05
    asked = judging(twins)
    assert asked.ask(workers=3) == 3 == len(api.log)
    assert list(statuses(asked).values()) == ["answered"] * 18


WORKER = """
    import sys, pathlib
    from storyscope.codebook import load_codebook
    from storyscope.corpus import read_corpus
    from storyscope.judge.work import Judging
    corpus, answers, book, workers = sys.argv[1:]
    asked = Judging.of(read_corpus(corpus), "claude-sonnet-5-5", answers=answers,
                       codebook=load_codebook(book))
    print(asked.ask(workers=int(workers)))
"""


@pytest.fixture
def start(book, tmp_path, api):
    """Starts another process that asks about a corpus in a file."""
    import json

    def run(stories, workers=1):
        path = tmp_path / "stories.jsonl"
        rows = [{"id": s.id, "text": s.text, "source": s.source, "prompt_id": s.prompt_id}
                for s in stories]  # fmt: skip
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER), path, tmp_path / "answers.sqlite",
             tmp_path / "book", str(workers)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return run


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_kill_9_in_the_middle_and_no_request_is_asked_twice(api, judging, start, statuses, corpus):
    holding = threading.Event()
    api.faults.extend([*[None] * 5, server.held(holding)])
    process = start(corpus)
    until(lambda: len(api.calls) == 6)  # five answered, the sixth under way
    process.send_signal(signal.SIGKILL)
    process.communicate()
    holding.set()
    until(lambda: len(api.log) == 6)
    before = [(a.story, a.questions) for a in api.log[:5]]
    api.log.clear()
    asked = judging()
    assert asked.ask() == 4
    after = [(a.story, a.questions) for a in api.log]
    assert not set(before) & set(after)
    assert len(set(before) | set(after)) == 9
    assert set(statuses(asked).values()) == {"answered"}
    assert asked.answers.spent(roots(corpus, asked.plan))[0].requests == 9


def test_two_processes_share_the_work(api, judging, start, statuses, tmp_path):
    stories = Corpus.from_stories(
        [Story(f"t{i}", f"Tale {i}. " + "She ran to the sea. " * 150, "m", f"p{i}")
         for i in range(6)]
    )  # fmt: skip
    api.delay = 0.05
    processes = [start(stories, 2) for _ in range(2)]
    done = [p.communicate(timeout=120) for p in processes]
    assert [p.returncode for p in processes] == [0, 0], done
    assert sum(int(out) for out, _ in done) == 18
    assert len({(a.story, a.questions) for a in api.log}) == 18 == len(api.log)
    assert set(statuses(judging(stories)).values()) == {"answered"}
