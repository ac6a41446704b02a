"""Copies of SHOPLOG_HOME, made while everything runs, and homes made of them."""
