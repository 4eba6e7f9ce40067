"""One process, one SQLite file, one folder."""
