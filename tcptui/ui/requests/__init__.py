"""`R`: the requests of a connection, or of the whole capture, as a waterfall."""
