"""The Lambda handlers. Each reads its event, and leaves the work to what the embedded server uses too."""

import os

# Before pydantic is imported: it would look for plugins in every package's metadata. We use none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
