"""The ports made real: SQLite and folders on one machine, AWS in an account, and the models."""
