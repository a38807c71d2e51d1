"""What the endpoint loads: the bundle and the index."""
