"""Use cases: plain async functions and small classes; ports are passed in."""
