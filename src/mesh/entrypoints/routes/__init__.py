"""What each route does, as plain functions from a Call to a Reply; `entrypoints/http.py` has the table."""
