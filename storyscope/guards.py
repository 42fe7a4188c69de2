"""What files of others may do to us: how much they may unpack to, what YAML may hold, what is shown.

Each guard stands here once, and is called where files are opened and where names are shown.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

__all__ = ["read_yaml", "shown", "unpacked"]

MOST_YAML = 20_000_000
"""Bytes of a YAML file."""
MOST_DEPTH = 60
"""Lists and mappings within one another."""
MOST_NODES = 1_000_000
"""Values of a YAML file, those that an alias stands for counted as often as it stands."""
SMALL = 64_000_000
"""Bytes that anything may unpack to."""
MOST_TIMES = 100
"""Times its own size that a larger file may unpack to; real tables pack to a tenth or so."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def unpacked(path: Path) -> bytes:
    """The content of a file, unpacked if its name ends in ``.gz``.

    Raises
    ------
    ValueError
        If it unpacks to far more than a file of its size should, or is not a whole gzip file.
    """
    if path.suffix.lower() != ".gz":
        return path.read_bytes()
    most = max(SMALL, MOST_TIMES * path.stat().st_size)
    try:
        with gzip.open(path, "rb") as file:
            content = file.read(most + 1)
    except EOFError as error:
        raise ValueError(str(error)) from error
    if len(content) > most:
        raise ValueError(f"it unpacks to more than {most / 1e6:,.0f} MB; unpack and check it first")
    return content


def read_yaml(path: Path, *, shipped: bool = False) -> Any:
    """What a YAML file holds: plain data, of a size and depth that can be worked with.

    Parameters
    ----------
    path : Path
    shipped : bool
        Whether it is a file of ours, which need not be looked through first.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no YAML or far too large, with the place where there is one.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if path.stat().st_size > MOST_YAML:
        raise ValueError(f"it is larger than {MOST_YAML / 1e6:.0f} MB")
    text = path.read_text(encoding="utf-8")
    try:
        if not shipped:
            _look_through(yaml, text, loader)
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except (TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _look_through(yaml: Any, text: str, loader: Any) -> None:
    """Refuse what would grow while it is read, before any of it is built."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = [(None, 0)]

    def add(size: int) -> None:
        anchor, so_far = open_[-1]
        if so_far + size > MOST_NODES:
            raise ValueError(f"it holds more than {MOST_NODES:,} values, aliases written out")
        open_[-1] = (anchor, so_far + size)

    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"the alias *{event.anchor} stands for nothing, or for itself")
            add(sizes[event.anchor])
        elif isinstance(event, yaml.ScalarEvent):
            if event.anchor:
                sizes[event.anchor] = 1
            add(1)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(open_) > MOST_DEPTH:
                raise ValueError(
                    f"more than {MOST_DEPTH} lists and mappings stand within one another"
                )
            open_.append((event.anchor, 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            if anchor:
                sizes[anchor] = size
            add(size)


def shown(text: str) -> str:
    r"""Text as it may be shown: what would steer a terminal or turn the line round is replaced.

    >>> shown("red \x1b[31malert\n")
    'red �[31malert\n'
    """
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
