"""Federated learning by Flower: in this process, or over SuperLink and SuperNodes."""
