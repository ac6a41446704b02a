"""Cases: rows in, rows out, checkable by hand; and the frames made of them."""
