"""Where everything is kept: SQLite or PostgreSQL behind the ports. The entrance is bot/store/store.py."""
