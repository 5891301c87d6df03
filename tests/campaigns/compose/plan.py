"""A composition: what a seed draws.  Plain values, so that a recording can say what was planned."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.campaigns.compose.capture_faults import CaptureFault
    from tests.campaigns.compose.faults import Fault

PORT: Final = 8080
CLOSED_PORT: Final = 8081
"""Where nobody listens."""


class Kind(StrEnum):
    """What a conversation is about; a heading for tables, never a truth."""

    REQUESTS = "requests"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    BOTH_WAYS = "both-ways"
    IDLE = "idle"
    HALF_CLOSE = "half-close"
    EARLY_CLOSE = "early-close"
    ABORT = "abort"
    REFUSED = "refused"
    EMPTY = "empty"
    NEVER_CLOSED = "never-closed"
    SMALL_WRITES = "small-writes"
    SLOW_READER = "slow-reader"


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a program, by the fields that its ``do`` uses."""

    do: str
    """``send``, ``read``, ``read-all``, ``sleep``, ``shutdown``, ``close`` or ``abort``."""
    size: int = 0
    """Bytes."""
    pieces: int = 1
    """In how many calls."""
    every_s: float = 0.0
    """Seconds between calls, or of the sleep."""


@dataclass(frozen=True, slots=True)
class Options:
    """Socket options of one end of a conversation; 0 leaves the system's default."""

    no_delay: bool = False
    quick_ack: bool = False
    receive_buffer: int = 0
    send_buffer: int = 0
    keep_alive: bool = False
    """Probes after a second of silence, every second, gives up after two."""
    patience_s: float = 3.0
    """Longest wait of a call, after which the program gives up."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One connection."""

    kind: Kind
    start_s: float
    source_port: int
    port: int
    client: tuple[Act, ...]
    server: tuple[Act, ...]
    client_options: Options = Options()
    server_options: Options = Options()
    fast_open: int = 0
    """Bytes that go with the SYN; 0: ordinary connect()."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server's program treats its listening socket."""

    backlog: int = 16
    accepts_after_s: float = 0.0
    never_accepts: bool = False
    dies_after_s: float = 0.0
    """When its process is killed; 0: never."""


@dataclass(frozen=True, slots=True)
class Composition:
    """All that one seed draws."""

    seed: int
    delay_ms: float
    delay_back_ms: float
    conversations: tuple[Conversation, ...]
    serving: Serving
    faults: tuple[Fault, ...] = ()
    capture_fault: CaptureFault | None = None
    sysctls: dict[str, str] = field(default_factory=dict)
    client_sysctls: dict[str, str] = field(default_factory=dict)
    server_sysctls: dict[str, str] = field(default_factory=dict)
    congestion: str = "cubic"
    hops: int = 6
    ipv6: bool = False
    quiet_s: float = 0.5

    def as_values(self) -> dict[str, Any]:
        """For JSON: everything, faults with their names."""
        values = asdict(self)
        values["faults"] = [{"name": fault.name, **asdict(fault)} for fault in self.faults]  # type: ignore[call-overload]
        if self.capture_fault is not None:
            values["capture_fault"] = {"name": self.capture_fault.name, **asdict(self.capture_fault)}  # type: ignore[call-overload]
        return values
