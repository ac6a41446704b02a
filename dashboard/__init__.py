"""Screens over one read model."""
