"""Kabar: brings the AI and tech-layoff stories that matter to Telegram and Slack, in English and Indonesian.

Two ways through the package (who may import whom: `pyproject.toml`, [tool.importlinter]):

    a story:    sources -> editorial -> services/poll -> store -> services/deliver -> platforms -> chat
    a command:  chat -> platforms -> commands -> services / store -> platforms -> chat

cli is the command line, app puts the parts together, settings reads the configuration, ports says what each part
needs of the others, domain holds the values and decisions, texts every sentence a user reads."""

__version__ = "0.1.0"
