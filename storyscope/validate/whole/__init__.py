"""The tagger against stories that were read whole, sentence by sentence.

`stories` reads the readings, `predict` says what the tagger makes of them, `counts` turns both
into figures under resampling, and `run` gathers the figures by family, scale and group of stories.
"""
