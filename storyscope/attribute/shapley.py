"""A model's contributions as the `shap` package takes them, for its plots (an extra)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.attribute.model import Attributor

__all__ = ["shap_explanation"]


def shap_explanation(model: Attributor, table: pd.DataFrame, source: str) -> Any:
    """What each feature column adds to one source's margin, for every row of a table.

    The values are the model's own (`Attributor.contributions`): exact tree SHAP, mixed with the
    products of its line. Nothing is sampled and `shap` explains nothing itself; it only draws.

    Parameters
    ----------
    model : Attributor
        Fitted on a feature table, or loaded.
    table : DataFrame
        A feature table of n stories.
    source : str
        One of ``model.classes_``.

    Returns
    -------
    shap.Explanation
        Values of shape (n, n_columns) in log-odds before calibration, base values of shape (n,),
        data of shape (n, n_columns) with NaN where a feature has no value.

    Raises
    ------
    ImportError
        If `shap` is not installed, with the command that mends it.
    ValueError
        If the model does not know the source.

    Examples
    --------
    ``shap.plots.beeswarm(shap_explanation(model, table, "human"))`` shows what moves a model.
    """
    classes = [str(c) for c in model.classes_]
    if source not in classes:
        raise ValueError(f"The model knows no source {source!r}; it knows {', '.join(classes)}.")
    try:
        import shap
    except ImportError:
        raise ImportError(
            "Plots by shap need that package; run `python -m pip install 'shap>=0.51'`, or install "
            "storyscope[shap]."
        ) from None
    matrix, _ = model._matrix(table)
    own = model._contributions(matrix)[:, classes.index(source)]
    return shap.Explanation(
        values=own[:, :-1],
        base_values=own[:, -1],
        data=matrix,
        feature_names=list(model.columns_),
        output_names=source,
    )
