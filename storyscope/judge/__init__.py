"""Closed questions about stories, put to a large model, with evidence and at a known price.

>>> from storyscope.judge import default_answers
>>> default_answers().name
'answers.sqlite'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyscope.errors import CostLimit, ModelError
    from storyscope.judge.agree import agreement, alpha, reliability
    from storyscope.judge.judged import read_sidecar
    from storyscope.judge.work import Judging
    from storyscope.providers.store import Answers, default_answers

__all__ = [
    "Answers",
    "CostLimit",
    "Judging",
    "ModelError",
    "agreement",
    "alpha",
    "default_answers",
    "read_sidecar",
    "reliability",
]

_HOMES = {
    "Answers": "storyscope.providers.store",
    "CostLimit": "storyscope.errors",
    "Judging": "storyscope.judge.work",
    "ModelError": "storyscope.errors",
    "agreement": "storyscope.judge.agree",
    "alpha": "storyscope.judge.agree",
    "default_answers": "storyscope.providers.store",
    "read_sidecar": "storyscope.judge.judged",
    "reliability": "storyscope.judge.agree",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for; the SDK only when a model is."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
