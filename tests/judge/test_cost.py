"""All questions about one story of 5,000 words, by the server's accounts."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from storyscope.codebook import default_codebook

spec = spec_from_file_location(
    "judge_cost", Path(__file__).resolve().parents[2] / "benchmarks" / "judge_cost.py"
)
bench = module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.mark.parametrize(
    ("model", "most"),
    [("claude-fable-5-2", 0.17), ("claude-opus-5-5", 0.18), ("claude-opus-4-8", 0.20)],
)
def test_billed_input_against_ten_separate_uncached_calls(model, most):
    """A cache read costs a fortieth, a twentieth and a tenth of plain input."""
    book = default_codebook()
    tale = bench.story()
    assert len(tale.text.split()) == 5_000
    assert len(tale.text) / 5_000 == pytest.approx(5.7, abs=0.02)
    found = bench.shares(tale, model, book)
    print(f"{model}: {len(book.ids(answered_by='judge'))} questions, {found['prompt tokens']:,.0f} "
          f"tokens apart, billed input {found['cached, batched']:.1%}")  # fmt: skip
    assert found["cached, batched"] <= most
    assert found["cached"] <= 2.01 * most
    assert found["cached, batched"] < found["cached 1 h, batched"]
