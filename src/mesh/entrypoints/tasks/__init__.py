"""Programs that run in containers for the time of one job."""
