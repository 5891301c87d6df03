"""Commands and replies as ``redis-cli`` writes them; a body is passed on piece by piece, however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.tokens import Fault, Tokens
from tcptui.protocols.redis.value import AGGREGATES, BULKS, NOTHING, Kind
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.stream.conversation import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.redis.command import Command
    from tcptui.protocols.redis.value import Token, Value
    from tcptui.protocols.stream.reassembly import ByteStream

#: Longest argument that is quoted where it needs it; a longer one is passed on as it is.
_QUOTED_MOST: Final = 4_096
#: Deepest level of elements that is told by their numbers.
_DEPTH: Final = 32
_PLAIN: Final = frozenset(range(0x21, 0x7F)) - frozenset(b"\"'\\")
_MARKS: Final = {Kind.ERROR: b"(error) ", Kind.INTEGER: b"(integer) ", Kind.DOUBLE: b"(double) "}


def command_text(command: Command) -> Iterator[tuple[int, bytes]]:
    """The command in a line, each chunk with its offset in the direction; secrets are left out."""
    value, secrets, shown = command.value, command.secrets, command.shown_items
    left_out = LEFT_OUT.encode()
    if value.kind is Kind.INLINE:
        words = [left_out if at in secrets else quoted(item.data) for at, item in enumerate(value.items)]
        yield value.start, b" ".join(words) + b"\n"
        return
    for number, token in enumerate(elements(value)):
        if number:
            yield token.start, b" "
        if number in secrets or number >= shown:
            yield token.start, left_out
        else:
            yield from _argument(value.direction, token)
    yield max(value.stop - 1, value.start), b"\n"


def elements(value: Value) -> Iterator[Token]:
    """The simple values of an array, in order, up to the first that cannot be read."""
    tokens, at = Tokens(value.direction), value.start
    while at < value.stop:
        token = tokens.token(at)
        if isinstance(token, Fault):
            return
        at = token.stop
        if token.kind not in AGGREGATES:
            yield token


def _argument(direction: ByteStream, token: Token) -> Iterator[tuple[int, bytes]]:
    if token.kind not in BULKS or token.number == NOTHING:
        yield token.start, token.line
    elif token.number > _QUOTED_MOST:
        yield from chunks(direction, token.body, min(token.body + token.number, direction.length))
    else:
        yield token.body, quoted(direction.read(token.body, token.number))


def quoted(data: bytes) -> bytes:
    """``data`` as it is, or in quotes where it would be several words or is not printable."""
    if data and _PLAIN.issuperset(data):
        return data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        shown = "".join(char if char.isascii() and char.isprintable() else f"\\x{ord(char):02x}" for char in text)
        return b'"' + shown.replace('"', '\\"').encode() + b'"'
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return b'"' + text.encode() + b'"'


def reply_text(value: Value) -> Iterator[tuple[int, bytes]]:
    """The reply, a line for each simple value in it, with the numbers of elements before it."""
    tokens, at = Tokens(value.direction), value.start
    open_: list[list[int]] = []
    """Of each aggregate that is not over: how many of its elements were written, and how many it has."""
    fresh = 0
    """Of how many of them the number is still to be written in this line."""
    while at < value.stop:
        token = tokens.token(at)
        if isinstance(token, Fault):
            return
        at = token.stop
        if open_ and token.kind is not Kind.ATTRIBUTE:
            open_[-1][0] += 1
            fresh = min(fresh + 1, len(open_))
        following = max(token.number, 0) * AGGREGATES.get(token.kind, 0)
        if following and len(open_) < _DEPTH:
            open_.append([0, following])
            continue
        yield token.start, _numbers(open_, fresh)
        fresh = 0
        yield from _simple(value.direction, token)
        yield max(min(token.stop, value.stop) - 1, token.start), b"\n"
        while open_ and open_[-1][0] >= open_[-1][1]:
            open_.pop()


def _numbers(open_: list[list[int]], fresh: int) -> bytes:
    shown = [f"{done})" if len(open_) - level <= fresh else " " * (len(str(done)) + 1)
             for level, (done, _) in enumerate(open_)]  # fmt: skip
    return "".join(f"{one} " for one in shown).encode()


def _simple(direction: ByteStream, token: Token) -> Iterator[tuple[int, bytes]]:
    if token.kind is Kind.NULL or (token.number == NOTHING and token.kind in BULKS | set(AGGREGATES)):
        yield token.start, b"(nil)"
    elif token.kind in AGGREGATES:
        yield token.start, b"(empty)" if not token.number else b"(" + token.line + b" elements)"
    elif token.kind in BULKS:
        if token.kind is Kind.BULK_ERROR:
            yield token.start, _MARKS[Kind.ERROR]
        yield from chunks(direction, token.body, min(token.body + token.number, direction.length))
    elif token.kind is Kind.BOOLEAN:
        yield token.start, b"(true)" if token.line == b"t" else b"(false)"
    else:
        yield token.start, _MARKS.get(token.kind, b"") + token.line
