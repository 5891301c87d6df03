"""Whether a connection speaks RESP where its first bytes do not tell: by how what one side asks is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.reader import Reader
from tcptui.protocols.redis.value import Kind, Value

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: The kind of value that answers a command which went well, for the commands of which it is always the same.
_ANSWERED_BY: Final = {
    Kind.STRING: b"AUTH FLUSHALL FLUSHDB HMSET LSET LTRIM MSET PING PSETEX QUIT RENAME SELECT SET SETEX TYPE",
    Kind.INTEGER: b"""APPEND BITCOUNT DBSIZE DECR DECRBY DEL EXISTS EXPIRE HDEL HEXISTS HINCRBY HLEN HSET HSETNX INCR
        INCRBY LLEN LPUSH LREM PERSIST PEXPIRE PTTL PUBLISH RENAMENX RPUSH SADD SCARD SETBIT SETNX SISMEMBER SREM
        STRLEN TOUCH TTL UNLINK XLEN ZADD ZCARD ZCOUNT ZREM""",
    Kind.BULK: b"ECHO GET GETDEL GETRANGE GETSET HGET INCRBYFLOAT INFO LINDEX RANDOMKEY SUBSTR XADD ZINCRBY ZSCORE",
    Kind.ARRAY: b"HGETALL HKEYS HMGET HVALS KEYS LRANGE MGET SCAN SDIFF SINTER SMEMBERS SUNION TIME XRANGE ZRANGE",
}
_KIND_OF: Final = {name: kind for kind, names in _ANSWERED_BY.items() for name in names.split()}
#: Commands in lines that are read on a port that is not known; what INFO says of its server, within so many bytes.
_LINES_READ: Final = 8
_INFO_READ: Final = 512
_VERSION: Final = re.compile(rb"\r\n(?:redis|valkey)_version:\d")


def are_lines_answered(client: ByteStream, server: ByteStream) -> bool:
    """Whether lines of words are commands of Redis, on any port, by how they are answered.

    Words such as ``PING``, ``QUIT`` and ``AUTH``, and answers such as ``+OK`` belong to other protocols, too.  So the
    client has to speak first, answers have to be of the kinds that their commands have, and there have to be two kinds,
    or the version that ``INFO`` tells.
    """
    if not (client.has_first_byte and server.has_first_byte and server.length):
        return False
    if server.first_ns(0) < client.first_ns(0):
        return False
    asks, answers = Reader(client, commands=True), Reader(server, commands=False)
    kinds = set[Kind]()
    for _ in range(_LINES_READ):
        asked, answer = asks.next(), answers.next()
        if asked is None or answer is None:
            break
        if not isinstance(asked, Value) or not isinstance(answer, Value):
            return False
        name = asked.items[0].data.upper() if asked.items else b""
        if name == b"INFO" and _VERSION.search(server.read(answer.start, _INFO_READ)):
            return True
        expected = None if answer.is_error else _KIND_OF.get(name)
        if expected is None:
            continue
        if asked.kind is not Kind.INLINE or not answer.complete or expected is not answer.kind:
            return False
        kinds.add(answer.kind)
    return len(kinds) > 1


def is_command_answered(asker: ByteStream, answerer: ByteStream) -> bool:
    """Whether, amid a connection, ``asker`` sends a command and ``answerer`` what may answer one."""
    reader, answers = Reader(asker, commands=True), Reader(answerer, commands=False)
    first, second = reader.next(), reader.next()
    found = first if isinstance(first, Value) else second
    is_named = isinstance(found, Value) and found.kind is Kind.ARRAY and bool(found.items)
    return is_named and any(isinstance(answers.next(), Value) for _ in range(2))
