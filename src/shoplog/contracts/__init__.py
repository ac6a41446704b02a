"""The single truth: every column, table and metric once; imports only the standard library."""
