"""Pure functions: frames in, frames out; no Spark session, no path, no clock."""
