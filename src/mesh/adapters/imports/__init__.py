"""How another tool's export becomes our rows: through a mapping of its columns."""
