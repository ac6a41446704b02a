"""The web page: FastAPI, server-sent events, one static page."""
