"""SVCB and HTTPS records (RFC 9460) in the header tree."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.dns.tree_form import Form, Line, write_values
from tcptui.protocols.dns.tree_lines import IPV4_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

    _Write = Callable[[MessageLines, Branch, int, int], list[str]]

_HEAD: Final = (
    Line("SvcPriority", "svcb.svcpriority", Form.U16), Line("TargetName", "svcb.targetname", Form.NAME),
)  # fmt: skip
_FIELD: Final = "svcb.svcparam"


def write_service(out: MessageLines, parent: Branch, at: int) -> None:
    """Append what the record says from ``at`` on.  Raises `BadName` and `Ends`."""
    at = write_values(out, parent, _HEAD, at)
    while at < out.stop:
        out.budget.take_value()
        at = _parameter(out, parent, at)


def _parameter(out: MessageLines, parent: Branch, at: int) -> int:
    key, size = out.number(at, 2), out.number(at + 2, 2)
    title = value_text(f"dns.{_FIELD}.key", key) or f"key{key}"
    line = out.line(parent, f"SvcParam: {title}", at, 4 + size, _FIELD)
    out.named(line, "SvcParamKey", f"{_FIELD}.key", at, 2)
    out.counted(line, "SvcParamValue length", f"{_FIELD}.value.length", at + 2, 2)
    at += 4
    out.raw(at, size)
    with out.until(at + size):
        told = _VALUES.get(key, _others)(out, line, at, at + size)
    if told:
        line.label += f"={','.join(told)}"
    return at + size


def _others(out: MessageLines, line: Branch, at: int, end: int) -> list[str]:
    if at == end:
        return []
    out.bytes(line, "SvcParamValue", f"{_FIELD}.value", at, end - at)
    return [out.data[at:end].decode("ascii", "replace")]


def _mandatory(out: MessageLines, line: Branch, at: int, end: int) -> list[str]:
    told = []
    for begin in range(at, end, 2):
        out.budget.take_value()
        key = out.named(line, "Mandatory key", f"{_FIELD}.mandatory.key", begin, 2)
        told.append(value_text(f"dns.{_FIELD}.mandatory.key", key) or f"key{key}")
    return told


def _protocols(out: MessageLines, line: Branch, at: int, end: int) -> list[str]:
    told = []
    while at < end:
        out.budget.take_value()
        size = out.counted(line, "ALPN length", f"{_FIELD}.alpn.length", at)
        told.append(out.ascii(line, "ALPN", f"{_FIELD}.alpn", at + 1, size).label.removeprefix("ALPN: "))
        at += 1 + size
    return told


def _nothing(_out: MessageLines, _line: Branch, _at: int, _end: int) -> list[str]:
    return []


def _port(out: MessageLines, line: Branch, at: int, _end: int) -> list[str]:
    return [str(out.counted(line, "Port", f"{_FIELD}.port", at, 2))]


def _addresses(size: int, family: str) -> _Write:
    def write(out: MessageLines, line: Branch, at: int, end: int) -> list[str]:
        add = out.ipv4 if size == IPV4_SIZE else out.ipv6
        told = []
        for begin in range(at, end, size):
            out.budget.take_value()
            told.append(add(line, "IP", f"{_FIELD}.{family}hint.ip", begin))
        return told

    return write


def _encoded(title: str, name: str) -> _Write:
    def write(out: MessageLines, line: Branch, at: int, end: int) -> list[str]:
        told = base64.b64encode(out.data[at:end]).decode()
        out.line(line, f"{title}: {told}", at, end - at, f"{_FIELD}.{name}")
        return [told]

    return write


#: By key of the parameter: appends its lines, and tells its values.
_VALUES: Final[dict[int, _Write]] = {
    0: _mandatory, 1: _protocols, 2: _nothing, 3: _port, 4: _addresses(4, "ipv4"),
    5: _encoded("ECHConfig", "echconfig"), 6: _addresses(16, "ipv6"), 32769: _encoded("ODoHConfig", "odohconfig"),
}  # fmt: skip
