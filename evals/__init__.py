"""Scores of the agents on public data: ./mesh eval AGENT."""
