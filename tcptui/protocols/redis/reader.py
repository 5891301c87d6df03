"""The values that one side sends, one after the other, with what is not read between them.

Where a value begins is known from the connection's first byte on.  Where bytes are missing in a value's first line, or
the capture began later, it is known again only where it can be shown: values begin with a segment, follow each other,
and end with one (`_is_proved`).  A missing body hides nothing: its length stands before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.redis.commands import ITEMS_OF_SECRETS, is_command, keeps_secrets
from tcptui.protocols.redis.tokens import Fault, Tokens
from tcptui.protocols.redis.value import AGGREGATES, BULKS, NOTHING, Item, Kind, Token, Value
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes kept of a value's first line, and of each of its first elements …
MAX_STORED_LINE: Final = 512
MAX_STORED_ITEM: Final = 256
#: … of which so many are kept; see also `ITEMS_OF_SECRETS`.
MAX_STORED_ITEMS: Final = 8
#: Values that follow each other are enough to show where one begins, even if none ends with its segment: commands are
#: more alike than replies are.
_CHAIN: Final = {True: 2, False: 8}
#: Tokens read in all in the search for a beginning, and places tried in each search.
_TOKENS_TRIED: Final = 2_000_000
_PLACES_TRIED: Final = 4_000
_TOKENS_EACH: Final = 10_000
_SNAPSHOT: Final = b"FULLRESYNC "
_MARK: Final = b"EOF:"
_MARK_LENGTH: Final = 40

#: A word: pieces without blanks, or in quotes.  A quote ends a word.
_WORD: Final = re.compile(
    rb"""(?P<bare>[^\s"']*)(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\'|\\(?!'))*)')?(?=\s|$)""",
    re.DOTALL,
)
_BLANKS: Final = re.compile(rb"\s*")
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAMED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


class Reader:
    """Reads one direction."""

    def __init__(self, direction: ByteStream, *, commands: bool, begins: bool = False) -> None:
        """``commands``: it is the one that asks.  ``begins``: a value is known to begin with its first byte."""
        self.direction = direction
        self._commands = commands
        self._tokens = Tokens(direction)
        self._at = 0
        self._tried = 0
        self._after_unread = False
        self._snapshot_follows = False
        self._has_gaps = bool(len(direction.gaps))
        known = direction.segments.from_start or begins
        self.from_start = known and bool(len(direction.captured)) and int(direction.captured.start[0]) == 0
        self._ended = not len(direction.captured)
        if not self.from_start and not self._ended:
            self._jump(int(direction.captured.start[0]))
        self._unread: Unread | None = self._skipped_first()

    def _skipped_first(self) -> Unread | None:
        begin = int(self.direction.captured.start[0]) if len(self.direction.captured) else 0
        return None if self.from_start or begin >= self._at else Unread(self.direction, begin, self._at)

    def next(self) -> Value | Unread | None:
        """The next value, or bytes that are not read; None at the end."""
        if self._unread is not None:
            unread, self._unread = self._unread, None
            return unread
        while not self._ended:
            start = self._at
            if self._snapshot_follows:
                found = self._snapshot(start)
            elif self._commands:
                found = self._command(start)
            else:
                found = self._value(start)
            if isinstance(found, Value):
                self._after_unread = False
                return found
            if found is Fault.END:
                return self._last(start)
            cut = self._cut(start) if found is Fault.GAP else None
            behind = start if cut is None else cut.stop
            self._jump(behind if cut is not None else start, beyond=start)
            if self._at > behind:
                self._unread = Unread(self.direction, behind, self._at)
            if cut is not None:
                return cut
            if self._unread is not None:
                return self.next()
        return None

    # -- one value ---------------------------------------------------------------------------
    def _value(self, start: int) -> Value | Fault:
        """The value at ``start``, or why there is none."""
        tokens = self._tokens
        top = tokens.token(start)
        if top is Fault.MALFORMED and not self._commands:
            while tokens.byte(start) == _LINE_FEED:  # a primary says that it lives, before it answers PSYNC
                start += 1
            top = tokens.token(start)
        if isinstance(top, Fault):
            return top
        if top.kind in _ALONE:
            if top.kind is Kind.STRING and top.line.startswith(_SNAPSHOT) and not self._commands:
                self._snapshot_follows = True
            self._at = top.stop
            return self._made(top, top.stop, ())
        items: list[Item] = []
        inner = b""
        at, remaining, wanted = top.stop, _following(top) + (top.kind is Kind.ATTRIBUTE), MAX_STORED_ITEMS
        gathers = top.kind in AGGREGATES
        if top.kind is Kind.BULK_ERROR:
            items.append(self._item(top))
        while remaining:
            if gathers:
                at, passed = tokens.pass_bulks(at, min(remaining, wanted - len(items)), items, MAX_STORED_ITEM)
            else:
                at, passed = tokens.pass_bulks(at, remaining)
            remaining -= passed
            if not passed:
                token = tokens.token(at)
                if isinstance(token, Fault):
                    return token
                at = token.stop
                remaining += _following(token) - (token.kind is not Kind.ATTRIBUTE)
                if not inner and token.kind in _ERRORS:
                    inner = token.line if token.kind is Kind.ERROR else self._item(token).data
                if gathers and (gathers := token.kind not in AGGREGATES):
                    items.append(self._item(token))
            if gathers:
                if keeps_secrets(items[0].data):
                    wanted = ITEMS_OF_SECRETS
                gathers = len(items) < wanted
        self._at = at
        return self._made(top, at, items, inner)

    def _made(self, top: Token, stop: int, items: Sequence[Item], inner: bytes = b"") -> Value:
        rows = None
        if top.kind in AGGREGATES and top.number != NOTHING:
            rows = top.number
        known = min(stop, self.direction.length)
        complete = stop == known and not (self._has_gaps and self._is_missing(top.start, stop))
        return Value(
            self.direction, top.start, known, top.kind, top.line[:MAX_STORED_LINE], rows, tuple(items), complete,
            self._after_unread, inner[:MAX_STORED_LINE],
        )  # fmt: skip

    def _item(self, token: Token) -> Item:
        if token.kind not in BULKS or token.number == NOTHING:
            return Item(token.start + 1, token.stop - 2, token.line[:MAX_STORED_ITEM])
        data = self._tokens.read(token.body, min(token.number, MAX_STORED_ITEM))
        return Item(token.body, token.body + token.number, data)

    def _is_missing(self, start: int, stop: int) -> bool:
        gaps = self.direction.gaps
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return at < len(gaps) and int(gaps.start[at]) < stop

    def _command(self, start: int) -> Value | Fault:
        tokens = self._tokens
        short = tokens.short_command(start)
        if short is not None:  # none of it is missing: it lies in the block
            self._at, items = short
            said, number = b"%d" % len(items), len(items)
            return Value(
                self.direction, start, self._at, Kind.ARRAY, said, number, tuple(items), True, self._after_unread
            )  # fmt: skip
        while tokens.byte(start) in _LINE_END:  # Redis passes over empty lines
            start += 1
        first = tokens.byte(start)
        if first < 0 or first == _ARRAY:
            return self._value(start)
        line = tokens.line(start, b"\n")
        if isinstance(line, Fault):
            return line
        stop = start + len(line) + 1
        items = _inline_words(line, start, ITEMS_OF_SECRETS, MAX_STORED_ITEM)
        if not items or not is_command(items[0].data):
            return Fault.MALFORMED
        self._at = stop
        return self._made(Token(start, stop, Kind.INLINE, line), stop, items)

    def _snapshot(self, start: int) -> Value | Fault:
        """The data set behind ``+FULLRESYNC``: of a known length, or up to a mark that was said before."""
        tokens = self._tokens
        while tokens.byte(start) == _LINE_FEED:
            start += 1
        line = tokens.line(start)
        if isinstance(line, Fault):
            return line
        body = start + len(line) + 2
        self._snapshot_follows = False
        if line[:1] != b"$":
            return self._value(start)
        if line[1:].isdigit():
            stop = body + int(line[1:25])
        elif line[1:5] == _MARK and len(line) == 1 + len(_MARK) + _MARK_LENGTH:
            stop = self._behind(line[5:], body)
        else:
            return Fault.MALFORMED
        self._at = stop
        return self._made(Token(start, stop, Kind.SNAPSHOT, line[1:]), stop, [])

    def _behind(self, mark: bytes, at: int) -> int:
        """The offset behind ``mark``; the end of the direction without it."""
        tail = b""
        for piece in self.direction.pieces(at):
            data = getattr(piece, "data", b"")
            held = tail + data
            found = held.find(mark)
            if found >= 0:
                return piece.start - len(tail) + found + len(mark)
            tail = held[-len(mark) + 1 :] if data else b""
        return self.direction.length

    # -- what is not read --------------------------------------------------------------------
    def _last(self, start: int) -> Value | None:
        """What begins at ``start`` and has not ended yet."""
        self._ended = True
        return self._cut_value(start, self.direction.length)

    def _cut(self, start: int) -> Value | None:
        """What begins at ``start`` and of which a line is missing: up to the gap that hides it."""
        gaps = self.direction.gaps
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return None if at >= len(gaps) else self._cut_value(start, int(gaps.start[at]))

    def _cut_value(self, start: int, stop: int) -> Value | None:
        """The value from ``start`` to ``stop`` as far as it can be read; None where nothing is there."""
        tokens, items = self._tokens, list[Item]()
        top = tokens.token(start)
        if stop <= start or isinstance(top, Fault):
            return None
        at = top.stop
        for _ in range(ITEMS_OF_SECRETS if top.kind in AGGREGATES else 0):
            token = tokens.token(at)
            if isinstance(token, Fault) or token.kind in AGGREGATES:
                break
            items.append(self._item(token))
            at = token.stop
        made = self._made(top, stop, items)
        return Value(
            made.direction, start, stop, made.kind, made.line, made.rows, made.items, False, self._after_unread
        )

    def _jump(self, begin: int, beyond: int = -1) -> None:
        """Moves to the first place at ``begin`` or behind where a value begins for certain, but behind ``beyond``."""
        self._after_unread = True
        runs = self.direction.captured
        first = int(np.searchsorted(runs.start, begin))
        for at in runs.start[first : first + _PLACES_TRIED].tolist():
            if self._tried > _TOKENS_TRIED:
                break
            if at > beyond and self._is_proved(at):
                self._at = at
                return
        self._at, self._ended = self.direction.length, True

    def _is_proved(self, start: int) -> bool:
        """Whether a value begins at ``start``: those that follow end with a segment, or are many."""
        tokens, ends, at = self._tokens, self.direction.captured.stop, start
        left = _TOKENS_EACH
        for count in range(1, _CHAIN[self._commands] + 1):
            remaining, names = 1, self._commands
            while remaining:
                token = tokens.token(at)
                left -= 1
                self._tried += 1
                if isinstance(token, Fault) or left < 0 or (names and at == start and token.kind is not Kind.ARRAY):
                    return False
                remaining += _following(token) - (token.kind is not Kind.ATTRIBUTE)
                if names and token.kind is not Kind.ARRAY:
                    names = False
                    if not is_command(self._item(token).data):
                        return False
                at = token.stop
            place = int(np.searchsorted(ends, at))
            if (place < len(ends) and int(ends[place]) == at) or count == _CHAIN[self._commands]:
                return True
        return False


#: Kinds of values that have no others in them, and whose bytes are not looked at.
_ALONE: Final = frozenset(Kind) - frozenset(AGGREGATES) - {Kind.BULK_ERROR}
_ERRORS: Final = frozenset({Kind.ERROR, Kind.BULK_ERROR})
_ARRAY: Final = Kind.ARRAY.value
_LINE_FEED: Final = 0x0A
_LINE_END: Final = frozenset(b"\r\n")


def _following(token: Token) -> int:
    """How many values belong to an aggregate, those in them not counted."""
    return max(token.number, 0) * AGGREGATES.get(token.kind, 0)


def _inline_words(line: bytes, start: int, most: int, kept: int) -> list[Item]:
    """The first ``most`` words of ``line``, which begins at offset ``start``, and the rest as one; ``kept`` bytes each.

    In double quotes ``\\n``, ``\\xFF`` and the like stand for a byte, in single ones ``\\'`` for a quote.  A line whose
    quotes do not match, to which Redis answers with an error, is taken apart at its blanks.
    """
    words = list(_quoted(line, most)) if b'"' in line or b"'" in line else None
    if words is None or None in words:
        words = list(_plain(line, most))
    return [Item(start + begin, start + end, data[:kept]) for begin, end, data in filter(None, words)]


def _plain(line: bytes, most: int) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for word in line.split(None, most):
        at = line.index(word, at)
        yield at, at + len(word), word
        at += len(word)


def _quoted(line: bytes, most: int) -> Iterator[tuple[int, int, bytes] | None]:
    """The words; None where the line cannot be read on."""
    at = _after_blanks(line, 0)
    for _ in range(most):
        if at >= len(line):
            return
        found = _WORD.match(line, at)
        if found is None or found.end() == at:
            yield None
            return
        yield _word(found)
        at = _after_blanks(line, found.end())
    if at < len(line):
        yield at, len(line), line[at:]


def _after_blanks(line: bytes, at: int) -> int:
    found = _BLANKS.match(line, at)
    return at if found is None else found.end()


def _word(found: re.Match[bytes]) -> tuple[int, int, bytes]:
    """Where the word is, without quotes around it, and what it means."""
    bare, double, single = found["bare"], found["double"], found["single"]
    begin, end = found.span()
    if not bare and (double is not None or single is not None):
        begin, end = begin + 1, end - 1
    if double is not None:
        return begin, end, bare + _ESCAPE.sub(_meant, double)
    return begin, end, bare + (b"" if single is None else single.replace(b"\\'", b"'"))


def _meant(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    return _NAMED.get(found[2], found[2])
