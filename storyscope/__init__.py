"""StoryScope: see how stories are built, not only how they are worded."""
__version__ = "0.1.0"
