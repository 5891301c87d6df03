"""What this machine's own kernel says of one connection: inet_diag, through pyroute2 (Linux).

No privilege is needed for the numbers.  Which process holds the socket can only be seen of
processes that this user may look into; the control group, and with it the unit or the
container, of every one.  Elsewhere than on Linux, or without pyroute2, there is nothing to ask.
"""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import os
import pwd
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_state import TcpState

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC: Final = Path("/proc")
CGROUPS: Final = Path("/sys/fs/cgroup")
#: linux/inet_diag.h: the extension INET_DIAG_INFO, as a bit of the request.
_WITH_TCP_INFO: Final = 1 << (2 - 1)
#: include/net/tcp_states.h.  The kernel's SYN-RECEIVED of an embryonic connection (12) is RFC 9293's.
_STATES: Final = {
    1: TcpState.ESTABLISHED, 2: TcpState.SYN_SENT, 3: TcpState.SYN_RECEIVED, 4: TcpState.FIN_WAIT_1,
    5: TcpState.FIN_WAIT_2, 6: TcpState.TIME_WAIT, 7: TcpState.CLOSED, 8: TcpState.CLOSE_WAIT,
    9: TcpState.LAST_ACK, 10: TcpState.LISTEN, 11: TcpState.CLOSING, 12: TcpState.SYN_RECEIVED,
}  # fmt: skip
#: A slow start threshold that was never set (TCP_INFINITE_SSTHRESH).
_NO_THRESHOLD: Final = 0x7FFF_FFFF
_CONTAINER: Final = re.compile(r"(?:docker|cri-containerd|libpod|crio)-([0-9a-f]{12})[0-9a-f]{52}\.scope\Z")
_UNIT: Final = re.compile(r"\A[^/]+\.(?:service|scope|slice)\Z")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a socket; every text is safe."""

    user: str
    control_group: str = ""
    """Its path, below the mount point."""
    place: str = ""
    """The unit or container that the control group stands for, where it has such a name."""
    pid: int | None = None
    program: str = ""
    """Only where this user may look into the process."""


@dataclass(frozen=True, slots=True)
class KernelSocket:
    """The kernel's view of one connection at one moment; times in nanoseconds, windows in segments."""

    state: TcpState
    owner: Owner
    send_queue: int
    """Bytes written and not acknowledged."""
    receive_queue: int
    """Bytes that arrived and were not read."""
    congestion_window: int | None = None
    threshold: int | None = None
    """Slow start threshold; None while there is none."""
    round_trip_ns: int | None = None
    minimum_ns: int | None = None
    timeout_ns: int | None = None
    sent_again: int | None = None
    """Segments, since the connection began."""
    lost: int | None = None
    """Segments that it thinks are lost just now."""
    busy_ns: int | None = None
    window_limited_ns: int | None = None
    """Part of ``busy_ns`` in which the peer's window held it up."""
    buffer_limited_ns: int | None = None
    """Part of ``busy_ns`` in which its own send buffer did."""


def available() -> bool:
    """Whether this machine's kernel can be asked."""
    return sys.platform == "linux" and importlib.util.find_spec("pyroute2") is not None


def look_up(local: str, local_port: int, peer: str, peer_port: int) -> KernelSocket | None:
    """The socket of this connection; None when this machine has none.

    Walks the kernel's table of connections, so once or twice a second is often enough; call it in a
    thread without an event loop.  Raises OSError when the kernel does not answer.
    """
    for family, addresses in _spellings(local, peer):
        for answer in _answers(family, local_port, peer_port):
            if (answer["idiag_src"], answer["idiag_dst"]) == addresses:
                return _socket(answer)
    return None


