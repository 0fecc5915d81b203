"""How the schema came to be what bot/store/tables.py says, step by step."""
