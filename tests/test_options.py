"""The same option wherever the same thing is read."""

import typer.main

from storyscope.cli import app, commands  # noqa: F401  (registers the commands)

CORPUS = {"score", "tag", "corpus check", "compare", "diff", "train", "evaluate", "calibrate", "induce",
          "prompts from", "validate"}  # fmt: skip
"""Commands that read a corpus, alone or beside a table."""
TABLE = {"compare", "fingerprint", "report", "train", "evaluate", "diff", "reliability"}
"""Commands that read a feature table by a codebook; `attribute` and `calibrate` go by their model's."""
OWN = {"score", "features", "judge collect", "import-table"}
"""Others that take a codebook: to score, to show, to read answers by, to bring a table in by."""


def options():
    """Options of every command, by its name as it is typed."""

    def below(group, before):
        for name, command in group.commands.items():
            called = f"{before}{name}"
            if hasattr(command, "commands"):
                yield from below(command, f"{called} ")
            else:
                yield called, {p.name for p in command.params}

    return dict(below(typer.main.get_command(app), ""))


def test_column_names_columns_wherever_a_corpus_is_read():
    assert {name for name, known in options().items() if "column" in known} >= CORPUS


def test_texts_and_corpora_are_read_with_column():
    for name, known in options().items():
        reads = known & {"corpus", "texts", "invariance"}
        assert not reads or "column" in known or name == "attribute", (
            name
        )  # which reads manuscripts


def test_a_codebook_can_be_named_wherever_a_table_is_read():
    assert {name for name, known in options().items() if "codebook" in known} >= TABLE | OWN


def test_measures_of_one_s_own_can_be_named_where_texts_are_measured():
    assert {n for n, known in options().items() if "measures" in known} == {"score", "attribute"}
