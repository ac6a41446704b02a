"""The one streaming query and its upkeep."""
