"""Federated learning by Flower: over rows of this mesh, and sites that come to it by a SuperLink."""
