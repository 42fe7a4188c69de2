"""Strangers stand out, the reference's own do not."""

import numpy as np

from storyscope.attribute.novelty import UNLIKE, Novelty, fit_novelty


def reference(n=400, columns=20, seed=0):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, columns))
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix, rng.uniform(300, 2000, n)


def test_texts_like_the_reference_are_not_unlike_it():
    matrix, words = reference()
    novelty = fit_novelty(matrix, words)
    fresh, fresh_words = reference(300, seed=9)
    assert np.mean(novelty.score(fresh, fresh_words) >= UNLIKE) < 0.06


def test_strangers_are_found():
    matrix, words = reference()
    novelty = fit_novelty(matrix, words)
    strangers, stranger_words = reference(100, seed=5)
    assert np.mean(novelty.score(strangers * 2.5 + 2, stranger_words) >= UNLIKE) > 0.9


def test_it_survives_json(tmp_path):
    matrix, words = reference(80)
    novelty = fit_novelty(matrix, words)
    novelty.save(tmp_path / "n.json")
    again = Novelty.load(tmp_path / "n.json")
    assert np.allclose(novelty.score(matrix, words), again.score(matrix, words), atol=0.05)


def test_unknown_lengths_are_allowed():
    matrix, words = reference(80)
    scores = fit_novelty(matrix, words).score(matrix[:3], np.full(3, np.nan))
    assert np.isfinite(scores).all()
