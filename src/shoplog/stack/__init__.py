"""Starts and stops the native parts."""
