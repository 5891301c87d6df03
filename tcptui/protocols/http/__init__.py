"""HTTP/1: messages, bodies, their header tree."""
