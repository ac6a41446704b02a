"""Know, live and provably, what happens on a web shop, from its access logs alone."""
