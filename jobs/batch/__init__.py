"""Jobs over closed days and archives."""
