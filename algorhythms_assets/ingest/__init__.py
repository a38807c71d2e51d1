"""Slices of playlists in, a snapshot with integer track ids out."""
