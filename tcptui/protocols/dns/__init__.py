"""DNS (RFC 1035): connections over TCP, also within TLS; of datagrams the header tree, and the addresses of names.

Not read: DNS over HTTPS and QUIC; sessions (DSO, RFC 8490).
"""
