"""Attribution: who a text reads like, calibrated, explained, and cautious."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyscope.attribute.answer import Attribution
    from storyscope.attribute.evaluation import Evaluation, evaluate
    from storyscope.attribute.explain import attribute_row, attribute_text
    from storyscope.attribute.model import Attributor
    from storyscope.attribute.shapley import shap_explanation

__all__ = [
    "Attribution",
    "Attributor",
    "Evaluation",
    "attribute_row",
    "attribute_text",
    "evaluate",
    "shap_explanation",
]

_HOMES = {
    "Attribution": "answer",
    "Attributor": "model",
    "Evaluation": "evaluation",
    "attribute_row": "explain",
    "attribute_text": "explain",
    "evaluate": "evaluation",
    "shap_explanation": "shapley",
}


def __getattr__(name: str) -> Any:
    """Import heavy parts when first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
