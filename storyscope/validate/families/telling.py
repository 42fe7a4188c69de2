"""Families of the telling: morals, epiphanies, reader address, free indirect discourse, questions."""
