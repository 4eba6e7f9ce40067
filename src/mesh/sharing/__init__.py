"""The mesh itself: what may leave a tenant, and what comes of it."""
