"""Which addresses DNS gave for which names, over UDP (RFC 1035); nothing else of DNS is read."""
