"""What made a table, as its file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["METADATA", "MOST_NESTED", "read_record", "record_in"]

METADATA = b"storyscope"

_RECORDED = {"meta": list, "normalised": dict, "judge": dict, "audit": dict, "audits": dict}
"""Parts of that record which others work with, and what they are."""

MOST_NESTED = 8
"""Levels of the record of what made a table."""


def read_record(path: Path) -> dict[str, Any]:
    """What made a Parquet table, as it says itself.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        If there is no such table or its record is damaged.
    """
    import pyarrow.parquet as pq

    return record_in((pq.read_metadata(path).metadata or {}).get(METADATA, b"{}"))


def record_in(raw: bytes) -> dict[str, Any]:
    """What made a table, as its file says: a mapping of plain values, not nested deep."""
    try:
        record = json.loads(raw)
    except RecursionError:
        record = None
    inner, depth = [record], 0
    while inner and depth <= MOST_NESTED:
        inner = [
            part
            for whole in inner
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        depth += 1
    if not isinstance(record, dict) or inner:
        raise ValueError("its record of what made it is damaged")
    for name, kind in _RECORDED.items():
        if not isinstance(record.get(name, kind()), kind):
            raise ValueError(f"its record of what made it is damaged at {name!r}")
    for audit in (record.get("audit"), *record.get("audits", {}).values()):
        if audit and not _is_audit(audit):
            raise ValueError("its record of what made it is damaged at 'audit'")
    return record


def _is_audit(audit: Any) -> bool:
    """Whether these are counts as `storyscope.corpus.audit.Audit.counts` gives them."""
    sources = audit.get("sources") if isinstance(audit, dict) else None
    if not isinstance(sources, dict) or not all(isinstance(c, dict) for c in sources.values()):
        return False
    found = [item for counts in sources.values() for item in counts.items()]
    inner = [n for _, n in found if isinstance(n, dict)]
    plain = [audit.get(name, 0) for name in ("exact", "near", "unknown")]
    plain += [n for _, n in found if not isinstance(n, dict)]
    plain += [n for marks in inner for n in marks.values()]
    return all(isinstance(n, int) for n in plain) and all(
        isinstance(n, dict) == (name in ("marks", "left", "kinds")) for name, n in found
    )
