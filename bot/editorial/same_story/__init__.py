"""Which stories tell the same event: from words to a decision with its reason, and a window over the last days."""
