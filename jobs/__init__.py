"""Processes that join transforms and io: streaming and batch."""
