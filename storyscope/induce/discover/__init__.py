"""New questions that a model finds in parallel stories, blind to who wrote them, and their test.

`run.Discovery` leads from stories to a codebook. `prompts` says what is asked, `talks` asks it,
`stages` keeps what comes of every stage in a file, `merge` and `gate` choose among candidates
without a look at the sources, and `pilot` tests what is left on stories of other prompts.
"""

from storyscope.induce.discover.run import Discovery, Settings

__all__ = ["Discovery", "Settings"]
