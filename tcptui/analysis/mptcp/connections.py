"""Which subflows tshark 4.0.17 takes for one MPTCP connection, and what these have been used for.

This is not RFC 8684: `Subflow.read` follows tshark step by step, where it is wrong, too.  A connection is made
by the first option that needs one.  It has two *ends*, and each subflow knows which of its endpoints is which end.
An end gets its token from its key (MP_CAPABLE), or from the token that a subflow asks for (MP_JOIN); a subflow that
comes with a known token belongs to that token's connection from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.wire.mptcp_options import MptcpOption, Subtype

if TYPE_CHECKING:
    from collections.abc import Iterable

_CAPABLE, _JOIN, _DATA_SEQUENCE = int(Subtype.CAPABLE), int(Subtype.JOIN), int(Subtype.DATA_SEQUENCE)
#: Highest subtype that counts as a use (`Connection.uses`): a reset with a reason, and unassigned ones, do not count.
_COUNTED: Final = int(Subtype.FAST_CLOSE)
#: The lengths of MP_CAPABLE with one key, and with both (RFC 8684, 3.1).
_ONE_KEY, _BOTH_KEYS = 12, (20, 22, 24)
#: Bytes of the data acknowledgment, by the lowest two flags of DSS (RFC 8684, 3.3).
_ACKNOWLEDGING: Final = (0, 4, 0, 8)
#: Flags of DSS: there is a mapping, and its data sequence number has 8 bytes.
_LONG_MAPPING: Final = 4 | 8
#: The length of MP_JOIN in a SYN (RFC 8684, 3.2).
_JOINING: Final = 12
#: What tokens are hashed with, by MPTCP version (RFC 6824, 3.1; RFC 8684, 3.1).
_HASHES: Final = {0: "sha1", 1: "sha256"}


class Connection:
    """One MPTCP connection."""

    __slots__ = ("flows", "has_key", "has_token", "holders", "tokens", "uses", "version")

    def __init__(self) -> None:
        self.uses = 0
        """One bit for each `Subtype` that was seen."""
        self.flows: set[int] = set()
        """Flows whose newest stream is a subflow of it."""
        self.holders = 0
        """Number of flows with a kept stream that was a subflow of it; while there are any, its tokens are known."""
        self.tokens: list[int] = []
        # Of both ends.
        self.has_token = [False, False]
        self.has_key = [False, False]
        self.version = [0, 0]


class Tokens:
    """Connections by the tokens of their ends."""

    def __init__(self) -> None:
        self._connections: dict[int, Connection] = {}
        self.newly: list[Connection] = []
        """Connections that got a token since the caller last cleared this list."""

    def __len__(self) -> int:
        return len(self._connections)

    def named(self, token: int) -> Connection | None:
        """The connection of which ``token`` is known; None without one."""
        return self._connections.get(token)

    def name(self, token: int, connection: Connection, end: int) -> None:
        """Make ``token`` that of ``end`` of ``connection``."""
        connection.has_token[end] = True
        connection.tokens.append(token)
        self._connections[token] = connection
        self.newly.append(connection)

    def evict(self, connection: Connection) -> None:
        """Drop the tokens of ``connection``, so that no subflow can join it any more."""
        for token in connection.tokens:
            del self._connections[token]


class GivenUpError(Exception):
    """An assertion of tshark fails at this option, so that it stops dissecting the frame."""


class Subflow:
    """A TCP stream with an MPTCP option."""

    __slots__ = ("connection", "first", "known_uses")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.first = 0
        """Which end of the connection endpoint *a* of the flow is."""
        self.known_uses = [0, 0]
        """`Connection.uses` at the last segment of either endpoint."""

    def _end(self, side: int) -> int:
        return self.first ^ side

    def read(self, found: Iterable[MptcpOption], side: int, tokens: Tokens) -> int:
        """Follow the options ``found`` in a segment of endpoint ``side``; returns their uses (`Connection.uses`).

        Raises `GivenUpError`.
        """
        uses = 0
        for option in found:
            subtype = option.subtype
            if subtype <= _COUNTED:
                uses |= 1 << subtype
            if subtype == _CAPABLE:
                self._capable(option, side, tokens)
            elif subtype == _JOIN and option.length == _JOINING:
                self._join(option, side, tokens)
            else:
                if self.connection is None:
                    self.begin(side)
                if subtype == _DATA_SEQUENCE:
                    self._data_sequence(option, side)
        return uses

    def begin(self, side: int) -> Connection:
        """Make a connection; the sender is its first end."""
        self.connection = Connection()
        self.first = side
        return self.connection

    def number(self, side: int) -> None:
        """Note 8-byte data sequence numbers from endpoint ``side``; tshark has one bit for these and a known key."""
        if self.connection is not None:
            self.connection.has_key[self._end(side)] = True

    def _data_sequence(self, option: MptcpOption, side: int) -> None:
        flags = option.part(3, 1)
        if flags is None or flags[0] & _LONG_MAPPING != _LONG_MAPPING:
            return
        if option.part(4 + _ACKNOWLEDGING[flags[0] & 3], 8) is not None:
            self.number(side)

    def _capable(self, option: MptcpOption, side: int, tokens: Tokens) -> None:
        if option.length != _ONE_KEY and option.length not in _BOTH_KEYS:
            return
        own, other = option.part(4, 8), option.part(12, 8)
        if own is None:
            return
        self._take_key(own, option.version, side, side, tokens)
        if option.length != _ONE_KEY and other is not None:
            self._take_key(other, option.version, 1 - side, side, tokens)

    def _take_key(self, key: bytes, version: int, of: int, sender: int, tokens: Tokens) -> None:
        """Learn the ``key`` of endpoint ``of``, unless one is known."""
        if self.connection is not None and self.connection.has_key[self._end(of)]:
            return
        hashed = _HASHES.get(version)
        token = _token(hashed, key) if hashed else 0
        connection = self._take_token(token, of, sender, tokens)
        connection.has_key[self._end(of)] = True
        connection.version[self._end(of)] = version

    def _take_token(self, token: int, of: int, sender: int, tokens: Tokens) -> Connection:
        """Learn the ``token`` of endpoint ``of``, unless one is known, and join the connection that has it."""
        connection = self.connection
        if connection is not None and connection.has_token[self._end(of)]:
            return connection
        named = tokens.named(token)
        if named is not None:
            # tshark takes an endpoint of another connection, or of none so far, for the second end.
            end = self._end(of) if named is connection else 1
        elif connection is None:
            named = self.begin(sender)
            end = self._end(of)
            tokens.name(token, named, end)
        else:
            named = connection
            if True not in named.has_token:
                raise GivenUpError
            end = 1 if named.has_token[0] else 0
            tokens.name(token, named, end)
        self.connection = named
        self.first = end ^ of
        return named

    def _join(self, option: MptcpOption, side: int, tokens: Tokens) -> None:
        token = option.part(4, 4)
        if token is None:
            return
        connection = self._take_token(int.from_bytes(token), 1 - side, side, tokens)
        if connection.version[self._end(side)] == 1:
            self.first ^= 1  # tshark exchanges the ends


def _token(hashed: str, key: bytes) -> int:
    """The token of a ``key``: the first 32 bits of its hash."""
    import hashlib  # loads OpenSSL, which captures without MPTCP do without

    return int.from_bytes(hashlib.new(hashed, key).digest()[:4])
