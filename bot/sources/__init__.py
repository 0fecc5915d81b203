"""Feeds: fetching them, reading their documents, one kind a line in registry.py."""
