"""Results in a notebook: short, whole, and escaped."""

from dataclasses import replace

import pytest

import storyscope as ss
from storyscope.attribute.answer import Attribution, Contribution
from storyscope.attribute.evaluation import Evaluation
from storyscope.attribute.metrics import Metric
from storyscope.shown import MOST, in_html

EVIL = "<script>m&m</script>"


def test_long_tables_are_cut_and_say_so():
    html = in_html("Many", columns=("#n",), rows=[(k,) for k in range(MOST + 3)])
    assert html.count("<tr>") == MOST + 1
    assert "... and 3 more." in html


@pytest.fixture(scope="module")
def results(request):
    """One of every kind of result, of sources with a name that is no name."""
    table = ss.reference_table()
    table = table[table["source"].isin(["claude", "gpt"])].groupby("source").head(60)
    table = table.assign(source=table["source"].astype(str).replace("claude", EVIL))
    few = [*ss.default_codebook().ids("narrative")[:12], "SET_SEN_02", "SET_SEN_06"]
    kept = table[["story_id", "source", "prompt_id", "words", *(f for f in few if f in table)]]
    old, new = (kept[kept["source"] == s] for s in (EVIL, "gpt"))
    story = ss.measure_text("She ran to the door. " * 20, features=["EVT_DEN_01"], tagger=False)
    answer = Attribution(
        EVIL, {EVIL: 1.0}, 1.0, (EVIL,), 0.9, 800, "all", warnings=(EVIL,),
        features=(Contribution("A", EVIL, "d", False, 1.0, "", 0.4),),
    )  # fmt: skip
    return {
        "comparison": ss.compare(kept, resamples=50, permutations=19),
        "fingerprint": ss.fingerprint(kept, resamples=20),
        "diff": ss.diff(old, new),
        "attribution": answer,
        "no ground": replace(answer, probabilities=None, no_ground=(EVIL,)),
        "evaluation": Evaluation(EVIL, 1, 2, 3, 4, {EVIL: Metric(0.5, 0.4, 0.6)}, [[1]], [EVIL]),
        "codebook": ss.Codebook([replace(f, name=EVIL) for f in ss.default_codebook()], name=EVIL),
        "story": story,
    }


KINDS = [
    "comparison", "fingerprint", "diff", "attribution", "no ground", "evaluation", "codebook", "story",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_shows_itself_in_a_notebook(results, kind):
    html = results[kind]._repr_html_()
    assert html.startswith("<div><p><b>")
    assert "<script>" not in html
    assert kind == "story" or "&lt;script&gt;m&amp;m" in html
    assert len(html) < 20_000
