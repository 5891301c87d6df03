"""This host's kernel data about one connection: inet_diag, through pyroute2 (Linux).

The numbers need no privilege.  The process that holds the socket is found only among processes that
this user may inspect; the control group, and with it the systemd unit or container, of every socket.
On other systems than Linux, or without pyroute2, nothing is available.
"""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import os
import pwd
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, Any, Final

from tcptui.capture.owners.places import group_place
from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_state import TcpState

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC: Final = Path("/proc")
CGROUPS: Final = Path("/sys/fs/cgroup")
#: linux/inet_diag.h: the extension INET_DIAG_INFO, as a bit of the request.
_WITH_TCP_INFO: Final = 1 << (2 - 1)
#: include/net/tcp_states.h -> RFC 9293.  12 is TCP_NEW_SYN_RECV, a connection request before the third ACK.
_STATES: Final = {
    1: TcpState.ESTABLISHED, 2: TcpState.SYN_SENT, 3: TcpState.SYN_RECEIVED, 4: TcpState.FIN_WAIT_1,
    5: TcpState.FIN_WAIT_2, 6: TcpState.TIME_WAIT, 7: TcpState.CLOSED, 8: TcpState.CLOSE_WAIT,
    9: TcpState.LAST_ACK, 10: TcpState.LISTEN, 11: TcpState.CLOSING, 12: TcpState.SYN_RECEIVED,
}  # fmt: skip
#: The kernel's value of a slow start threshold that was never set (TCP_INFINITE_SSTHRESH).
_NO_THRESHOLD: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Owner:
    """The user, control group and process of a socket; all strings are safe text."""

    user: str
    control_group: str = ""
    """The control group's path below the mount point; empty: unknown."""
    place: str = ""
    """The systemd unit or the container id in the control group's path; empty: neither."""
    pid: int | None = None
    program: str = ""
    """The process's name.  It and ``pid`` are known only where this user may inspect the process."""


@dataclass(frozen=True, slots=True)
class KernelSocket:
    """A snapshot of one connection's socket, from inet_diag and struct tcp_info.

    Times are in nanoseconds, congestion window and threshold in segments; None: not reported.
    """

    state: TcpState
    owner: Owner
    send_queue: int
    """Bytes written by the application and not yet acknowledged by the peer."""
    receive_queue: int
    """Bytes received and not yet read by the application."""
    congestion_window: int | None = None
    threshold: int | None = None
    """Slow start threshold; None also while it was never set."""
    round_trip_ns: int | None = None
    minimum_ns: int | None = None
    timeout_ns: int | None = None
    sent_again: int | None = None
    """Retransmitted segments since the connection began (tcpi_total_retrans)."""
    lost: int | None = None
    """Segments that the kernel currently considers lost (tcpi_lost)."""
    busy_ns: int | None = None
    window_limited_ns: int | None = None
    """Part of ``busy_ns`` in which the peer's receive window limited sending (tcpi_rwnd_limited)."""
    buffer_limited_ns: int | None = None
    """Part of ``busy_ns`` in which this host's send buffer limited sending (tcpi_sndbuf_limited)."""
    acknowledged: int | None = None
    """Bytes that the peer has acknowledged, SYN and FIN included (tcpi_bytes_acked)."""
    received: int | None = None
    """Bytes received in order (tcpi_bytes_received)."""


def available() -> bool:
    """Whether `look_up` works here: Linux with pyroute2."""
    return sys.platform == "linux" and importlib.util.find_spec("pyroute2") is not None


def look_up(local: str, local_port: int, peer: str, peer_port: int) -> KernelSocket | None:
    """The socket with these addresses and ports, maybe of a later connection; None when this host has none.

    The kernel walks its table of connections, so do not call it more than once or twice a second; call it in a
    thread without an event loop.  Raises OSError when the kernel does not answer.
    """
    for family, addresses in _spellings(local, peer):
        for answer in _answers(family, sport=local_port, dport=peer_port):
            if (answer["idiag_src"], answer["idiag_dst"]) == addresses:
                return _socket(answer)
    return None


