"""One folder per agent. Deleting a folder removes the agent and nothing else."""
