"""Playbooks: agents that act on each other's answers, run after run, stored step by step."""
