"""A film of the simulated world: scenes carried out in a browser on a running mesh, with captions."""
