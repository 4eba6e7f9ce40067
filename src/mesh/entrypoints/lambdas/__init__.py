"""The Lambda handlers. Each reads its event, and leaves the work to what the embedded server uses too."""
