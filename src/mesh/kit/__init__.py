"""What the agents share. The kit knows no agent, no cloud and no network."""
