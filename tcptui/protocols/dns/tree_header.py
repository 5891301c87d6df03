"""The header of a message in the header tree: its number, flags and counts."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import NOTIFY, UPDATE, rcode_name

if TYPE_CHECKING:
    from tcptui.protocols.dns.message import Head
    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

_OPERATIONS: Final = {
    0: "Standard query", 1: "Inverse query", 2: "Server status request", NOTIFY: "Zone change notification",
    UPDATE: "Dynamic update", 6: "DNS Stateful operations",
}  # fmt: skip
_CODES: Final = {
    0: "No error", 1: "Format error", 2: "Server failure", 3: "No such name", 4: "Not implemented", 5: "Refused",
    6: "Name exists", 7: "RRset exists", 8: "RRset does not exist", 9: "Not authoritative", 10: "Name out of zone",
}  # fmt: skip
_COUNTS: Final = (
    ("Questions", "queries"), ("Answer RRs", "answers"), ("Authority RRs", "auth_rr"), ("Additional RRs", "add_rr"),
)  # fmt: skip
_UPDATE_COUNTS: Final = (
    ("Zones", "zones"), ("Prerequisites", "prerequisites"), ("Updates", "updates"), ("Additional RRs", "add_rr"),
)  # fmt: skip
#: Bits of the flags: mask, field, what stands before the colon, and what 0 and 1 mean; None: not in questions.
_BITS: Final = (
    (0x0200, "truncated", "Truncated", "Message is not truncated", "Message is truncated", True),
    (0x0100, "recdesired", "Recursion desired", "Don't do query recursively", "Do query recursively", True),
    (0x0080, "recavail", "Recursion available", "Server can't do recursive queries",
     "Server can do recursive queries", False),
    (0x0040, "z", "Z", "reserved (0)", "reserved - incorrect!", True),
)  # fmt: skip


class Variant(Enum):
    """Which protocol a message is of, as Wireshark names its layer."""

    DNS = "dns"
    MULTICAST = "mdns"
    """RFC 6762: the highest bit of a class says something else."""
    LINK_LOCAL = "llmnr"
    """RFC 4795: other flags."""


def write_header(out: MessageLines, layer: Branch, head: Head, variant: Variant) -> None:
    """Append what stands before the sections."""
    out.line(layer, f"Transaction ID: 0x{head.number:04x}", 0, 2, "id")
    operation = _OPERATIONS.get(head.opcode, f"Unknown operation ({head.opcode})")
    told = f"{operation} response, {_code(head.code)}" if head.is_response else operation
    flags = out.line(layer, f"Flags: 0x{head.flags:04x} {told}", 2, 2, "flags")
    kind = "response" if head.is_response else "query"
    _bit(out, flags, head, 0x8000, "response", f"Response: Message is a {kind}")
    _bit(out, flags, head, 0x7800, "opcode", f"Opcode: {operation} ({head.opcode})")
    if variant is Variant.LINK_LOCAL:
        _link_local_bits(out, flags, head)
    else:
        _domain_bits(out, flags, head)
    if head.is_response:
        _bit(out, flags, head, 0x000F, "rcode", f"Reply code: {_code(head.code)} ({head.code})")
    counts = (head.questions, head.answers, head.authorities, head.additional)
    titles = _UPDATE_COUNTS if head.opcode == UPDATE else _COUNTS
    for place, ((title, name), count) in enumerate(zip(titles, counts, strict=True)):
        out.line(layer, f"{title}: {count}", 4 + 2 * place, 2, f"count.{name}")


def _link_local_bits(out: MessageLines, flags: Branch, head: Head) -> None:
    _bit(out, flags, head, 0x0400, "conflict", f"Conflict: {'Yes' if head.flags & 0x0400 else 'No'}")
    told = "Message is truncated" if head.flags & 0x0200 else "Message is not truncated"
    _bit(out, flags, head, 0x0200, "truncated", f"Truncated: {told}")
    _bit(out, flags, head, 0x0100, "tentative", f"Tentative: {'Yes' if head.flags & 0x0100 else 'No'}")


def _domain_bits(out: MessageLines, flags: Branch, head: Head) -> None:
    if head.is_response:
        is_authority = "an authority" if head.flags & 0x0400 else "not an authority"
        _bit(out, flags, head, 0x0400, "authoritative", f"Authoritative: Server is {is_authority} for domain")
    for mask, name, title, no, yes, is_asked in _BITS:
        if head.is_response or is_asked:
            _bit(out, flags, head, mask, name, f"{title}: {yes if head.flags & mask else no}")
    if head.is_response:
        was = "was" if head.flags & 0x20 else "was not"
        told = f"Answer authenticated: Answer/authority portion {was} authenticated by the server"
        _bit(out, flags, head, 0x0020, "authenticated", told)
    elif head.flags & 0x20:
        _bit(out, flags, head, 0x0020, "authenticated", "AD bit: Set")
    told = "Acceptable" if head.flags & 0x10 else "Unacceptable"
    _bit(out, flags, head, 0x0010, "checkdisable", f"Non-authenticated data: {told}")


def _bit(out: MessageLines, flags: Branch, head: Head, mask: int, name: str, text: str) -> None:
    out.bits(flags, head.flags, mask, text, f"flags.{name}", 2)


def _code(code: int) -> str:
    return _CODES.get(code, rcode_name(code))
