"""Importing this module registers every command."""

from storyscope.cli import (  # noqa: F401
    analyse,
    attribution,
    calibrate,
    changes,
    codebook,
    corpora,
    demo,
    generate,
    induce,
    judge,
    pull,
    scoring,
    serve,
    tables,
    tagging,
    validate,
)
