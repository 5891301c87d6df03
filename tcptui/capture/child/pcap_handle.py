"""Opens a libpcap handle, non-blocking, with the requested ring and filter; or says why it cannot."""

from __future__ import annotations

import contextlib
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cypcap

from tcptui.capture.bpf.no_dns import use_hosts_file_only
from tcptui.capture.child.protocol import Refusal, Refused

if TYPE_CHECKING:
    from tcptui.capture.child.protocol import CaptureRequest

#: The block timeout in seconds: how long the kernel collects packets before it hands over a block that is not full.
BLOCK_SECONDS: Final = 0.1
#: pcap-linktype(7): Linux cooked v2, which names the interface of each packet.
_LINUX_SLL2: Final = 276

#: libpcap's error code of pcap_activate -> refusal; all others are `Refusal.OTHER`.
_REFUSALS: Final = {
    int(cypcap.ErrorCode.PERM_DENIED): Refusal.DENIED,
    int(cypcap.ErrorCode.PROMISC_PERM_DENIED): Refusal.DENIED,
    int(cypcap.ErrorCode.NO_SUCH_DEVICE): Refusal.MISSING,
    int(cypcap.ErrorCode.IFACE_NOT_UP): Refusal.DOWN,
}


class OpenError(Exception):
    """A capture could not be opened."""

    def __init__(self, refusal: Refusal, text: str) -> None:
        super().__init__(text)
        self.message = Refused(refusal, text)


def activate(request: CaptureRequest) -> Any:
    """An activated, non-blocking cypcap handle; raises OpenError."""
    try:
        pcap = cypcap.create(request.interface)
    except cypcap.Error as error:
        raise OpenError(Refusal.OTHER, error_text(error)) from error
    try:
        pcap.set_pre_config(
            snaplen=request.snaplen,
            promisc=request.promiscuous,
            timeout=BLOCK_SECONDS,
            buffer_size=request.buffer_kib * 1024,
        )
        with contextlib.suppress(cypcap.Error):  # else microseconds
            pcap.set_tstamp_precision(cypcap.TstampPrecision.NANO)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "any" cannot be promiscuous: not worth a warning
            pcap.activate()
        if request.interface == "any" and _LINUX_SLL2 in pcap.list_datalinks():
            pcap.set_datalink(_LINUX_SLL2)
        pcap.setnonblock(True)
    except cypcap.Error as error:
        pcap.close()
        raise OpenError(_REFUSALS.get(int(error.code), Refusal.OTHER), error_text(error)) from error
    return pcap


@dataclass(frozen=True, slots=True)
class InstalledFilter:
    """The filter of an open capture, and where it begins."""

    leaves_out_own: bool
    """Whether it excludes our own screen's connection."""
    since: int
    """When it came into force (ns since the epoch): older packets did not pass it.  0: there is no filter."""
    earlier: Any
    """libpcap's counters (`cypcap.Stat`) of what had arrived before: not of this capture."""


def set_filter(pcap: Any, request: CaptureRequest) -> InstalledFilter:
    """Compile and install the filter.

    Raises OpenError with libpcap's own message about the user's expression.
    """
    words = request.filter_words.strip()
    if not words and not request.own_words:
        return InstalledFilter(False, 0, pcap.stats())
    # Nothing passes until the filter is in force: libpcap counts from activation on, whatever the filter refuses later.
    with contextlib.suppress(cypcap.Error):  # a link type that libpcap compiles nothing for
        pcap.setfilter(pcap.compile("less 0", True, cypcap.NETMASK_UNKNOWN))
    earlier, since = pcap.stats(), time.time_ns()
    return InstalledFilter(_set_words(pcap, request, words), since, earlier)


def _set_words(pcap: Any, request: CaptureRequest, words: str) -> bool:
    """Install the filter; returns whether our own screen's connection could be excluded."""
    if words:
        use_hosts_file_only()
    # Alone first: within brackets, `tcp) or (tcp` would be an expression, too, and one that undoes the exclusion.
    # Without any words it is the filter that every packet passes.
    alone = _compiled(pcap, words, request.interface)
    if request.own_words:
        # Our own part comes first, because `vlan` and the like shift the offsets of everything after them.
        both = f"{request.own_words} and ({words})" if words else request.own_words
        with contextlib.suppress(OpenError):  # a link type without addresses
            _install(pcap, _compiled(pcap, both, request.interface))
            return True
    _install(pcap, alone)
    return False


def _compiled(pcap: Any, words: str, interface: str) -> Any:
    """The program of the expression ``words``; raises OpenError."""
    try:
        _network, netmask = cypcap.lookupnet(interface)
    except cypcap.Error:
        netmask = cypcap.NETMASK_UNKNOWN  # no IPv4 address; only "ip broadcast" would need it
    try:
        return pcap.compile(words, True, netmask)
    except cypcap.Error as error:
        raise OpenError(Refusal.FILTER, error_text(error)) from error


def _install(pcap: Any, program: Any) -> None:
    try:
        pcap.setfilter(program)
    except cypcap.Error as error:
        raise OpenError(Refusal.FILTER, error_text(error)) from error


def error_text(error: Exception) -> str:
    """The message of libpcap or of the system."""
    return error.msg if isinstance(error, cypcap.Error) else getattr(error, "strerror", None) or str(error)
