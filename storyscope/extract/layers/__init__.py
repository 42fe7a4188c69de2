"""What measures share, computed once a story: quotations, clauses, events, cast, scenes."""
