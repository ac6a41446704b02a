"""Great Expectations: suites made from the contracts, run on small frames."""
