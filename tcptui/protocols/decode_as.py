"""Which protocol the connections of a port are read as, where the user says so (``--decode-as``, `decode_as`).

As in Wireshark, of either end's port; what does not speak that protocol is read by its content, as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcptui.protocols.row import ApplicationProtocol

_PORT_MOST: Final = 65_535
#: Digits of a port: longer ones are not read.
_DIGITS: Final = 5


class ReadAs(NamedTuple):
    """A protocol that is read on a port."""

    name: str
    """`ApplicationProtocol.name`."""
    port: int
    """The usual port of its servers, which its detection takes for a hint; 0: it has none."""


#: What is read on which port.
Decoding = dict[int, ReadAs]


class DecodeAsError(ValueError):
    """A text that is no ``PORT=PROTOCOL``."""

    def __init__(self, text: str, protocol: str = "") -> None:
        """``protocol``: the name that no protocol has; empty: the form is wrong."""
        super().__init__(text)
        self.text, self.protocol = text, protocol


def protocol_names() -> Mapping[str, ApplicationProtocol]:
    """All protocols that are read, by each of their names: those of rows, and of their kinds of requests."""
    from tcptui.protocols.registry import PROTOCOLS

    return {name: row for row in PROTOCOLS for name in (row.name, *(kind.name for kind in row.kinds))}


def decoding(texts: Iterable[str]) -> Decoding:
    """What ``9999=http`` … say; of several for one port the last counts.  Raises DecodeAsError."""
    found: Decoding = {}
    names = None
    for text in texts:
        port, _, protocol = text.partition("=")
        is_port = port.isascii() and port.isdigit() and len(port) <= _DIGITS and 0 < int(port) <= _PORT_MOST
        if not is_port or not protocol:
            raise DecodeAsError(text)
        names = names or protocol_names()
        row = names.get(protocol.lower())
        if row is None:
            raise DecodeAsError(text, protocol)
        found[int(port)] = ReadAs(row.name, row.port)
    return found


def read_as(ports: Iterable[int], wanted: Decoding) -> ReadAs | None:
    """What a connection between ``ports`` is read as, the server's first; None: whatever its content says."""
    return next((wanted[port] for port in ports if port in wanted), None) if wanted else None
