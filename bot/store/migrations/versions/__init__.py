"""One file a step; a new one is also named in REVISIONS of bot/store/schema.py."""