@dataclass(frozen=True, slots=True)
class SocketRow:
    """One line of a list of all sockets, as ss(8) has it; addresses as the kernel spells them."""

    local: str
    local_port: int
    peer: str
    peer_port: int
    state: TcpState
    user: str
    send_queue: int
    receive_queue: int
    congestion_window: int | None
    round_trip_ns: int | None
    sent_again: int | None
    lost: int | None


def every_socket() -> Iterator[SocketRow]:
    """The TCP sockets of this host's network namespace.  Raises OSError when the kernel does not answer."""
    for family in (AF_INET, AF_INET6):
        for answer in _answers(family):
            one = _socket(answer, Owner(_user(answer["idiag_uid"])))
            yield SocketRow(
                answer["idiag_src"], answer["idiag_sport"], answer["idiag_dst"], answer["idiag_dport"], one.state,
                one.owner.user, one.send_queue, one.receive_queue, one.congestion_window, one.round_trip_ns,
                one.sent_again, one.lost,
            )  # fmt: skip


def _spellings(local: str, peer: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Address families to query, with the addresses in each; IPv4 may also be in an IPv6 socket (IPv4-mapped)."""
    if ":" in local:
        yield AF_INET6, (str(ipaddress.ip_address(local)), str(ipaddress.ip_address(peer)))
    else:
        yield AF_INET, (local, peer)
        yield AF_INET6, (f"::ffff:{local}", f"::ffff:{peer}")


def _answers(family: int, **ports: int) -> tuple[Any, ...]:  # pyroute2 is not typed
    from pyroute2.netlink.diag import DiagSocket
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        with DiagSocket() as netlink:
            netlink.bind()
            found: tuple[Any, ...] = netlink.get_sock_stats(family=family, extensions=_WITH_TCP_INFO, **ports)
            return tuple(each for each in found if each.get("idiag_family") == family)
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error


def _socket(answer: Any, owner: Owner | None = None) -> KernelSocket:
    attributes = dict(answer["attrs"])
    info = attributes.get("INET_DIAG_INFO")
    if owner is None:
        owner = _owner(answer["idiag_uid"], answer["idiag_inode"], attributes.get("INET_DIAG_CGROUP_ID"))
    state = _STATES.get(answer["idiag_state"], TcpState.UNSEEN)
    if info is None:  # a mini-socket (TIME-WAIT, or before the third ACK) has no tcp_info
        return KernelSocket(state, owner, answer["idiag_wqueue"], answer["idiag_rqueue"])

    def number(name: str, unit: int = 1) -> int | None:
        value = info.get(f"tcpi_{name}")  # older kernels have a shorter tcp_info
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
        acknowledged=number("bytes_acked"),
        received=number("bytes_received"),
    )


def _owner(uid: int, inode: int, cgroup_id: int | None) -> Owner:
    group = _control_group(cgroup_id) if cgroup_id else ""
    pid = _holder(inode) if inode else None
    place = group_place(group)
    runs_in = safe_text(place.unit or place.container)
    return Owner(_user(uid), safe_text(group), runs_in, pid, _program(pid) if pid else "")


def _user(uid: int) -> str:
    try:
        return safe_text(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


@lru_cache(maxsize=256)
def _control_group(cgroup_id: int) -> str:
    """The path of the control group ``cgroup_id``, which is the inode number of its directory; empty if not found."""
    for folder, names, _files in os.walk(CGROUPS):
        try:
            if Path(folder).stat().st_ino == cgroup_id:
                return folder.removeprefix(str(CGROUPS)) or "/"
        except OSError:
            names.clear()  # removed meanwhile
    return ""


@lru_cache(maxsize=256)
def _holder(inode: int) -> int | None:
    """The id of a process that has the socket open, among those that this user may inspect."""
    wanted = f"socket:[{inode}]"
    try:
        processes = list(PROC.iterdir())
    except OSError:
        return None
    for process in processes:
        if process.name.isdigit() and wanted in _open_files(process):
            return int(process.name)
    return None


def _open_files(process: Path) -> Iterator[str]:
    """The link targets of a process's descriptors; none where this user may not inspect it."""
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
