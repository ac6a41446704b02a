"""The live figures in a terminal."""
