"""Attribution: who a text reads like, calibrated, explained, and cautious."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from storyscope.attribute.answer import Attribution
    from storyscope.attribute.evaluation import Evaluation, evaluate
    from storyscope.attribute.explain import attribute_row, attribute_text
    from storyscope.attribute.model import Attributor
    from storyscope.attribute.panel import Panel, people_score
    from storyscope.attribute.shapley import shap_explanation
    from storyscope.extract.pipeline import Pipeline

__all__ = [
    "Attribution",
    "Attributor",
    "Evaluation",
    "Panel",
    "attribute",
    "attribute_row",
    "attribute_text",
    "evaluate",
    "people_score",
    "shap_explanation",
]

_HOMES = {
    "Attribution": "answer",
    "Attributor": "model",
    "Evaluation": "evaluation",
    "Panel": "panel",
    "attribute_row": "explain",
    "attribute_text": "explain",
    "evaluate": "evaluation",
    "people_score": "panel",
    "shap_explanation": "shapley",
}


def attribute(
    text: str, *, model: str | Path | None = None, pipeline: Pipeline | None = None
) -> Attribution:
    r"""Say who a text reads like: a person or a model, then which family, and what says so.

    Parameters
    ----------
    text : str
        A story, as it is.
    model : str or Path, optional
        Folder made by `storyscope train`, whose sources are then named; default the shipped models.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.

    Returns
    -------
    Attribution
        Its ``to_dict()`` is plain data. Where there is no ground for numbers, ``no_ground`` says
        why and ``probabilities`` is None.

    Raises
    ------
    UnusableText
        For a text of fewer than 80 words.
    ModelMismatch
        If the folder holds no model, or it is damaged.

    Examples
    --------
    >>> import storyscope as ss
    >>> play = "ANNA. You came.\n\nPIET. (Laughing.) I said that I would come.\n\n" * 12
    >>> answer = ss.attribute(play)
    >>> answer.probabilities is None, answer.no_ground[0][:32]
    (True, 'The text looks like a script (a ')
    """
    from storyscope.attribute.panel import shipped

    return shipped(model).attribute(text, pipeline=pipeline)


def __getattr__(name: str) -> Any:
    """Import heavy parts when first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
