"""Writers on loopback, and stories that they write."""

import pytest
from servers import chat as chat_server


@pytest.fixture
def writer(monkeypatch):
    """A server that writes."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    with chat_server.serving(chat_server.obliging) as state:
        yield state


@pytest.fixture
def work(writer, tmp_path):
    """A generation of two prompts by one writer, by the settings given."""
    from storyscope.generate import Generation, Length, Prompt, Writer, Writers
    from storyscope.providers import service_of

    made = []
    prompts = [Prompt("p1", "A ferry is late.", 60), Prompt("p2", "A bell is cast.", 90)]

    def make(folder="corpus", prompts=prompts, length=None, **options):
        options = {"name": "quill", "model": "m", "workers": 1,
                   "service": service_of("m", base_url=writer.url), **options}  # fmt: skip
        writers = Writers((Writer(**options),), length or Length())
        made.append(Generation.of(prompts, writers, tmp_path / folder))
        return made[-1]

    yield make
    for each in made:
        each.answers.close()
