"""Names of servers by the certificates that they showed to clients that asked for no host; nothing is looked up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowKind
from tcptui.protocols.tls.der import DerError
from tcptui.protocols.tls.served_certificate import may_go_on, served_certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, PacketStore
    from tcptui.protocols.tls.certificate import Certificate
    from tcptui.session.asked_hosts import AskedHosts

#: Connections whose certificates are read, the first ones.
_MOST: Final = 20_000
#: Packets of a server, its first with data, in which the certificate may be, and most bytes of them.
_PACKETS: Final = 12
_BYTES: Final = 32_768
#: Connections that are looked at again while they grow: each look costs something.
_WAITING: Final = 256
#: Names of one certificate that are kept.
_NAMES: Final = 20
#: Names of hosts and nothing else, the first label perhaps any.
_NAME: Final = re.compile(
    r"(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*(?=[0-9-]*[a-z_])[a-z0-9_-]{1,63}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """The hosts that the certificate of a server is for."""

    names: tuple[str, ...]
    """In lower case, ``*.example`` among them; all that may be shown."""
    frame: int
    """The packet with which the certificate was complete."""

    @property
    def only(self) -> str:
        """The host, where there is but one and it is a whole name; else it is not known which is meant: empty."""
        return self.names[0] if len(self.names) == 1 and not self.names[0].startswith("*") else ""


class ServedCertificates:
    """Reads the certificate of each connection of `AskedHosts.nameless` once.

    ``rows_of`` gives the rows of a stream, ``read`` the payload of a row.  `grow` is for one thread; any may ask the
    others.
    """

    def __init__(
        self, store: PacketStore, streams: StreamTable, asked: AskedHosts, rows_of: Callable[[int], I32],
        read: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._store, self._streams, self._asked = store, streams, asked
        self._rows_of, self._read = rows_of, read
        self._next = 0
        """How many of `AskedHosts.nameless` have been begun."""
        self._waiting: dict[int, int] = {}
        """Connections whose server has not said enough, with the rows that they had."""
        self._known: dict[int, CertificateNames] = {}

    @property
    def count(self) -> int:
        """How many connections have such names; it only grows."""
        return len(self._known)

    def of(self, stream: int) -> CertificateNames | None:
        """The names in the certificate of the server of ``stream``, as far as that has been read."""
        return self._known.get(stream)

    def with_text(self, text: str) -> set[int]:
        """The streams whose certificates have a name that contains ``text`` (lower case)."""
        return {stream for stream, known in list(self._known.items()) if any(text in name for name in known.names)}

    def grow(self, seconds: float) -> None:
        """Read on for about ``seconds``."""
        deadline, nameless = time.monotonic() + seconds, self._asked.nameless
        for stream, seen in list(self._waiting.items()):
            if time.monotonic() > deadline:
                return
            if len(self._rows_of(stream)) > seen:
                self._look(stream)
        while self._next < min(len(nameless), _MOST) and time.monotonic() <= deadline:
            stream = nameless[self._next]
            self._next += 1
            self._look(stream)

    def _look(self, stream: int) -> None:
        """Read what the server of ``stream`` said first."""
        self._waiting.pop(stream, None)
        store, rows = self._store, self._rows_of(stream)
        from_server = (store.from_b[rows] != 0) != (self._streams.client_is_b[stream] != 0)
        is_told = from_server & (store.length[rows] > 0) & (store.kind[rows] == RowKind.TCP)
        told, said, follows = rows[is_told][:_PACKETS], b"", -1
        for row in told.tolist():
            seq, length = int(store.seq[row]), int(store.length[row])
            try:
                payload = self._read(row)
            except OSError:
                return
            if follows not in (-1, seq) or len(payload) < length:
                return  # lost, out of order, or cut: what comes then is not what the server said next
            follows = (seq + length) & 0xFFFF_FFFF
            said += payload
            certificate = served_certificate(said)
            if certificate is not None:
                self._take(stream, certificate, int(store.frame[row]))
            if certificate is not None or not may_go_on(said) or len(said) > _BYTES:
                return
        if len(told) < _PACKETS and len(self._waiting) < _WAITING:
            self._waiting[stream] = len(rows)

    def _take(self, stream: int, certificate: Certificate, frame: int) -> None:
        try:
            hosts = certificate.hosts
        except (DerError, ValueError):
            return
        names = dict.fromkeys(name for host in hosts if _NAME.fullmatch(name := host.lower().removesuffix(".")))
        if names:
            self._known[stream] = CertificateNames(tuple(names)[:_NAMES], frame)
