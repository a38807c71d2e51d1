"""Which tracks stand together in playlists: the edge table, and the graph made of it."""
