import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from storyscope.codebook import Codebook, Feature
from storyscope.compare.distance import ZScored, encode
from storyscope.compare.published import PUBLISHED, published
from storyscope.errors import TooLittleData
from storyscope.table import check_table

SIX = ("human", "claude", "deepseek", "gemini", "gpt", "kimi")


@pytest.fixture
def released():
    """A table of the released layout: judged scales, ordinals, categories and multi-selects."""
    values = {"a": "", "b": "", "c": ""}
    kinds = ("scale", "ordinal", "categorical", "binary", "multi") * 3
    book = Codebook(
        [
            Feature(
                id=f"REL_{kind[:3].upper()}_{i:03d}", name=kind, dimension="plot", question="",
                kind=kind, evidence="", answered_by=("judge",), source="",
                range=(1.0, 5.0) if kind == "scale" else None,
                values={"yes": "", "no": ""} if kind == "binary"
                else {} if kind == "scale" else values,
            )
            for i, kind in enumerate(kinds)
        ]
    )  # fmt: skip
    rng = np.random.default_rng(0)
    import pandas as pd

    rows = []
    for p in range(25):
        for source in SIX:
            z = rng.normal(size=len(kinds)) * (2.0 if source == "human" else 0.7)
            z = z + (0.3 if source == "human" else 0.1 * SIX.index(source))
            row = {"story_id": f"{p}/{source}", "source": source, "prompt_id": str(p)}
            for feature, x in zip(book, z, strict=True):
                place = int(np.clip(round(x), -1, 1)) + 1
                row[feature.id] = {
                    "scale": float(np.clip(round(3 + x), 1, 5)),
                    "binary": "yes" if x > 0 else "no",
                    "multi": "|".join("abc"[: place + 1]),
                }.get(feature.kind, "abc"[place])
            rows.append(row)
    return pd.DataFrame(rows), book


def test_figures_are_those_of_the_definitions(released):
    table, book = released
    result = published(table, codebook=book, features="all")
    found = {figure.name: figure.found for figure in result.figures}
    assert list(found) == list(PUBLISHED)
    typed = check_table(table, book)
    vectors = ZScored(encode(typed, book, book.ids())).vectors
    label = table["source"].to_numpy()
    centre = {s: vectors[label == s].mean(axis=0) for s in SIX}
    apart = cdist(list(centre.values()), list(centre.values()))
    to_people, among = apart[0, 1:], apart[1:, 1:]
    assert found["centroids: people and models, mean"] == pytest.approx(to_people.mean(), 1e-4)
    assert found["centroids: people and the nearest model"] == pytest.approx(
        apart[0, 1:].min(), 1e-4
    )
    assert found["centroids: the two farthest models"] == pytest.approx(among.max(), 1e-4)
    near = NearestNeighbors(n_neighbors=25).fit(vectors).kneighbors()[0].mean(axis=1)
    rank = near.argsort().argsort() + 1
    people = label == "human"
    assert found["rarity: mean percentile, people"] == pytest.approx(
        rank[people].mean() / 150, 0.01
    )
    assert found["rarity: people in the rarest tenth"] > found["rarity: models in the rarest tenth"]
    assert found["rarity: AUC"] > 0.5
    assert found["radius: people"] > found["radius: models"]
    wins = [near[i * 6 : i * 6 + 6].argmax() == 0 for i in range(25)]
    assert found["rarity: prompts whose rarest story is people's"] == pytest.approx(np.mean(wins))


def test_the_published_values_stand_beside(released):
    table, book = released
    result = published(table, codebook=book, features="all")
    assert result.figures[0].published == 6.6
    rows = dict(row[:2] for row in result.tables()[0].rows)
    assert rows["rarity: AUC"] == "0.73"
    assert result.to_dict()["pool"] == 150


def test_a_smaller_pool_gives_nearly_the_same(released):
    table, book = released
    whole = {f.name: f.found for f in published(table, codebook=book, features="all").figures}
    part = {
        f.name: f.found for f in published(table, codebook=book, features="all", pool=80).figures
    }
    assert part["rarity: AUC"] == pytest.approx(whole["rarity: AUC"], abs=0.1)
    assert part["centroids: two models, mean"] == whole["centroids: two models, mean"]


def test_people_and_two_models_are_needed(released):
    table, book = released
    with pytest.raises(TooLittleData, match="need a source 'human'"):
        published(table[table["source"] != "human"], codebook=book, features="all")
