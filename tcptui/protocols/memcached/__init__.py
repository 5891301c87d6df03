"""memcached: its text protocol with the meta commands (doc/protocol.txt) and its binary protocol (doc/protocol-binary).

Values are in no line, part or request: what a cache holds is its users' data.  Not read: what a server sends to who
watches it.
"""
