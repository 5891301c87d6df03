"""What the payload of one packet says, in a line, where its first bytes are no text: one row for each protocol.

Asked for while the first rows are painted: nothing here may import a parser before such a payload is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def _tls(payload: bytes) -> str:
    from tcptui.protocols.tls.summary import tls_summary

    return tls_summary(payload)


#: By the first two bytes of a payload: what may tell it in a line.  Records of TLS: type, major version.
_BY_BEGINNING: Final[dict[bytes, Callable[[bytes], str]]] = {bytes((kind, 3)): _tls for kind in range(20, 25)}


def summary_of(payload: bytes) -> str:
    """What the payload of one packet says, in text not yet safe to print; empty where its bytes say it themselves."""
    read = _BY_BEGINNING.get(payload[:2])
    return "" if read is None else read(payload)
