"""The secret of a session of libpq inside TLS 1.2, as a line of a key log: libpq itself writes none.

OpenSSL tells the client's random bytes and the session's master secret when they are known (RFC 5246, 8.1).
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

#: With later versions the secrets of a session's traffic cannot be asked for any more.
VERSION: Final = "TLSv1.2"
_RANDOM, _SECRET = 32, 48


def key_line(connection: psycopg.Connection[Any]) -> str:
    """That of ``connection``; empty without TLS."""
    from psycopg.pq import _pq_ctypes

    openssl = ctypes.CDLL("libssl.so.3")
    for name in ("SSL_get_client_random", "SSL_SESSION_get_master_key"):
        getattr(openssl, name).argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        getattr(openssl, name).restype = ctypes.c_size_t
    openssl.SSL_get_session.argtypes, openssl.SSL_get_session.restype = (ctypes.c_void_p,), ctypes.c_void_p
    libpq: Any = _pq_ctypes.pq
    libpq.PQsslStruct.argtypes, libpq.PQsslStruct.restype = (ctypes.c_void_p, ctypes.c_char_p), ctypes.c_void_p
    session = libpq.PQsslStruct(connection.pgconn.pgconn_ptr, b"OpenSSL")
    if not session:
        return ""
    random, secret = ctypes.create_string_buffer(_RANDOM), ctypes.create_string_buffer(_SECRET)
    openssl.SSL_get_client_random(session, random, _RANDOM)
    openssl.SSL_SESSION_get_master_key(openssl.SSL_get_session(session), secret, _SECRET)
    return f"CLIENT_RANDOM {random.raw.hex()} {secret.raw.hex()}\n"
