"""Public corpora fetched from their own homes: what a card says, checked, in our layout.

A card (``corpora/cards/*.yaml``) says what a corpus is, under which licence, where its files lie
and what form they have. `pull` shows nothing and asks nothing: it fetches what the card names, goes
on where it was cut off, checks sizes and checksums, and writes stories as `read_corpus` reads them.
"""

from storyscope.pull.cards import Card, Part, Place, Wanted, find_card, load_card, load_cards
from storyscope.pull.download import Fetched, Remote, fetch
from storyscope.pull.layouts import LAYOUTS, TABLES
from storyscope.pull.places import Located, locate
from storyscope.pull.run import Made, Pulled, pull

__all__ = [
    "LAYOUTS",
    "TABLES",
    "Card",
    "Fetched",
    "Located",
    "Made",
    "Part",
    "Place",
    "Pulled",
    "Remote",
    "Wanted",
    "fetch",
    "find_card",
    "load_card",
    "load_cards",
    "locate",
    "pull",
]
