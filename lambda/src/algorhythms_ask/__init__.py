"""The only code that turns songs into recommendations.

Lambda runs it, the local server runs it, and the evaluation runs it on held-out playlists.
"""
