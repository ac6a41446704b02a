"""Command groups of the shoplog command line."""
