"""Whether a model has learned from this very text, told by its measured values."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["row_digests"]

FEWEST_VALUES = 20
"""Different values under which two texts may be alike by chance, so that a row has no digest."""
DECIMALS = 4


def row_digests(matrix: NDArray[np.float64]) -> list[str]:
    """Ten hexadecimal digits for each row of encoded values; empty for a row with few of them.

    A text that is measured twice in the same way has one digest, and nothing of it can be read
    from that.

    Parameters
    ----------
    matrix : array of shape (n, n_columns)

    Examples
    --------
    >>> row = np.arange(30.0)
    >>> first, second, third = row_digests(np.array([row, row + 1e-9, row + 1]))
    >>> first == second, first == third, row_digests(np.ones((1, 30)))
    (True, False, [''])
    """
    rounded = np.round(matrix, DECIMALS) + 0.0  # minus nought is nought
    found = []
    for row in rounded:
        known = np.isfinite(row)
        if len(np.unique(row[known])) < FEWEST_VALUES:
            found.append("")
            continue
        plain = np.where(known, row, 0.0).astype("<f4").tobytes() + known.tobytes()
        found.append(blake2b(plain, digest_size=5).hexdigest())
    return found
