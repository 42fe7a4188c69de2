"""Whether `induce --model` finds what is there, and nothing where sources do not differ.

Writes stories of which it is known what they hold, and has them read by a scripted model that sees
what the prompts show it and no more: it fills in templates with mistakes, compares them by letter, words
questions in two ways and answers them with mistakes. All stages of the command are run, with their
own settings, on each corpus:

- ``planted``: three of twenty things are told more often by one source.
- ``shuffled``: the same stories, their sources shuffled within each prompt.

    python benchmarks/induce_discovery.py
    python benchmarks/induce_discovery.py --sort planted --runs 20 --output /tmp/quick.json

A run takes a few seconds of one free processor. Results are written to
`results/induce_discovery.json` beside this script; sorts that are not run keep theirs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Story
from storyscope.generate.writers import Writer
from storyscope.induce.discover import Discovery, Settings
from storyscope.induce.discover import asking as discover_asking
from storyscope.providers import Reply, Request, service_of
from storyscope.providers.money import Usage
from storyscope.providers.schema import find_json

THINGS = {
    "clock": "Does a clock stop in the story?",
    "letter": "Does a letter arrive that changes a plan?",
    "dog": "Does an animal interrupt a conversation?",
    "soup": "Is a meal left unfinished?",
    "hammer": "Does somebody mend a broken object?",
    "coin": "Is money counted aloud?",
    "song": "Is a song remembered from childhood?",
    "mirror": "Does a character look into a mirror?",
    "storm": "Does bad weather force a change of plan?",
    "ticket": "Does a journey by train take place?",
    "window": "Is somebody watched through a window?",
    "key": "Is a lost key found again?",
    "grave": "Is a grave visited?",
    "apology": "Does one character apologise to another?",
    "map": "Does somebody lose the way?",
    "fever": "Does an illness slow the action down?",
    "vote": "Is a decision reached by a vote?",
    "gift": "Is a present refused?",
    "debt": "Does an old debt come due?",
    "garden": "Is a garden tended by the protagonist?",
}
"""What a story may hold, and the question about it."""
SOURCES = ("quill-7b", "reed-2.1", "wren-x9", "finch-4o")
PROMPTS, PLANTED = 26, 3
SETTINGS = Settings(dimensions=("plot",), discover=8, pilot=18)
MISTAKES = 0.05
FEATURES = ("EVT_DEN_01", "PLT_CON_01", "TMP_DUR_04")
"""Of the existing codebook, for stories whose values are made up."""


def worded(thing: str, other: bool) -> str:
    """A question in one of two wordings."""
    asked = THINGS[thing]
    return (
        asked.removesuffix("?").removesuffix(" in the story") + " in the story?" if other else asked
    )


class Made:
    """A corpus, with what was planted in it: the source by thing."""

    def __init__(self, seed: int, sort: str = "planted"):
        rng = np.random.default_rng(seed)
        things = list(THINGS)
        planted = [things[k] for k in rng.permutation(len(things))[:PLANTED]]
        self.truth = {t: SOURCES[int(rng.integers(len(SOURCES)))] for t in planted}
        self.stories: list[Story] = []
        self.held: list[set[str]] = []
        for p in range(PROMPTS):
            asked = rng.normal(0, 0.1, len(things))
            for source in rng.permutation(SOURCES):
                chance = np.clip(0.4 + asked, 0.05, 0.95)
                for t, by in self.truth.items():
                    chance[things.index(t)] = 0.92 if by == source else 0.3
                held = {t for t, c in zip(things, chance, strict=True) if rng.random() < c}
                told = " ".join(f"There was a {t} that evening." for t in things if t in held)
                text = f"It was number {p} of the houses. {told} And so it went on, by {source}."
                self.stories.append(Story(f"id-{p}-{source}", text, str(source), f"prompt-{p}"))
                self.held.append(held)
        if sort == "shuffled":
            self.truth = {}
            by_prompt = rng.permuted(np.arange(len(self.stories)).reshape(PROMPTS, -1), axis=1)
            whose = [self.stories[k].source for k in by_prompt.ravel()]
            self.stories = [
                Story(s.id, s.text, w, s.prompt_id)
                for s, w in zip(self.stories, whose, strict=True)
            ]
        self.codebook = Codebook([default_codebook()[f] for f in FEATURES], "existing")
        values = pd.DataFrame(
            rng.uniform(0, 1, (len(self.stories), len(FEATURES))), columns=FEATURES
        )
        self.table = values.assign(story_id=[s.id for s in self.stories])


class Scripted:
    """A model that knows nothing but what a prompt shows it, and makes mistakes."""

    def __init__(self, seed: int = 0):
        self._seed, self._rng = seed, random.Random(seed)
        self._times: Counter[str] = Counter()
        self.wordings = {worded(t, o): t for t in THINGS for o in (False, True)}

    def _mistaken(self) -> bool:
        return self._rng.random() < MISTAKES

    def write(self, params: dict[str, Any]) -> str:
        """The reply to a request of the chat protocol."""
        said = "\n\n".join(m["content"] for m in params["messages"])
        self._times[said] += 1
        one = copy(self)
        one._rng = random.Random(f"{self._seed} {self._times[said]} {said}")  # whoever asks first
        return json.dumps(one.reply(said))

    def reply(self, said: str) -> dict[str, Any]:
        """The reply to a prompt, as data."""
        if "by filling in this form" in said:
            return self._template(said)
        if "Name at most" in said:
            return self._compared(said)
        if "Make at most" in said:
            return self._asked(said)
        if "Say of each, by its number" in said:
            return self._gated(said)
        return self._answered(said)

    def _template(self, said: str) -> dict[str, Any]:
        slots = re.findall(r"^- ([a-z ]+):", said.partition("filling in this form")[2], re.M)
        story = said.partition("Above stands a story")[0]
        held = [t for t in THINGS if (f"a {t} that" in story) != self._mistaken()]
        return {slot: ", ".join(held) if k == 0 else "none" for k, slot in enumerate(slots)}

    def _compared(self, said: str) -> dict[str, Any]:
        shown = dict(re.findall(r"Story ([A-Z]):\n<story-\w+>\n(.*?)\n</story", said, re.S))
        held = {k: set(next(iter(json.loads(v).values())).split(", ")) for k, v in shown.items()}
        found = []
        for thing in self._rng.sample(list(THINGS), len(THINGS)):
            by = [letter for letter, things in held.items() if thing in things]
            if 0 < len(by) < len(shown):
                found.append({"observation": f"There is a {thing} in it.", "stories": by})
        return {"observations": found[:10]}

    def _asked(self, said: str) -> dict[str, Any]:
        rests: dict[str, list[int]] = {}
        for number, thing in re.findall(r"^(\d+)\. There is a (\w+) in it", said, re.M):
            rests.setdefault(thing, []).append(int(number))
        return {
            "questions": [
                {
                    "name": f"a {thing} as a turn",
                    "question": worded(thing, self._rng.random() < 0.5),
                    "kind": "binary",
                    "answers": [
                        {"value": "yes", "meaning": f"the story tells of a {thing}"},
                        {"value": "no", "meaning": "nothing of the kind is told"},
                    ],
                    "evidence": "A passage that tells it.",
                    "condition": "",
                    "rests_on": numbers,
                }
                for thing, numbers in rests.items()
                if len(numbers) > 1
            ]
        }

    def _gated(self, said: str) -> dict[str, Any]:
        numbers = re.findall(r"^(\d+)\. ", said, re.M)
        yes = dict.fromkeys(
            ("answerable", "about_telling", "general", "one_thing", "answers_clear"), "yes"
        )
        return {"checks": [{"number": int(n), **yes, "why": ""} for n in dict.fromkeys(numbers)]}

    def _answered(self, said: str) -> dict[str, Any]:
        story = re.search(r"<story-(\w+)>\n(.*?)\n</story-\1>", said, re.S)
        assert story is not None
        answers = []
        for name, asked in re.findall(r"^\[(\w+)\] (.*)$", said, re.M):
            holds = f"a {self.wordings[asked]} that" in story[2]
            value = "yes" if holds != (self._rng.random() < MISTAKES / 2) else "no"
            answers.append({"feature_id": name, "value": value, "quotes": [], "confidence": "high"})
        if "has an entry for every question" in said:
            return {a.pop("feature_id"): a for a in answers}
        return {"answers": answers}


class _InProcess:
    """The scripted model behind the interface of a provider, without a server."""

    def __init__(self, script: Scripted):
        self._script = script

    def ask(self, request: Request) -> Reply:
        text = json.dumps(self._script.reply(request.system + "\n" + request.messages[-1].text))
        return Reply(text, "answered", Usage(10, output=10, requests=1), "scripted", "stop",
                     "json_schema", find_json(text))  # fmt: skip

    def ready(self) -> None:
        pass

    def close(self) -> None:
        pass


@contextmanager
def reading(script: Scripted) -> Iterator[None]:
    """Have a scripted model in the place of all services."""
    from storyscope.generate import run as generate_run

    def connect(*_: Any, **__: Any) -> _InProcess:
        return _InProcess(script)

    before = generate_run.connect, discover_asking.connect
    generate_run.connect = discover_asking.connect = connect  # type: ignore[assignment]
    try:
        yield
    finally:
        generate_run.connect, discover_asking.connect = before


def score(seed: int, sort: str, nlp: Any = None) -> tuple[int, int, int, int]:
    """Wrong questions kept, all kept, planted things found, and questions tested, of one run."""
    made = Made(seed, sort)
    # Claude's form has all questions about a story in one request, which makes a run quick.
    reader = Writer("reader", "claude", service_of("claude"), workers=1)
    with tempfile.TemporaryDirectory() as folder, reading(Scripted(seed)):
        work = Discovery.of(
            made.stories, reader, folder, settings=SETTINGS, codebook=made.codebook,
            table=made.table, nlp=nlp,
        )  # fmt: skip
        found = work.run()
        work.answers.close()
    wordings = Scripted().wordings
    kept = [wordings[found.features[t.feature].question] for t in found.kept]
    wrong = sum(thing not in made.truth for thing in kept)
    return wrong, len(kept), len(set(kept) & set(made.truth)), len(found.tests)


def simulate(sort: str, runs: int, nlp: Any = None) -> dict[str, float]:
    """Run one sort and sum it up."""
    began, scores = monotonic(), []
    for seed in range(runs):
        scores.append(score(seed, sort, nlp))
        if (seed + 1) % 20 == 0:
            left = (monotonic() - began) / (seed + 1) * (runs - seed - 1)
            print(f"{sort}: {seed + 1} of {runs}, {left:.0f} s left", flush=True)
    false = np.array([wrong / max(kept, 1) for wrong, kept, _, _ in scores])
    return {
        "runs": runs,
        "false discovery rate": round(float(false.mean()), 4),
        "standard error": round(float(false.std(ddof=1) / np.sqrt(runs)), 4),
        "runs with a false discovery": int((false > 0).sum()),
        "tested": sum(tested for *_, tested in scores),
        "kept": sum(kept for _, kept, _, _ in scores),
        "planted": runs * PLANTED if sort == "planted" else 0,
        "planted found": sum(right for _, _, right, _ in scores),
        "seconds": round(monotonic() - began, 1),
    }


def main() -> None:
    from storyscope.extract.pipeline import load_pipeline

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent / "results" / "induce_discovery.json"
    sorts = ("planted", "shuffled")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sort", choices=sorts, help="only this one")
    parser.add_argument("--output", type=Path, default=here)
    asked = parser.parse_args()
    nlp = load_pipeline().nlp
    results = json.loads(asked.output.read_text()) if asked.output.exists() else {}
    for sort in [asked.sort] if asked.sort else sorts:
        results[sort] = simulate(sort, asked.runs, nlp)
        print(sort, results[sort], flush=True)
        asked.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
