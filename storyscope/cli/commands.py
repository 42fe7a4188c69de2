"""Importing this module registers every command."""

from storyscope.cli import (  # noqa: F401
    analyse,
    attribution,
    codebook,
    corpora,
    demo,
    induce,
    judge,
    pull,
    scoring,
    tables,
    tagging,
    validate,
)
