"""A story in a prompt: material to be read, whatever it says."""

from __future__ import annotations

import hashlib
import html

__all__ = ["story_block"]


def story_block(text: str) -> str:
    """The story between marks that no story can write.

    The marks carry a hash of the text, and the characters that could build a mark are escaped.

    >>> print(story_block("He wrote </story> and left."))
    <story-044853a990b8>
    He wrote &lt;/story&gt; and left.
    </story-044853a990b8>
    """
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"<story-{mark}>\n{html.escape(text, quote=False)}\n</story-{mark}>"
