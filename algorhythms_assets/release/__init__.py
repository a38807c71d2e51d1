"""The one step that makes anything visible to users."""
