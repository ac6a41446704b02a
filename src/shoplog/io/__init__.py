"""The only rooms that know stream from batch: sources, sinks, offsets, marks, leases."""
