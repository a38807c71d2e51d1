"""A client for JSON services that may be slow, busy or wrong."""
