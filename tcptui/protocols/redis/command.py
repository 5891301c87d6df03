"""A command and what answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.commands import (
    ITEMS_OF_SECRETS,
    MAY_WAIT,
    hidden,
    is_secret_setting,
    is_waiting,
    keeps_secrets,
    name_of,
    operation_of,
)  # fmt: skip
from tcptui.protocols.redis.reader import MAX_STORED_ITEM
from tcptui.protocols.redis.value import Kind
from tcptui.protocols.secret_names import LEFT_OUT, NAME_MOST, Secrecy, is_hidden, secrecy
from tcptui.protocols.secret_store_keys import key_secrecy, key_text
from tcptui.protocols.sql_secrets import has_secret_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.redis.value import Item, Value


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


class Answered(Enum):
    """How a command is answered."""

    ONCE = auto()
    FOR_EACH = auto()
    """By a confirmation for each channel."""
    NEVER = auto()


#: Commands that begin and end subscriptions.
SUBSCRIBING: Final = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"})
#: Whose replies hold a secret, by command and subcommand.
_SECRET_REPLIES: Final = frozenset({("ACL", b"GENPASS"), ("ACL", b"GETUSER"), ("ACL", b"LIST")})
_QUEUED: Final = b"QUEUED"


@dataclass(eq=False, slots=True)
class Command:
    """A command, with its answer as far as it is known."""

    value: Value
    name: str
    """In capitals; empty where it was not captured, or is none."""
    replies: list[Value] = field(default_factory=list)
    unanswered: bool = False
    """No answer is waited for: none comes, or it was not captured."""
    executes: Sequence[Command] | None = ()
    """Of EXEC, the commands for which it is answered, too; None where they are not known."""

    @classmethod
    def of(cls, value: Value) -> Command:
        """The command that ``value`` is."""
        items = value.items
        is_readable = bool(items) and value.kind in (Kind.ARRAY, Kind.INLINE) and _is_whole(items[0])
        return cls(value, name_of(items[0].data) if is_readable else "")

    @property
    def arguments(self) -> list[bytes]:
        """The first arguments, each as far as it is kept and was captured."""
        return [item.data for item in self.value.items[1:]]

    @property
    def count(self) -> int:
        """How many arguments it says that it has."""
        return max(len(self.value.items) if self.value.rows is None else self.value.rows, 1) - 1

    @property
    def hides_all(self) -> bool:
        """Whether nothing tells which of its bytes are secret."""
        return not self.name

    @property
    def secrets(self) -> frozenset[int]:
        """The places, among `Value.items`, of those that are never shown."""
        items = self.value.items
        if self.hides_all:
            return frozenset(range(len(items)))
        if not keeps_secrets(self.name.encode()):
            return frozenset(at + 1 for at in _secret_places(self.name, self.arguments))
        if self.value.kind is Kind.INLINE or not all(map(_is_whole, items)):
            return frozenset(range(2, len(items))) | ({1} if self.name == "AUTH" else frozenset())
        return frozenset(at + 1 for at in hidden(self.name, self.arguments))

    @property
    def shown_items(self) -> int:
        """How many of its elements may be shown; those behind them might be secrets."""
        return ITEMS_OF_SECRETS if keeps_secrets(self.name.encode()) else 1 << 31

    @property
    def operation(self) -> str:
        """What it asks for, without values and secrets."""
        if not self.name:
            return ""
        if not keeps_secrets(self.value.items[0].data):
            return operation_of(self.name, self.arguments, self.count)
        secrets = self.secrets
        shown = [b"" if at in secrets else item.data for at, item in enumerate(self.value.items)]
        return operation_of(self.name, shown[1:], self.count)

    @property
    def waits(self) -> bool:
        """Whether it waits for something to happen, however fast the server is; within a transaction none does."""
        if self.name not in MAY_WAIT:
            return False
        return is_waiting(self.name, self.arguments) and not (self.replies and self.replies[-1].line == _QUEUED)

    @property
    def answered(self) -> Answered:
        """How it is answered."""
        if self.name in SUBSCRIBING and self.count:
            return Answered.FOR_EACH
        is_ack = self.name == "REPLCONF" and [one.upper() for one in self.arguments[:1]] == [b"ACK"]
        return Answered.NEVER if is_ack else Answered.ONCE

    @property
    def subscribes(self) -> bool:
        """Whether it is one of those that begin and end subscriptions."""
        return self.name in SUBSCRIBING

    @property
    def hides_reply(self) -> bool:
        """Whether its reply may hold a secret."""
        if self.executes:
            return any(one.hides_reply for one in self.executes)
        if _reads_secret(self.name, self.arguments):
            return True
        first = [one.upper() for one in self.arguments[:2]]
        if self.name == "CONFIG" and first[:1] == [b"GET"]:
            return any(is_secret_setting(one) or set(one) & set(b"*?[") for one in self.arguments[1:])
        return bool(first) and (self.name, first[0]) in _SECRET_REPLIES

    @property
    def status(self) -> str:
        """How it was answered: the error's first word, ``QUEUED``, ``nil`` or ``OK``; empty without an answer.

        A transaction runs on behind a command of it that fails: EXEC is answered with that error among others.
        """
        if not self.replies:
            return ""
        last = self.replies[-1]
        if last.is_error:
            return last.error
        if self.name == "EXEC" and last.inner_error:
            return last.inner_error
        if last.kind is Kind.STRING and last.line == _QUEUED:
            return "QUEUED"
        return "nil" if last.is_null else "OK"


def _is_whole(item: Item) -> bool:
    return len(item.data) >= min(item.stop - item.start, MAX_STORED_ITEM)


def _secret_places(name: str, arguments: Sequence[bytes]) -> frozenset[int]:
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


def _reads_secret(name: str, arguments: Sequence[bytes]) -> bool:
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
