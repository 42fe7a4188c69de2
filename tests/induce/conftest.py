"""A scripted model on loopback, and corpora of which it is known what they hold."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from servers import chat as chat_server

TESTS = Path(__file__).parents[1]


def _loaded(name, home):
    if name not in sys.modules:
        spec = spec_from_file_location(name, home)
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


simulation = _loaded("induce_discovery", TESTS.parent / "benchmarks" / "induce_discovery.py")


@pytest.fixture
def script():
    """The scripted model."""
    return simulation.Scripted(1)


@pytest.fixture
def chat(monkeypatch, script):
    """Its server; the SDK does not wait long between tries."""
    for sdk in ("openai", "anthropic"):
        monkeypatch.setattr(f"{sdk}._base_client.INITIAL_RETRY_DELAY", 0.01)
        monkeypatch.setattr(f"{sdk}._base_client.MAX_RETRY_DELAY", 0.02)
    with chat_server.serving(script.write) as state:
        yield state


@pytest.fixture
def made():
    """A corpus with three planted things."""
    return simulation.Made(3)


@pytest.fixture
def files(made, tmp_path, monkeypatch):
    """The corpus and its feature table as files; a small codebook in the place of the shipped one."""
    monkeypatch.setattr("storyscope.induce.discover.run.default_codebook", lambda: made.codebook)
    corpus, table = tmp_path / "stories.jsonl", tmp_path / "known.csv"
    rows = [{"id": s.id, "text": s.text, "source": s.source, "prompt_id": s.prompt_id}
            for s in made.stories]  # fmt: skip
    corpus.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    keys = [[s.source, s.prompt_id, 50] for s in made.stories]
    known = made.table.assign(
        **dict(zip(("source", "prompt_id", "words"), zip(*keys, strict=True), strict=True))
    )
    known.to_csv(table, index=False)
    return corpus, table


@pytest.fixture
def work(chat, made, tmp_path):
    """A discovery against the server, by the settings given."""
    from storyscope.generate.writers import Writer
    from storyscope.induce.discover import Discovery, Settings
    from storyscope.providers import service_of

    opened = []

    def make(stories=None, model="m", base_url=chat.url, table=made.table, **options):
        reader = Writer("reader", model, service_of(model, base_url=base_url), workers=1)
        settings = {"dimensions": ("plot",), "discover": 2, "pilot": 8, "runs": 1, **options}
        opened.append(
            Discovery.of(
                made.stories if stories is None else stories, reader, tmp_path / "stages",
                settings=Settings(**settings), codebook=made.codebook, table=table,
            )
        )  # fmt: skip
        return opened[-1]

    yield make
    for each in opened:
        each.answers.close()
