"""Secrets of TLS connections, in the NSS key log format, from files and from pcapng (Decryption Secrets Blocks).

draft-ietf-tls-keylogfile: a line is a label, the ClientHello's random value, and a secret.  A file is read again while
it grows.  Whatever is no such line is counted and left out; no secret is ever part of a text.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Secret(IntEnum):
    """The secrets that are kept."""

    MASTER = auto()
    """Of TLS 1.2 and before (RFC 5246, 8.1)."""
    CLIENT_EARLY = auto()
    CLIENT_HANDSHAKE = auto()
    SERVER_HANDSHAKE = auto()
    CLIENT_TRAFFIC = auto()
    SERVER_TRAFFIC = auto()


#: All that a connection of TLS 1.3 without early data has.
_OF_1_3: Final = frozenset(Secret) - {Secret.MASTER, Secret.CLIENT_EARLY}
_SECRETS: Final = {
    b"CLIENT_RANDOM": Secret.MASTER,
    b"CLIENT_EARLY_TRAFFIC_SECRET": Secret.CLIENT_EARLY,
    b"CLIENT_HANDSHAKE_TRAFFIC_SECRET": Secret.CLIENT_HANDSHAKE,
    b"SERVER_HANDSHAKE_TRAFFIC_SECRET": Secret.SERVER_HANDSHAKE,
    b"CLIENT_TRAFFIC_SECRET_0": Secret.CLIENT_TRAFFIC,
    b"SERVER_TRAFFIC_SECRET_0": Secret.SERVER_TRAFFIC,
}
#: Labels of exporters, of ECH, of QUIC, and of secrets that follow from others.  Their lines are right, and not kept.
_OTHER_LABELS: Final = frozenset({
    b"EARLY_EXPORTER_SECRET", b"EARLY_EXPORTER_MASTER_SECRET", b"EXPORTER_SECRET", b"ECH_SECRET", b"ECH_CONFIG",
    b"CLIENT_TRAFFIC_SECRET_N", b"SERVER_TRAFFIC_SECRET_N",
    b"QUIC_CLIENT_EARLY_TRAFFIC_SECRET", b"QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    b"QUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET", b"QUIC_CLIENT_TRAFFIC_SECRET_0", b"QUIC_SERVER_TRAFFIC_SECRET_0",
})  # fmt: skip
#: Older lines: a session's number instead of the random value.
_SESSION: Final = b"Session-ID:"
_MASTER: Final = b"Master-Key:"
#: The beginning of an encrypted premaster secret, and that secret, which OpenSSL writes beside the master secret.
_PREMASTER: Final = re.compile(rb"RSA [0-9A-Fa-f]{16} [0-9A-Fa-f]{96}")
#: What some editors of Windows write in front of a text.
_BOM: Final = b"\xef\xbb\xbf"
_RANDOM: Final = 32
_MASTER_BYTES: Final = 48
#: Lengths of the hash functions of TLS 1.3 (RFC 8446, B.4).
_TRAFFIC_BYTES: Final = frozenset({32, 48})
#: Connections whose secrets are kept, the newest: some 80 MB.
MOST_CONNECTIONS: Final = 200_000
#: Bytes that are read of one file; a million lines have about 180 MB.
MOST_BYTES: Final = 1 << 30
#: Longer lines are none.
_LONGEST_LINE: Final = 4_096
_READ: Final = 1 << 22
#: How often it is looked whether a file has grown, in seconds.
_LOOK_EVERY: Final = 0.1
#: Most connections remembered as asked for in vain; beyond them every new line may concern one.
_REQUESTED_MOST: Final = 10_000


class KeySource(Protocol):
    """Where lines come from."""

    def fresh(self) -> Iterator[bytes]:
        """What has come and was not taken yet, piece by piece; whoever stops amid them gets the others next time."""
        ...


class KeyLogFile:
    """A key log file, which may grow, be emptied, or be replaced.  Raises InputError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = safe_text(str(path))
        self._position = 0
        try:
            self._descriptor = open_regular(path)
        except OSError as error:
            raise InputError("keylog_unreadable", path=self.name, reason=reason_of(error)) from error

    def fresh(self) -> Iterator[bytes]:
        """See `KeySource`; nothing more of a file that can no longer be read."""
        try:
            found = os.fstat(self._descriptor)
            if self._position >= found.st_size:
                self._take_successor(found)
                found = os.fstat(self._descriptor)
            if found.st_size < self._position:
                self._position = 0
            until = min(found.st_size, MOST_BYTES)
            while self._position < until:
                piece = os.pread(self._descriptor, min(_READ, until - self._position), self._position)
                if not piece:
                    break
                self._position += len(piece)
                yield piece
        except OSError:
            return

    def _take_successor(self, found: os.stat_result) -> None:
        """Go on with another file of the same name, if there is one."""
        try:
            there = self._path.stat()
            if (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino):
                return
            descriptor = open_regular(self._path)
        except OSError:
            return
        os.close(self._descriptor)
        self._descriptor, self._position = descriptor, 0

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)


