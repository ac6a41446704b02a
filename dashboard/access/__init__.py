"""Who may see the screens."""

from dashboard.access.store import ROLES, Access, User

__all__ = ["ROLES", "Access", "User"]
