"""MSP Intelligence Mesh."""
