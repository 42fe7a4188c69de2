"""Feature tables on disk, and what is refused."""

import pandas as pd
import pytest

from storyscope.errors import TableError, UnknownFeature
from storyscope.table import check_table, provenance, read_table, write_table


def test_a_table_comes_back_as_it_was(table, tmp_path):
    checked = check_table(table)
    checked.attrs["storyscope"] = {"pipeline": "p 1", "codebook": "c"}
    path = write_table(checked, tmp_path / "t.parquet")
    again = read_table(path)
    pd.testing.assert_frame_equal(checked, again, check_flags=False)
    assert provenance(again) == {"pipeline": "p 1", "codebook": "c"}


def test_the_same_table_is_written_to_the_same_bytes(table, tmp_path):
    one = write_table(check_table(table), tmp_path / "a.parquet").read_bytes()
    two = write_table(check_table(table), tmp_path / "b.parquet").read_bytes()
    assert one == two


def test_csv_keeps_values(table, tmp_path):
    checked = check_table(table)
    again = read_table(write_table(checked, tmp_path / "t.csv"))
    pd.testing.assert_frame_equal(checked, again, check_flags=False, check_dtype=False)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda t: t.drop(columns="source"), TableError, "no column 'source'"),
        (lambda t: t.assign(story_id="same"), TableError, "more than one"),
        (
            lambda t: t.assign(TMP_DRM_01="perhaps"),
            TableError,
            "'perhaps', which is none of yes, no",
        ),
        (lambda t: t.assign(EVT_ESC_01="many"), TableError, "must be numeric"),
        (lambda t: t.assign(EVT_ESC_99=1), UnknownFeature, "EVT_ESC_99"),
    ],
)
def test_what_breaks_the_codebook_is_named(table, change, error, says):
    with pytest.raises(error, match=says):
        check_table(change(table))


def test_a_file_that_is_no_table(tmp_path):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"not parquet at all")
    with pytest.raises(TableError, match="storyscope score"):
        read_table(path)
    with pytest.raises(TableError, match="no table at"):
        read_table(tmp_path / "absent.parquet")


def test_a_failed_write_leaves_the_old_file(table, tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    path = write_table(check_table(table), tmp_path / "t.parquet")
    before = path.read_bytes()

    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(pq, "write_table", broken)
    with pytest.raises(OSError, match="disk full"):
        write_table(check_table(table), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]
