"""What a story is about and whether it matters: pure functions and readable rules, no I/O."""
