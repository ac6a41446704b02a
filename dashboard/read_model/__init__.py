"""What screens show, read from the live partials without Spark."""

from dashboard.read_model.live import LiveReadModel

__all__ = ["LiveReadModel"]
