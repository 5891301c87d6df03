"""Redis and what speaks like it (Valkey, KeyDB, Dragonfly, Sentinel): RESP2 and RESP3 (redis.io/docs, protocol spec).

Not read: RESP3's streamed strings and aggregates (``$?``, ``*?``), which no server sends; the cluster bus.
"""
