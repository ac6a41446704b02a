"""What Prometheus asks for: each measure said once, and where its values are read."""
