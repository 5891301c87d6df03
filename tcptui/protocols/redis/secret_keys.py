"""Where commands of Redis carry secrets, and which replies are secrets, by the keys that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.secret_names import LEFT_OUT, NAME_MOST, Secrecy, is_hidden, secrecy
from tcptui.protocols.secret_store_keys import key_secrecy, key_text
from tcptui.protocols.sql_secrets import has_secret_word

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where the values of a command stand among its arguments, behind its key.
_VALUES: Final = {
    "SET": 1, "SETNX": 1, "GETSET": 1, "APPEND": 1, "PUBLISH": 1, "SPUBLISH": 1, "SETEX": 2, "PSETEX": 2, "SETRANGE": 2,
    "LPUSHX": 1, "RPUSHX": 1, "LSET": 2,
}  # fmt: skip
_MANY_VALUES: Final = frozenset({"LPUSH", "RPUSH", "SADD", "SREM", "SISMEMBER", "LREM", "PFADD"})
_FIELDS: Final = frozenset({"HSET", "HMSET", "HSETNX", "XADD"})
_PAIRS: Final = frozenset({"MSET", "MSETNX"})
_SCRIPTS: Final = frozenset({"EVAL", "EVAL_RO"})
_MANY_KEYS: Final = frozenset({"MGET", "DEL", "UNLINK", "EXISTS", "TOUCH", "WATCH", "RENAME", "COPY"})
#: Commands whose replies are what is kept under their key.
_READING: Final = frozenset(
    {
        "GET", "GETEX", "GETDEL", "GETSET", "GETRANGE", "SUBSTR", "MGET", "LRANGE", "LINDEX", "LPOP", "RPOP",
        "SMEMBERS", "SPOP", "SRANDMEMBER", "HGET", "HMGET", "HVALS", "DUMP", "BLPOP", "BRPOP", "JSON.GET",
    }
)  # fmt: skip
_OF_FIELDS: Final = frozenset({"HGET", "HMGET"})


def secret_places(name: str, arguments: Sequence[bytes]) -> frozenset[int]:
    """The places among ``arguments`` of keys that have secrets in them, and of values whose keys or fields name one."""
    if not arguments:
        return frozenset()
    if name in _SCRIPTS:
        return frozenset({0} if _speaks_of_one(arguments[0]) else ())
    keys = range(0, len(arguments), 2) if name in _PAIRS else range(len(arguments)) if name in _MANY_KEYS else range(1)
    found = {at for at in keys if key_secrecy(arguments[at]) is not Secrecy.NONE and _has_secret(arguments[at])}
    if name in _PAIRS:
        found |= {at + 1 for at in keys if at + 1 < len(arguments) and _hides(arguments[at], arguments[at + 1])}
    elif name in _FIELDS:
        first = 2 - len(arguments) % 2 if name == "XADD" else 1
        found |= {
            at + 1
            for at in range(first, len(arguments) - 1)
            if secrecy(arguments[at].decode("latin-1")) is Secrecy.SURE
        }
    elif name in _MANY_VALUES:
        found |= {at for at in range(1, len(arguments)) if _hides(arguments[0], arguments[at])}
    elif name in _VALUES and len(arguments) > _VALUES[name] and _hides(arguments[0], arguments[_VALUES[name]]):
        found.add(_VALUES[name])
    return frozenset(found)


def reads_secret(name: str, arguments: Sequence[bytes]) -> bool:
    """Whether the reply to a command is what is kept under a key, or in a field, that is a secret for sure."""
    if name not in _READING:
        return False
    named = arguments if name in _MANY_KEYS or name in _OF_FIELDS else arguments[:1]
    return any(key_secrecy(one) is Secrecy.SURE for one in named)


def _speaks_of_one(script: bytes) -> bool:
    return b"auth" in script.lower() or has_secret_word(script.decode("latin-1"))


def _has_secret(key: bytes) -> bool:
    return LEFT_OUT in key_text(key)


def _hides(key: bytes, value: bytes) -> bool:
    how = key_secrecy(key)
    return how is not Secrecy.NONE and is_hidden(how, value[:NAME_MOST].decode("latin-1"))
