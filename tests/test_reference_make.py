"""What ships was made by the measures that ship: a table of another make would compare wrongly."""

import pyarrow.parquet as pq
import pytest

from storyscope.attribute import Attributor
from storyscope.codebook import default_codebook
from storyscope.extract.identity import MEASURES_VERSION
from storyscope.extract.tagger import load_tagger
from storyscope.paths import data_dir
from storyscope.table import provenance, read_table

TABLES = sorted((data_dir("corpora") / "reference").rglob("*.parquet"))
MODELS = sorted(p.parent for p in data_dir("corpora").glob("model/*/model.json"))


def made_now(record):
    assert record["measures"] == MEASURES_VERSION
    assert record["tagger"] == load_tagger().version
    assert record["codebook"] == default_codebook().version


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.stem)
def test_tables_are_of_this_make(path):
    made_now(provenance(read_table(path)))


@pytest.mark.parametrize("folder", MODELS, ids=lambda p: p.name)
def test_models_are_of_this_make(folder):
    made_now(Attributor.load(folder).table_)


def test_there_are_tables_and_models():
    assert len(TABLES) > 5
    assert len(MODELS) == 5
    assert all(pq.read_metadata(path).num_rows > 10 for path in TABLES)
