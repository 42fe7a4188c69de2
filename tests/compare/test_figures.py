import pytest

from storyscope.compare import compare
from storyscope.compare.figures import FIGURES, colours, save_figures


@pytest.fixture
def result(book, make_table):
    table = make_table(12, shift={"human": 1.0})
    return compare(table, features="all", codebook=book, resamples=100, permutations=49)


def test_every_figure_is_drawn_and_the_same_twice(result, tmp_path):
    first = save_figures(result, tmp_path / "one")
    second = save_figures(result, tmp_path / "two", formats=("svg", "pdf"))
    assert {path.suffix for path in first} == {".png", ".svg", ".pdf"}
    assert {path.stem for path in first} == set(FIGURES)
    for path in second:
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    assert ">a model and a person<" in (tmp_path / "one" / "gap.svg").read_text(encoding="utf-8")
    assert (tmp_path / "one" / "gap.png").read_bytes()[:4] == b"\x89PNG"


def test_figures_without_data_are_left_out(book, make_table, tmp_path):
    table = make_table(6, ("m1", "m2"))
    table["prompt_id"] = table["story_id"]
    lone = compare(table, features="all", codebook=book, resamples=100, permutations=49)
    written = {path.stem for path in save_figures(lone, tmp_path, formats=("svg",))}
    assert "tree" not in written
    assert "distances" not in written
    assert "map" in written


def test_people_are_dark_and_colours_are_many(result):
    found = colours(result)
    assert found["human"] == "#1f1f1f"
    assert len(set(found.values())) == len(found)
