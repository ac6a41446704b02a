"""How shoplog is installed and shipped."""
