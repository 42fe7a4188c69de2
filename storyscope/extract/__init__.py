"""Stories to feature tables."""

from storyscope.extract.identity import MEASURES_VERSION
from storyscope.extract.run import Progress, measured_ids, score, score_to_file

__all__ = ["MEASURES_VERSION", "Progress", "measured_ids", "score", "score_to_file"]
