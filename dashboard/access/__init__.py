"""Who may see the screens."""

from dashboard.access.store import ROLES, SESSION_S, Access, User

__all__ = ["ROLES", "SESSION_S", "Access", "User"]
