"""Evaluates the bundle and index that would be released, and decides whether they may be."""
