"""The bridge to the plots of `shap`, and the figure of one answer."""

from __future__ import annotations

import numpy as np
import pytest

from storyscope.attribute import Attributor, shap_explanation

# shap calls what newer releases of matplotlib are going to drop.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:PendingDeprecationWarning", "ignore:.*:FutureWarning"
)


@pytest.fixture(scope="module")
def model_and_table():
    from storyscope.paths import data_dir
    from storyscope.table import read_table

    # Whole stories: in short ones a heavy feature may be undefined throughout, and shap warns.
    table = read_table(data_dir("corpora") / "reference/slop5.parquet")
    return Attributor.load(data_dir("corpora") / "model/built"), table.iloc[:40]


def test_values_and_base_sum_to_the_margins(model_and_table):
    model, table = model_and_table
    explained = shap_explanation(model, table, "human")
    place = list(model.classes_).index("human")
    summed = explained.values.sum(axis=1) + explained.base_values
    assert np.allclose(summed, model.margins(table)[:, place], atol=1e-4)
    assert explained.data.shape == explained.values.shape == (40, len(model.columns_))
    assert explained.feature_names == list(model.columns_)


def test_shap_draws_it(model_and_table):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    model, table = model_and_table
    explained = shap_explanation(model, table, "human")
    shap.plots.beeswarm(explained, max_display=6, show=False)
    labels = [t.get_text() for t in plt.gca().get_yticklabels()]
    weight = np.abs(explained.values).mean(axis=0)
    heaviest = model.columns_[int(weight.argmax())]
    assert heaviest in labels
    plt.close("all")


def test_an_unknown_source_is_told_so(model_and_table):
    model, table = model_and_table
    with pytest.raises(ValueError, match=r"no source 'nobody'; it knows .*human"):
        shap_explanation(model, table, "nobody")


def test_without_shap_the_command_that_mends_it_is_named(model_and_table, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "shap", None)
    model, table = model_and_table
    with pytest.raises(ImportError, match=r"storyscope\[shap\]"):
        shap_explanation(model, table, "human")
