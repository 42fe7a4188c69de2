"""Importing this module registers every command."""

from storyscope.cli import (  # noqa: F401
    analyse,
    attribution,
    corpora,
    codebook,
    demo,
    judge,
    scoring,
    validate,
    tables,
)
