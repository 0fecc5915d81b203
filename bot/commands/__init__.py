"""What people can ask in chat: one command a file, found through registry.py."""
