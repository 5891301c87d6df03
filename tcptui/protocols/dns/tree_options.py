"""The options of EDNS (RFC 6891) in the header tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.names import BadName
from tcptui.protocols.dns.tree_form import Form, Line, write_values
from tcptui.protocols.dns.tree_lines import Ends, name_of
from tcptui.protocols.dns.tree_special import write_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

    _Write = Callable[[MessageLines, Branch, int], None]

#: Bytes of the client's part of a cookie (RFC 7873, 4).
_CLIENT_COOKIE: Final = 8


def write_options(out: MessageLines, parent: Branch, at: int) -> None:
    """Append the options from ``at`` on.  Raises `Ends`."""
    while at < out.stop:
        out.budget.take_value()
        code, size = out.number(at, 2), out.number(at + 2, 2)
        name = name_of("opt.code", code)
        told = f"{name} ({code})"
        option = out.line(parent, f"Option: {told if name == 'Unknown' else name}", at, 4 + size, "opt")
        out.line(option, f"Option Code: {told}", at, 2, "opt.code")
        out.counted(option, "Option Length", "opt.len", at + 2, 2)
        at += 4
        out.bytes(option, "Option Data", "opt.data", at, size)
        with out.until(at + size):
            try:
                _WRITERS.get(code, _nothing)(out, option, at)
            except (BadName, Ends):
                if out.budget.is_spent:
                    raise
                option.concluded("Malformed", "_ws.malformed")
        at += size


def _nothing(_out: MessageLines, _option: Branch, _at: int) -> None:
    pass


def _numbers(title: str, field: str) -> _Write:
    """Numbers of a byte each (RFC 6975)."""

    def write(out: MessageLines, option: Branch, at: int) -> None:
        for begin in range(at, out.stop):
            out.budget.take_value()
            out.named(option, title, field, begin)

    return write


def _values(*lines: Line) -> _Write:
    """A row of values, which an option without data leaves out."""

    def write(out: MessageLines, option: Branch, at: int) -> None:
        if at < out.stop:
            write_values(out, option, lines, at)

    return write


def _subnet(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7871, 6."""
    family = out.named(option, "Family", "opt.client.family", at, 2)
    out.counted(option, "Source Netmask", "opt.client.netmask", at + 2)
    out.counted(option, "Scope Netmask", "opt.client.scope", at + 3)
    write_prefix(
        out, option, "Client Subnet", "opt.client.addr{}", ("4", "6", ""), family, at + 4, out.stop - at - 4
    )  # fmt: skip


def _cookie(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7873, 4."""
    for side, begin, size in (("Client", at, _CLIENT_COOKIE), ("Server", at + 8, out.stop - at - 8)):
        out.bytes(option, f"{side} Cookie", f"opt.cookie.{side.lower()}", begin, size)


def _padding(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 7830, 3."""
    out.bytes(option, "Padding", "opt.padding", at, out.stop - at)


_ERROR: Final = Line("Info Code", "opt.ext_error.info_code", Form.NAMED16)


def _error(out: MessageLines, option: Branch, at: int) -> None:
    """RFC 8914, 2."""
    at = write_values(out, option, (_ERROR,), at)
    if at < out.stop:
        text = out.raw(at, out.stop - at).decode("utf-8", "replace")
        out.text(option, "Extra Text", "opt.ext_error.extra_text", at, out.stop - at, text)


#: By number of the option: appends its values, from an offset to the end.
_WRITERS: Final[dict[int, _Write]] = {
    5: _numbers("DAU", "opt.dau"), 6: _numbers("DHU", "opt.dhu"), 7: _numbers("N3U", "opt.n3u"), 8: _subnet,
    10: _cookie, 11: _values(Line("Timeout", "opt.edns_tcp_keepalive.timeout", Form.U16)), 12: _padding,
    13: _values(Line("Closest Trust Point", "opt.chain.fqdn", Form.LEFT_TEXT)), 15: _error,
}  # fmt: skip
