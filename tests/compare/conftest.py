import os

import numpy as np
import pandas as pd
import pytest

from storyscope.codebook import Codebook, Feature

# scikit-bio compiles for half a minute what takes a millisecond to run here.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")


def feature(feature_id, kind, dimension, **more):
    return Feature(
        id=feature_id, name=feature_id.lower(), dimension=dimension, question="", kind=kind,
        evidence="", answered_by=("measure",), source="", **more,
    )  # fmt: skip


BINARY = {"yes": "", "no": ""}


@pytest.fixture
def book():
    """Nine features of every kind in three dimensions; one is style."""
    return Codebook(
        [
            feature("AGE_AAA_01", "number", "agents", range=(0.0, 10.0)),
            feature("AGE_AAA_02", "share", "agents", range=(0.0, 1.0)),
            feature("AGE_AAA_03", "binary", "agents", values=BINARY),
            feature("AGE_AAA_04", "categorical", "agents", values={"x": "", "y": "", "z": ""}),
            feature("PLT_AAA_01", "ordinal", "plot", values={"low": "", "mid": "", "high": ""}),
            feature("PLT_AAA_02", "multi", "plot", values={"a": "", "b": "", "c": ""}),
            feature("PLT_AAA_03", "number", "plot", range=(-5.0, 5.0)),
            feature("STY_AAA_01", "number", "style", range=(0.0, 1.0), style=True),
            feature("PLT_AAA_04", "count", "plot", range=(0.0, 20.0)),
        ],
        name="tests",
    )


@pytest.fixture
def make_table():
    """Makes a table by the codebook `book` whose latent values the caller shifts and spreads."""

    def make(
        prompts=30,
        sources=("human", "m1", "m2", "m3"),
        *,
        shift=None,
        spread=None,
        prompt_effect=1.0,
        samples=1,
        missing=0.0,
        seed=0,
    ):
        rng = np.random.default_rng(seed)
        rows = []
        effects = rng.normal(0, prompt_effect, (prompts, 9))
        for p in range(prompts):
            for source in sources:
                for sample in range(samples):
                    z = effects[p] + rng.normal(0, (spread or {}).get(source, 1.0), 9)
                    z = z + (shift or {}).get(source, 0.0)
                    rows.append(row(f"p{p:03d}/{source}/{sample}", source, f"p{p:03d}", z, rng))
        table = pd.DataFrame(rows)
        for name in table.columns[4:]:
            table.loc[rng.random(len(table)) < missing, name] = None
        return table

    return make


def row(story_id, source, prompt_id, z, rng):
    share = 1 / (1 + np.exp(-z))
    return {
        "story_id": story_id,
        "source": source,
        "prompt_id": prompt_id,
        "words": int(500 * np.exp(rng.normal(0, 0.2))),
        "AGE_AAA_01": 5 + z[0],
        "AGE_AAA_02": share[1],
        "AGE_AAA_03": "yes" if z[2] > 0 else "no",
        "AGE_AAA_04": "xyz"[int(3 * share[3] * 0.999)],
        "PLT_AAA_01": ("low", "mid", "high")[int(3 * share[4] * 0.999)],
        "PLT_AAA_02": "|".join(c for c, on in zip("abc", z[5] > (-1, 0, 1), strict=True) if on)
        or "a",
        "PLT_AAA_03": z[6],
        "STY_AAA_01": share[7],
        "PLT_AAA_04": float(np.round(10 + 2 * z[8])),
    }


@pytest.fixture
def points():
    """Forty places in five dimensions, squared distances, and two groups of different spread."""
    rng = np.random.default_rng(5)
    at = rng.normal(size=(40, 5))
    label = np.repeat([0, 1], 20)
    at[label == 1] = at[label == 1] * 1.5 + 0.7
    return at, ((at[:, None] - at[None]) ** 2).sum(axis=2), label
