"""How good the very bundle and index are that would be released, and whether they may be."""
