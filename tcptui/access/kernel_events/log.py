"""The kernel's records: those of a running trace, or of a file."""

from __future__ import annotations

import os
import threading
from bisect import insort
from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.model.kernel_event import RECORD, KernelEventKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Addresses and ports of both ends, the lesser first: whichever end an event is about, it is this connection's.
ConnectionKey = tuple[bytes, int, bytes, int]

_OF_NO_CONNECTION = (KernelEventKind.LOST, KernelEventKind.ELSEWHERE, KernelEventKind.BEGAN)


def connection_key(source: bytes, source_port: int, target: bytes, target_port: int) -> ConnectionKey:
    """The key of a connection between these ends (addresses of 16 bytes)."""
    if (source, source_port) <= (target, target_port):
        return source, source_port, target, target_port
    return target, target_port, source, source_port


class KernelLog:
    """Records by connection; grows with a file that is written meanwhile (`grow`)."""

    def __init__(self, descriptor: int = -1) -> None:
        """``descriptor``: a file of records and nothing else; -1: what `add` is given is all."""
        self._descriptor = descriptor
        self._read = 0
        self._growing = threading.Lock()
        self.records: NDArray[Any] = np.zeros(0, RECORD)
        """All records (`RECORD`), in the order in which they came."""
        self._of: dict[ConnectionKey, list[int]] = {}
        self.began_ns: int | None = None
        """From when on events were recorded, since the epoch; None: not known."""
        self.lost = 0
        """Events that could not be kept."""
        self.lost_ns: list[int] = []
        """When that was noticed, ascending."""
        self.elsewhere: dict[str, int] = {}
        """Packets thrown away whose connection the kernel does not name, by reason."""

    def grow(self) -> None:
        """Read what the file has had since.  For several threads."""
        if self._descriptor >= 0:
            with self._growing:
                self._grow()

    def _grow(self) -> None:
        try:
            data = os.pread(self._descriptor, 1 << 26, self._read)
        except OSError:  # closed at the end of the program
            return
        whole = len(data) // RECORD.itemsize * RECORD.itemsize
        if whole:
            self._read += whole
            self.add(np.frombuffer(data[:whole], RECORD))

    def add(self, records: NDArray[Any]) -> None:
        """Take further ``records``; kinds that are not known are left out."""
        first = len(self.records)
        self.records = np.concatenate([self.records, records])
        for index, record in enumerate(records.tolist(), first):
            time_ns, _slack, kind, _cause, _soft, _state, port, peer_port, source, target, _socket, _pid, value, why = (
                record
            )
            if kind == KernelEventKind.BEGAN:
                self.began_ns = time_ns if self.began_ns is None else min(self.began_ns, time_ns)
            elif kind == KernelEventKind.LOST:
                self.lost += value
                insort(self.lost_ns, time_ns)
            elif kind == KernelEventKind.ELSEWHERE:
                reason = reason_text(why)
                self.elsewhere[reason] = self.elsewhere.get(reason, 0) + value
            elif kind not in _OF_NO_CONNECTION:
                self._of.setdefault(connection_key(source, port, target, peer_port), []).append(index)

    def __len__(self) -> int:
        return len(self.records)

    def has(self, key: ConnectionKey) -> bool:
        """True if the kernel said anything about this connection."""
        return key in self._of

    def of(self, key: ConnectionKey) -> NDArray[Any]:
        """The records about a connection, ascending in time."""
        found = self.records[self._of.get(key, [])]
        order = np.argsort(found["time_ns"], kind="stable")
        return found[order]


def reason_text(raw: bytes) -> str:
    """A reason's name as the kernel has it: letters, digits and underscores; anything else is replaced."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each == "_") else "?" for each in raw.decode("latin-1")
    )