def _spellings(local: str, peer: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Families to ask for; IPv4 also lives in sockets that listen on IPv6."""
    if ":" in local:
        yield AF_INET6, (str(ipaddress.ip_address(local)), str(ipaddress.ip_address(peer)))
    else:
        yield AF_INET, (local, peer)
        yield AF_INET6, (f"::ffff:{local}", f"::ffff:{peer}")


def _answers(family: int, local_port: int, peer_port: int) -> tuple[Any, ...]:  # pyroute2 is not typed
    from pyroute2.netlink.diag import DiagSocket
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        with DiagSocket() as netlink:
            netlink.bind()
            found: tuple[Any, ...] = netlink.get_sock_stats(
                family=family, extensions=_WITH_TCP_INFO, sport=local_port, dport=peer_port
            )
            return tuple(each for each in found if each.get("idiag_family") == family)
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error


def _socket(answer: Any) -> KernelSocket:
    attributes = dict(answer["attrs"])
    info = attributes.get("INET_DIAG_INFO")
    owner = _owner(answer["idiag_uid"], answer["idiag_inode"], attributes.get("INET_DIAG_CGROUP_ID"))
    state = _STATES.get(answer["idiag_state"], TcpState.UNSEEN)
    if info is None:  # a mini-socket: TIME-WAIT, or before the third ACK
        return KernelSocket(state, owner, answer["idiag_wqueue"], answer["idiag_rqueue"])

    def number(name: str, unit: int = 1) -> int | None:
        value = info.get(f"tcpi_{name}")  # older kernels end their answer sooner
        return None if value is None else int(value) * unit

    threshold = number("snd_ssthresh")
    return KernelSocket(
        state,
        owner,
        answer["idiag_wqueue"],
        answer["idiag_rqueue"],
        congestion_window=number("snd_cwnd"),
        threshold=None if threshold == _NO_THRESHOLD else threshold,
        round_trip_ns=number("rtt", 1000),
        minimum_ns=number("min_rtt", 1000),
        timeout_ns=number("rto", 1000),
        sent_again=number("total_retrans"),
        lost=number("lost"),
        busy_ns=number("busy_time", 1000),
        window_limited_ns=number("rwnd_limited", 1000),
        buffer_limited_ns=number("sndbuf_limited", 1000),
    )


def _owner(uid: int, inode: int, cgroup_id: int | None) -> Owner:
    group = _control_group(cgroup_id) if cgroup_id else ""
    pid = _holder(inode) if inode else None
    return Owner(_user(uid), safe_text(group), safe_text(place_of(group)), pid, _program(pid) if pid else "")


def _user(uid: int) -> str:
    try:
        return safe_text(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


def place_of(control_group: str) -> str:
    """The unit or container that a control group's path names; empty when it names none."""
    for part in reversed(control_group.split("/")):
        container = _CONTAINER.match(part)
        if container:
            return container.group(1)
        if _UNIT.match(part) and not part.endswith(".slice"):
            return part
    return ""


@lru_cache(maxsize=256)
def _control_group(cgroup_id: int) -> str:
    """The path of a control group: its id is the number of its folder's inode."""
    for folder, names, _files in os.walk(CGROUPS):
        try:
            if Path(folder).stat().st_ino == cgroup_id:
                return folder.removeprefix(str(CGROUPS)) or "/"
        except OSError:
            names.clear()  # it went away meanwhile
    return ""


@lru_cache(maxsize=256)
def _holder(inode: int) -> int | None:
    """The process that holds the socket, of those that may be looked into."""
    wanted = f"socket:[{inode}]"
    for process in PROC.iterdir():
        if process.name.isdigit() and wanted in _open_files(process):
            return int(process.name)
    return None


def _open_files(process: Path) -> Iterator[str]:
    """What the descriptors of a process point to, as far as this user may see."""
    try:
        entries = list((process / "fd").iterdir())
    except OSError:
        return
    for entry in entries:
        with contextlib.suppress(OSError):  # closed meanwhile
            yield str(entry.readlink())


def _program(pid: int) -> str:
    try:
        return safe_text((PROC / str(pid) / "comm").read_text("utf-8", "replace").strip())
    except OSError:
        return ""
