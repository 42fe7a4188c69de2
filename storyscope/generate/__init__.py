"""Parallel stories: the same prompts put to several writers, and prompts made of stories.

>>> from storyscope.generate import Prompt
>>> Prompt("p1", "A lighthouse is sold.", 800).words
800
"""

from storyscope.generate.prompts import Prompt, read_prompts
from storyscope.generate.work import Generation
from storyscope.generate.writers import Length, Writer, Writers, read_writers

__all__ = ["Generation", "Length", "Prompt", "Writer", "Writers", "read_prompts", "read_writers"]
