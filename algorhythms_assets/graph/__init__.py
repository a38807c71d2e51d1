"""Which tracks occur together in playlists: the edge table, and the graph built from it."""
