"""The native window: the live and shop views of the same API."""