def open_regular(path: Path) -> int:
    """A descriptor of the file, which does not wait for anybody.  Raises OSError, also of what is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "not a regular file")
    return descriptor


class KeyBlocks:
    """Secrets that a pcapng file carries: texts to which a parser may append."""

    def __init__(self, texts: Sequence[Sequence[bytes]]) -> None:
        self._texts = texts
        self._taken = [0] * len(texts)

    def fresh(self) -> Iterator[bytes]:
        """See `KeySource`."""
        for at, texts in enumerate(self._texts):
            while self._taken[at] < len(texts):
                self._taken[at] += 1
                yield texts[self._taken[at] - 1] + b"\n"


@dataclass(frozen=True, slots=True)
class KeyLogState:
    """What is known of the lines read so far."""

    connections: int
    """Connections that secrets are kept of."""
    wrong_lines: int
    """Lines that are none of the format, comments left out."""
    forgotten: int
    """Connections left out because there were more than `MOST_CONNECTIONS`."""


class KeyLog:
    """The secrets that one session was given; those of a file win over those of the capture.  For several threads."""

    def __init__(self, sources: Sequence[KeySource] = (), name: str = "") -> None:
        """``sources``: of those that have the same secret, the last one counts; ``name``: of the file, as safe text."""
        self.name = name
        """The file that somebody gave; empty: nobody did."""
        self._sources = list(sources)
        self._rest = [b""] * len(self._sources)
        self._overlong = [False] * len(self._sources)
        self._tables: list[dict[bytes, bytes]] = [{} for _ in self._sources]
        self._wrong = self._forgotten = 0
        self._asked: set[bytes] = set()
        self._refused = False
        """Whether somebody did not even ask, because there were no secrets at all."""
        self._revision = 0
        self._looked = -_LOOK_EVERY
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """For another process: what is known now; that one reads no file."""
        self._look(at_once=True)
        with self._lock:
            return {"tables": [dict(table) for table in self._tables]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._tables = state["tables"]

    def __bool__(self) -> bool:
        self._look()
        has_some = any(self._tables)
        self._refused |= not has_some
        return has_some

    @property
    def revision(self) -> int:
        """Changes when a secret has come of a connection that was asked for in vain, or the very first one of any."""
        self._look()
        return self._revision

    @property
    def news(self) -> int:
        """`revision` for a screen, which reads a little at a time: not a file for the first time, which takes long, nor
        does it wait for that."""
        if self._looked >= 0:
            self._look(waits=False)
        return self._revision

    @property
    def state(self) -> KeyLogState:
        """What is known of the lines read so far."""
        self._look()
        return KeyLogState(sum(map(len, self._tables)), self._wrong, self._forgotten)

    def of(self, random: bytes) -> dict[Secret, bytes]:
        """The secrets of the connection whose ClientHello has the value ``random``."""
        self._look()
        with self._lock:
            found: dict[Secret, bytes] = {}
            for table in self._tables:
                found |= _unpacked(table.get(random, b""))
            if Secret.MASTER not in found and not found.keys() >= _OF_1_3 and len(self._asked) < _REQUESTED_MOST:
                self._asked.add(random)
            return found

    def _look(self, *, at_once: bool = False, waits: bool = True) -> None:
        """Read what is new, if it is time to; without ``waits`` one piece at most, where no other thread reads."""
        now = time.monotonic()
        if not self._sources or (now - self._looked < _LOOK_EVERY and not at_once):
            return
        if not self._lock.acquire(blocking=waits):
            return
        try:
            self._looked = now
            for at, source in enumerate(self._sources):
                for piece in islice(source.fresh(), None if waits else 1):
                    self._take(at, piece)
            if self._refused and any(self._tables):
                self._refused = False
                self._revision += 1
        finally:
            self._lock.release()

    def _take(self, at: int, piece: bytes) -> None:
        """The lines of ``piece``; its last one may go on in the next piece."""
        lines = (self._rest[at] + piece).split(b"\n")
        rest = lines.pop()
        if self._overlong[at] and lines:
            self._overlong[at] = False
            del lines[0]
        if len(rest) > _LONGEST_LINE:
            self._wrong += not self._overlong[at]
            self._overlong[at], rest = True, b""
        self._rest[at] = rest
        table = self._tables[at]
        for line in lines:
            words = line.removeprefix(_BOM).split() if len(line) <= _LONGEST_LINE else [line]
            if not words or words[0].startswith(b"#"):
                continue
            found = _secret_in(words)
            if found is None:
                self._wrong += words[0] not in _OTHER_LABELS and not _PREMASTER.fullmatch(b" ".join(words))
            else:
                self._keep(table, *found)
        last = _secret_in(rest.split())
        if last is not None:  # perhaps no end of line will come
            self._keep(table, *last)
        # All at once: the first key of a dictionary is searched for behind all that were deleted before it.
        for oldest in list(islice(table, max(len(table) - MOST_CONNECTIONS, 0))):
            del table[oldest]
            self._forgotten += 1

    def _keep(self, table: dict[bytes, bytes], who: bytes, kind: Secret, secret: bytes) -> None:
        known = table.pop(who, b"")
        packed = bytes((kind, len(secret))) + secret
        if known:
            others = {other: value for other, value in _unpacked(known).items() if other is not kind}
            packed = _packed(others | {kind: secret})
        table[who] = packed  # the newest last
        if packed != known:
            self._revision += who in self._asked or len(self._asked) >= _REQUESTED_MOST


def _packed(secrets: dict[Secret, bytes]) -> bytes:
    return b"".join(bytes((kind, len(value))) + value for kind, value in secrets.items())


def _unpacked(packed: bytes) -> dict[Secret, bytes]:
    found: dict[Secret, bytes] = {}
    at = 0
    while at < len(packed):
        end = at + 2 + packed[at + 1]
        found[Secret(packed[at])] = packed[at + 2 : end]
        at = end
    return found


def _secret_in(words: list[bytes]) -> tuple[bytes, Secret, bytes] | None:
    """Whose secret a line gives, which one, and the secret; None where it gives none that is kept."""
    if len(words) != 3:
        return None
    label, who, secret = words
    kind = _SECRETS.get(label)
    if kind is None:
        if label != b"RSA" or not who.startswith(_SESSION) or not secret.startswith(_MASTER):
            return None
        kind, who, secret = Secret.MASTER, who[len(_SESSION) :], secret[len(_MASTER) :]
    try:
        identity, value = bytes.fromhex(who.decode("ascii")), bytes.fromhex(secret.decode("ascii"))
    except ValueError:
        return None
    if label in _SECRETS and len(identity) != _RANDOM:
        return None
    fits = len(value) == _MASTER_BYTES if kind is Secret.MASTER else len(value) in _TRAFFIC_BYTES
    return (identity, kind, value) if fits and identity else None
