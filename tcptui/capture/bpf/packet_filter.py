"""BPF words on a capture file: libpcap compiles them once for each link type, NumPy runs them."""

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

#: The snapshot length compiled for: what an accepting program returns, of no further meaning here.
_ETHERNET: Final = 1
#: Link types of files whose number inside libpcap differs on this system (pcap/dlt.h, pcap-common.c).
_COMPILED_AS: Final = {101: 12, 100: 11, 102: 15, 103: 16}
#: Tried in this order when an expression makes no sense for Ethernet: raw IP, Linux cooked, 802.11 with radiotap.
_OTHER_LINK_TYPES: Final = (101, 113, 276, 127)


class PacketFilter:
    """One filter expression; an empty one keeps everything.

    Raises UsageError with libpcap's own message for an expression that fits no link type.
    Host names in it come from the hosts file alone.
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
        """Which packets of one link type (its number in files) the expression chooses.

        Packet ``i`` is ``captured[i]`` bytes of ``data`` from ``starts[i]`` and was ``wire[i]`` long; all of
        it must lie in ``data``.  Where the expression cannot be applied none is kept, and `refused` says why.
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
        import cypcap  # only where there is a filter

        use_hosts_file_only()
        try:
            program = cypcap.compile(
                _COMPILED_AS.get(link_type, link_type), MAX_PACKET, self.expression, True, cypcap.NETMASK_UNKNOWN
            )
        except cypcap.Error as error:
            self.refused[link_type] = safe_text(error.msg)
            return None
        return BpfMachine(list(program))
