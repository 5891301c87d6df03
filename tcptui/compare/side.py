"""One side of a comparison: connections as columns, wherever they come from.

Everything that is compared is read from a `Side`; `tcptui.compare.gather` makes one of an open capture, and whoever
has the same columns of many captures (a scan) can make one of those.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.capture_point import CapturePlace
from tcptui.model.finding import AnyId, Severity
from tcptui.model.resend_cause import ResendCause

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64

    Bools = NDArray[np.bool_]
    Texts = NDArray[np.object_]


class TcpOption(Enum):
    """An option that both ends negotiate in the handshake; its value is the name in JSON.  Columns have this order."""

    SACK = "sack"
    WINDOW_SCALE = "window-scale"
    TIMESTAMPS = "timestamps"
    ECN = "ecn"
    MPTCP = "mptcp"


#: Why segments were retransmitted that were, or seemed, lost: the columns of `Side.resent`.
LOSS_CAUSES: Final = (
    ResendCause.FAST_RECOVERY,
    ResendCause.RTO,
    ResendCause.TAIL_LOSS_PROBE,
    ResendCause.SYN_RETRY,
    ResendCause.UNKNOWN,
)


@dataclass(frozen=True)
class FoundRows:
    """Warnings and errors: which connection has which, each once."""

    row: I64
    """Place of the connection in the side."""
    name: I64
    """Place in `names`."""
    names: tuple[AnyId, ...] = ()
    severity: tuple[Severity, ...] = ()
    """The worst of each name."""


@dataclass(frozen=True)
class RequestRows:
    """Requests, in columns of one length."""

    row: I64
    """Place of the connection in the side."""
    name: I64
    """Place in `names`."""
    took_ns: I64
    """`Request.own_ns`."""
    failed: Bools
    names: tuple[str, ...] = ()
    """Protocol and statement without its values, as safe text."""


@dataclass(frozen=True)
class About:
    """Facts about the captures of a side as a whole."""

    files: tuple[str, ...] = ()
    place: CapturePlace = field(default_factory=CapturePlace)
    packets: int = 0
    truncated: int = 0
    """Frames of which not all bytes were captured."""
    dropped: int = 0
    """Packets that the recorder lost."""
    begin_ns: int = 0
    """Time of the first packet, …"""
    end_ns: int = 0
    """… and of the last one."""


@dataclass(frozen=True)
class Side:
    """Connections: every column has one entry for each; a time of 0 was not measured."""

    streams: I64
    """Numbers in the capture."""
    began_ns: I64
    client: Texts
    """Addresses."""
    server: Texts
    """Address and port."""
    port: I64
    """The server's."""
    handshake_ns: I64
    rtt_ns: I64
    """The shortest round trips of both halves of the path, added: the same at every capture point."""
    segments: I64
    """Segments that take sequence numbers, retransmitted ones included."""
    resent: I64
    """Retransmitted ones of `segments` by cause: shape (connections, `LOSS_CAUSES`)."""
    exchanges: I64
    """How often the client spoke first or after the server."""
    server_think_ns: I64
    """Total time that the server thought; `client_think_ns` is the client's."""
    client_think_ns: I64
    bulk_bytes: I64
    """Payload of the end that sent more; 0 where that is no bulk transfer."""
    bulk_ns: I64
    """How long it was under way: the connection's time without thinking and idling."""
    opened: Bools
    """True if SYN and SYN-ACK were captured."""
    offered: Bools
    """By the SYN: shape (connections, `TcpOption`)."""
    agreed: Bools
    """By both ends, of the same shape."""
    mss: I64
    """The smaller one of both ends, in bytes; 0 unknown."""
    found: FoundRows
    requests: RequestRows
    about: About = field(default_factory=About)

    def __len__(self) -> int:
        return len(self.streams)

    def of(self, chosen: Bools) -> Side:
        """The connections that are ``chosen``."""
        places = np.cumsum(chosen) - 1
        columns: dict[str, Any] = {
            one.name: getattr(self, one.name)[chosen] for one in fields(self) if one.name not in _NO_COLUMN
        }
        found, requests = self.found, self.requests
        kept, asked = chosen[found.row], chosen[requests.row]
        return replace(
            self,
            **columns,
            found=replace(found, row=places[found.row[kept]], name=found.name[kept]),
            requests=replace(
                requests, row=places[requests.row[asked]], name=requests.name[asked],
                took_ns=requests.took_ns[asked], failed=requests.failed[asked],
            ),
        )  # fmt: skip


_NO_COLUMN: Final = frozenset({"found", "requests", "about"})
