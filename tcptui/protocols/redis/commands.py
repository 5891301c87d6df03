"""What the program knows of Redis's commands: their names, which wait, what they are about, and what is secret in them.

Names: redis.io/docs, commands of Redis 7.4 and the modules of Redis Stack; some of Valkey's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.protocols.secret_names import is_secret_name
from tcptui.protocols.secret_store_keys import key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = frozenset(
    b"""
    ACL APPEND ASKING AUTH BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS BLMOVE BLMPOP BLPOP BRPOP
    BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG COPY DBSIZE DEBUG DECR DECRBY DEL DISCARD DUMP
    ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL
    FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO
    GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME
    HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME
    HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LATENCY
    LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE
    MODULE MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFDEBUG PFMERGE
    PFSELFTEST PING PSETEX PSUBSCRIBE PSYNC PTTL PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME
    RENAMENX REPLCONF REPLICAOF RESET RESTORE RESTORE-ASKING ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD SAVE SCAN SCARD
    SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE
    SISMEMBER SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN SSUBSCRIBE
    STRLEN SUBSCRIBE SUBSTR SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB SYNC TIME TOUCH TTL TYPE UNLINK UNSUBSCRIBE UNWATCH
    WAIT WAITAOF WATCH XACK XACKDEL XADD XAUTOCLAIM XCLAIM XDEL XDELEX XGROUP XINFO XLEN XPENDING XRANGE XREAD
    XREADGROUP XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE
    ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM
    ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE
    ZUNION ZUNIONSTORE
    """.split()
)
#: Commands of modules: ``JSON.GET``, ``FT.SEARCH``, ``TS.ADD``.
_OF_MODULE: Final = re.compile(rb"[A-Z]{1,12}\.[A-Z_]{1,24}")
_NAME_MOST: Final = 40
#: First words of commands of which is remembered what they are; each is at most as long as is kept of an argument.
_CACHE_SIZE: Final = 1_024
#: Commands whose first argument says what they do.
_CONTAINERS: Final = frozenset(
    {
        "ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY", "MODULE", "OBJECT",
        "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
    }
)  # fmt: skip
#: Commands of which no argument says what they are about, or any may be a secret …
_BARE: Final = frozenset({"AUTH", "HELLO", "ECHO", "PING", "REPLCONF", "PSYNC", "MODULE", "SCRIPT", "FUNCTION"})
#: … and where their key stands, in those whose first argument is none.
_KEY_AT: Final = {
    "BITOP": 2, "MIGRATE": 3, "EVAL": 3, "EVAL_RO": 3, "EVALSHA": 3, "EVALSHA_RO": 3, "FCALL": 3, "FCALL_RO": 3,
    "BLMPOP": 3, "BZMPOP": 3, "LMPOP": 2, "ZMPOP": 2, "SINTERCARD": 2, "ZINTERCARD": 2, "ZUNION": 2, "ZINTER": 2,
    "ZDIFF": 2,
}  # fmt: skip
#: Commands whose further arguments are keys, each as the first.
_MANY_KEYS: Final = frozenset(
    {
        "MGET", "DEL", "UNLINK", "EXISTS", "TOUCH", "WATCH", "SINTER", "SUNION", "SDIFF", "PFCOUNT", "SUBSCRIBE",
        "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
    }
)  # fmt: skip
_SCRIPTS: Final = frozenset({"EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO"})
#: Commands that wait until something happens, or for so long.
_WAITING: Final = frozenset(
    {"BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "WAIT", "WAITAOF"}
)
_WAITING_WITH: Final = frozenset({"XREAD", "XREADGROUP"})
#: Of these some ask to wait.
MAY_WAIT: Final = _WAITING | _WAITING_WITH
_BLOCK: Final = b"BLOCK"
#: A command that waits has one of these words in it.
WAITING_WORDS: Final = frozenset({_BLOCK, *(name.encode() for name in _WAITING)})
#: Commands that hold, or may hold, a secret.
_WITH_SECRETS: Final = frozenset({"AUTH", "HELLO", "ACL", "CONFIG", "MIGRATE", "SENTINEL", "MODULE"})
#: Elements that are kept of such commands; those behind them are never shown.
ITEMS_OF_SECRETS: Final = 1_024
#: What a rule of ACL SETUSER begins with if it is a password, or a digest of one.
_ACL_MARKS: Final = frozenset({b">", b"<", b"#", b"!", b""})


@lru_cache(_CACHE_SIZE)
def name_of(data: bytes) -> str:
    """The name of a command in capitals; empty where it can be none."""
    name = data.upper()
    return name.decode("ascii") if (name.isascii() and name.strip().isalnum()) or is_command(data) else ""


@lru_cache(_CACHE_SIZE)
def is_command(data: bytes) -> bool:
    """Whether ``data`` is the name of a command."""
    if len(data) > _NAME_MOST:
        return False
    name = data.upper()
    return name in _NAMES or _OF_MODULE.fullmatch(name) is not None


@lru_cache(_CACHE_SIZE)
def keeps_secrets(data: bytes) -> bool:
    """Whether a command of that name may hold a secret."""
    return data[:_NAME_MOST].upper().decode("ascii", "replace") in _WITH_SECRETS


def is_secret_setting(name: bytes) -> bool:
    """Whether a setting of that name is a secret: ``requirepass``, ``masterauth``, ``tls-key-file-pass``."""
    text = name.decode("utf-8", "replace").lower()
    return "pass" in text or "auth" in text or is_secret_name(text)


def is_waiting(name: str, arguments: Sequence[bytes]) -> bool:
    """Whether the command waits for something to happen, however fast the server is."""
    return name in _WAITING or (name in _WAITING_WITH and any(one.upper() == _BLOCK for one in arguments))


def hidden(name: str, arguments: Sequence[bytes]) -> frozenset[int]:
    """The places of secrets among ``arguments``."""
    upper = [one.upper() for one in arguments]
    if name == "AUTH":
        return frozenset(range(len(arguments)))
    if name == "HELLO":
        return _places_after(upper, (b"AUTH",), 2)
    if name == "MIGRATE":
        return _places_after(upper, (b"AUTH",), 1) | _places_after(upper, (b"AUTH2",), 2)
    if name == "MODULE":
        return frozenset(range(2, len(arguments)))
    if name == "ACL" and upper[:1] == [b"SETUSER"]:
        return frozenset(at for at in range(2, len(arguments)) if arguments[at][:1] in _ACL_MARKS)
    if name in ("CONFIG", "SENTINEL") and any(word in upper[:2] for word in (b"SET", b"CONFIG")):
        return frozenset(at + 1 for at, one in enumerate(arguments) if is_secret_setting(one))
    return frozenset()


#: Commands whose first argument is what they are about, and that is all.
_PLAIN: Final = frozenset(name.decode() for name in _NAMES) - frozenset().union(
    _CONTAINERS, _BARE, _KEY_AT, _MANY_KEYS, _SCRIPTS, _WAITING_WITH
)


def _places_after(upper: Sequence[bytes], words: tuple[bytes, ...], count: int) -> frozenset[int]:
    return frozenset(at + more for at, one in enumerate(upper) if one in words for more in range(1, count + 1))


def operation_of(name: str, arguments: Sequence[bytes], count: int) -> str:
    """The command without its values: name, subcommand, first key, and how many others follow.

    ``count``: how many arguments there are, of which ``arguments`` are the first.
    """
    if name in _PLAIN:
        return f"{name} {_text(arguments[0])}" if arguments else name
    said = [name]
    known = is_command(name.encode())
    if name in _CONTAINERS and arguments:
        said.append(_text(arguments[0]).upper())
        arguments, count = arguments[1:], count - 1
    if name in _SCRIPTS and arguments:
        said += [_text(arguments[0])] if name.startswith(("EVALSHA", "FCALL")) else []
    at = _KEY_AT.get(name, 1) - 1
    if name in _WAITING_WITH:
        at = next((place + 1 for place, one in enumerate(arguments) if one.upper() == b"STREAMS"), len(arguments))
    if name in _SCRIPTS and arguments[1:2] == [b"0"]:
        at = len(arguments)
    if known and name not in _BARE and at < len(arguments):
        said.append(_text(arguments[at]))
        if name in _MANY_KEYS and count > 1:
            said.append(f"+{count - 1}")
    return " ".join(said)


def _text(data: bytes) -> str:
    return key_text(data)
