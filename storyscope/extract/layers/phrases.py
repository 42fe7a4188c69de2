"""Finding many fixed phrases in one pass over the tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Phrases"]


class Phrases:
    """A set of phrases, given as lower-case tokens joined by blanks.

    Examples
    --------
    >>> Phrases(["at last", "no longer"]).find(["she", "was", "no", "longer", "there"])
    [(2, 4)]
    """

    def __init__(self, phrases: Iterable[str]):
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            parts = tuple(phrase.split())
            self._by_first.setdefault(parts[0], []).append(parts)
        for options in self._by_first.values():
            options.sort(key=len, reverse=True)

    def find(
        self, tokens: Sequence[str], starts: Iterable[int] | None = None
    ) -> list[tuple[int, int]]:
        """Where phrases stand, as [start, end), the longest at each place; they do not overlap.

        Parameters
        ----------
        tokens : sequence of str
            Lower-case tokens.
        starts : iterable of int, optional
            Tokens at which a phrase may begin, in order; default all.
        """
        found: list[tuple[int, int]] = []
        by_first = self._by_first
        if starts is None:
            if by_first.keys().isdisjoint(tokens):
                return found
            starts = range(len(tokens))
        free = 0
        for i in [i for i in starts if tokens[i] in by_first]:
            if i < free:
                continue
            for parts in by_first[tokens[i]]:
                if tuple(tokens[i : i + len(parts)]) == parts:
                    found.append((i, i + len(parts)))
                    free = i + len(parts)
                    break
        return found
