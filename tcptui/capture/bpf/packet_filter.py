"""A BPF expression applied to a capture file: libpcap compiles it once for each link type, NumPy runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.bpf.machine import BpfMachine
from tcptui.capture.bpf.no_dns import use_hosts_file_only
from tcptui.model.errors import UsageError
from tcptui.model.pcap_format import MAX_PACKET
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: LINKTYPE_ETHERNET, the link type for which an expression is compiled first.
_ETHERNET: Final = 1
#: LINKTYPE_ number in files -> DLT_ number in libpcap, where the two differ here (pcap/dlt.h, pcap-common.c).
_COMPILED_AS: Final = {101: 12, 100: 11, 102: 15, 103: 16}
#: Link types tried in this order when an expression does not compile for Ethernet: raw IP, Linux cooked v1 and v2,
#: 802.11 with radiotap.
_OTHER_LINK_TYPES: Final = (101, 113, 276, 127)
#: In libpcap's message about an expression that its grammar does not have, as opposed to names that it does not find,
#: and to what it cannot compile for a link type.
_NO_EXPRESSION: Final = "syntax error"


class PacketFilter:
    """One filter expression; an empty one keeps all packets.

    Raises UsageError with libpcap's own message for an expression that compiles for no link type.
    Host names in it are looked up in the hosts file alone.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        #: Link types to which the expression cannot be applied, with libpcap's reason as safe text.
        self.refused: dict[int, str] = {}
        self._machines: dict[int, BpfMachine | None] = {}
        if not expression.strip() or self._machine(_ETHERNET) is not None:
            return
        reason = self.refused.pop(_ETHERNET)
        for link_type in _OTHER_LINK_TYPES:
            if self._machine(link_type) is not None:
                break
        else:
            raise UsageError("bad_filter", filter=safe_text(expression), reason=reason)
        self.refused.clear()
        self._machines.clear()

    def keep(
        self,
        data: bytes | memoryview | NDArray[np.uint8],
        starts: NDArray[np.int64],
        captured: NDArray[np.int64],
        wire: NDArray[np.int64],
        link_type: int,
    ) -> NDArray[np.bool_]:
        """Boolean mask of the packets that match; all are of ``link_type``, its LINKTYPE_ number in files.

        Packet ``i`` is the ``captured[i]`` bytes of ``data`` from ``starts[i]``, all within ``data``; its original
        length was ``wire[i]``.  Where the expression does not compile, no packet matches and `refused` says why.
        """
        if not self.expression.strip():
            return np.ones(starts.size, np.bool_)
        machine = self._machine(link_type)
        if machine is None:
            return np.zeros(starts.size, np.bool_)
        array = data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
        return machine.run(array, starts, captured, wire)

    def _machine(self, link_type: int) -> BpfMachine | None:
        if link_type not in self._machines:
            self._machines[link_type] = self._compiled(link_type)
        return self._machines[link_type]

    def _compiled(self, link_type: int) -> BpfMachine | None:
        import cypcap  # imported late: needed only where there is a filter

        use_hosts_file_only()
        try:
            program = cypcap.compile(
                _COMPILED_AS.get(link_type, link_type), MAX_PACKET, self.expression, True, cypcap.NETMASK_UNKNOWN
            )
        except cypcap.Error as error:
            self.refused[link_type] = safe_text(error.msg)
            return None
        return BpfMachine(list(program))


def require_whole(expression: str) -> None:
    """Raise UsageError for an ``expression`` of another host's capture that is none when it stands alone.

    libpcap compiles it here, for one link type or another.  Names of hosts, services and interfaces that only the other
    host knows, and link types that only it has, are that host's to judge; libpcap has stopped reading there, so
    brackets are counted, too: `tcp) or (tcp` is no expression, but would be one within brackets.
    """
    if not _is_balanced(expression):
        raise UsageError("filter_brackets", filter=safe_text(expression))
    try:
        PacketFilter(expression)
    except UsageError as error:
        if _NO_EXPRESSION in str(error.facts["reason"]):
            raise


def _is_balanced(expression: str) -> bool:
    """Whether every bracket has its partner; libpcap's scanner (scanner.l) has no token that contains one."""
    depth = 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
