"""Feature tables: one row a story, key columns first, then a column a feature id.

A table is a pandas DataFrame. What made it (codebook, measures, spaCy model, settings) travels in
``table.attrs["storyscope"]`` and in the Parquet file's metadata.
"""

from storyscope.table.cells import csv_text, encodable, text_cells, textual
from storyscope.table.checked import KEYS, check_table, feature_ids, provenance
from storyscope.table.files import (
    MANIFEST,
    check_target,
    in_pandas,
    is_table,
    judged_columns,
    read_parquet,
    read_table,
    write_table,
)
from storyscope.table.joined import MADE_BY, join_tables, joined_audits
from storyscope.table.records import read_record
from storyscope.table.shipped import MATCHED, PEOPLE, REFERENCE, matched_tables, reference_table

__all__ = [
    "KEYS",
    "MADE_BY",
    "MANIFEST",
    "MATCHED",
    "PEOPLE",
    "REFERENCE",
    "check_table",
    "check_target",
    "csv_text",
    "encodable",
    "feature_ids",
    "in_pandas",
    "is_table",
    "join_tables",
    "joined_audits",
    "judged_columns",
    "matched_tables",
    "provenance",
    "read_parquet",
    "read_record",
    "read_table",
    "reference_table",
    "text_cells",
    "textual",
    "write_table",
]
