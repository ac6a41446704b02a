"""Benchmarks: each runs its peers beside it."""
