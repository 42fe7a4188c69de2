"""What can go wrong when a model is asked."""

from storyscope.errors import StoryscopeError

__all__ = ["CostLimit", "JudgeError"]


class JudgeError(StoryscopeError):
    """A judge that cannot be asked: no key, no price, no connection, a damaged file of answers."""


class CostLimit(JudgeError):
    """The next request might have passed the limit that the user set."""
