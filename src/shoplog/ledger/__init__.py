"""What came in, what it became, why two numbers differ."""
