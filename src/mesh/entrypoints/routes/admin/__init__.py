"""What an administrator of a tenant looks after. Every route here takes a key with the role admin."""

from mesh.entrypoints.routes.admin import cost, feeds, keys, models

ROUTES = [*keys.ROUTES, *feeds.ROUTES, *models.ROUTES, *cost.ROUTES]
