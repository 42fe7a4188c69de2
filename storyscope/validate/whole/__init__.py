"""The tagger against stories that were read whole, sentence by sentence.

`stories` reads the readings, `predict` says what the tagger makes of them, `counts` has the
formulas under resampling, `figures` the figures by family, scale and group of stories, and `run`
gathers them all.
"""
