"""Stories to feature tables."""

from storyscope.extract.identity import MEASURES_VERSION
from storyscope.extract.run import Progress, score, score_to_file
from storyscope.extract.settings import measured_ids

__all__ = ["MEASURES_VERSION", "Progress", "measured_ids", "score", "score_to_file"]
