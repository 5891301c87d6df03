"""The greeting and the login in the header tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.mysql.codes import Capability

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.mysql.tree_lines import Bits, Lines

CAPABILITIES: Final[Bits] = (
    ("caps.lp", "Long Password"), ("caps.fr", "Found Rows"), ("caps.lf", "Long Column Flags"),
    ("caps.cd", "Connect With Database"), ("caps.ns", "Don't Allow database.table.column"),
    ("caps.cp", "Can use compression protocol"), ("caps.ob", "ODBC Client"), ("caps.li", "Can Use LOAD DATA LOCAL"),
    ("caps.is", "Ignore Spaces before '('"), ("caps.cu", "Speaks 4.1 protocol (new flag)"),
    ("caps.ia", "Interactive Client"), ("caps.sl", "Switch to SSL after handshake"),
    ("caps.ii", "Ignore sigpipes"), ("caps.ta", "Knows about transactions"),
    ("caps.rs", "Speaks 4.1 protocol (old flag)"), ("caps.sc", "Can do 4.1 authentication"),
)  # fmt: skip
#: The capability that Wireshark 4.0 gives the name of the one before has it here, too.
EXTENDED: Final[Bits] = (
    ("caps.ms", "Multiple statements"), ("caps.mr", "Multiple results"), ("caps.pm", "PS Multiple results"),
    ("caps.pa", "Plugin Auth"), ("caps.ca", "Connect attrs"), ("caps.pm", "Plugin Auth LENENC Client Data"),
    ("caps.ep", "Client can handle expired passwords"), ("caps.session_track", "Session variable tracking"),
    ("caps.deprecate_eof", "Deprecate EOF"),
    ("caps.optional_metadata", "Client can handle optional result set metadata"),
    ("caps.compress_zsd", "ZSTD Compression Algorithm"), ("caps.query_attrs", "Query Attributes"),
    ("caps.mf_auth", "Multifactor Authentication"), ("caps.cap_ext", "Capability Extension"),
)  # fmt: skip
STATUS: Final[Bits] = (
    ("stat.it", "In transaction"), ("stat.ac", "AUTO_COMMIT"), ("stat.mu", "Multi query / Unused"),
    ("stat.mr", "More results"), ("stat.bi", "Bad index used"), ("stat.ni", "No index used"),
    ("stat.cr", "Cursor exists"), ("stat.lr", "Last row sent"), ("stat.dr", "Database dropped"),
    ("stat.bs", "No backslash escapes"), ("stat.mc", "Metadata changed"), ("stat.query_was_slow", "Query was slow"),
    ("stat.ps_out_params", "PS Out Params"), ("stat.trans_readonly", "In Trans Readonly"),
    ("stat.session_state_changed", "Session state changed"),
)  # fmt: skip
_MARIADB: Final[Bits] = (
    ("mariadb.caps.pr", "Progress indication"), ("mariadb.caps.cm", "Multi commands"),
    ("mariadb.caps.bo", "Bulk Operations"), ("mariadb.caps.em", "Extended metadata"),
    ("mariadb.caps.me", "Cache metadata"),
)  # fmt: skip
#: The lowest of the bits of the higher half that mean nothing.
_UNUSED_AT: Final = 14
_ATTRIBUTES_MOST: Final = 256


def add_greeting(layer: Branch, lines: Lines, *, is_mariadb: bool) -> None:
    """The server's first packet."""
    line = lines.line(layer, "Server Greeting", 0, lines.length, "server_greeting")
    lines.number(line, 1, "Protocol", "protocol")
    lines.line_text(line, "Version", "version")
    lines.number(line, 4, "Thread ID", "thread_id")
    lines.line_text(line, "Salt", "salt")
    known = lines.bits(line, "Server Capabilities", "caps.server", CAPABILITIES)
    lines.number(line, 1, "Server Language", "mariadb.server_language" if is_mariadb else "server_language")
    lines.bits(line, "Server Status", "server_status", STATUS)
    known |= _extended(line, lines, "Server") << 16
    lines.number(line, 1, "Authentication Plugin Length", "auth_plugin.length")
    lines.raw(line, 10 if known & Capability.LONG_PASSWORD else 6, "Unused", "unused")
    if not known & Capability.LONG_PASSWORD:
        lines.bits(line, "MariaDB Extended Server Capabilities", "mariadb.extcaps.server", _MARIADB, 4)
    lines.line_text(line, "Salt", "salt2")
    if known & Capability.PLUGIN_AUTH and lines.left:
        lines.line_text(line, "Authentication Plugin", "auth_plugin")


def add_login(layer: Branch, lines: Lines, *, is_mariadb: bool, is_tls_request: bool) -> None:
    """The client's first packet; what proves who it is is not shown."""
    line = lines.line(layer, "Login Request", 0, lines.length, "login_request")
    known = lines.bits(line, "Client Capabilities", "caps.client", CAPABILITIES)
    known |= _extended(line, lines, "Client") << 16
    lines.number(line, 4, "MAX Packet", "max_packet")
    lines.number(line, 1, "Charset", "mariadb.charset" if is_mariadb else "charset")
    if known & Capability.LONG_PASSWORD:
        lines.raw(line, 23, "Unused", "unused")
    else:
        lines.raw(line, 19, "Unused", "unused")
        lines.bits(line, "MariaDB Extended Client Capabilities", "mariadb.extcaps.client", _MARIADB, 4)
    if is_tls_request:
        return
    lines.line_text(line, "Username", "user")
    size = lines.fields.encoded() if known & Capability.PLUGIN_AUTH_LENENC else lines.fields.number(1)
    if size:
        lines.hidden(line, size, "Password", "passwd")
    if known & Capability.CONNECT_WITH_DB:
        lines.line_text(line, "Schema", "schema")
    if known & Capability.PLUGIN_AUTH and lines.left:
        lines.line_text(line, "Client Auth Plugin", "client_auth_plugin")
    if known & Capability.CONNECT_ATTRS and lines.left:
        _attributes(line, lines)
    if known & Capability.ZSTD and lines.left:
        lines.number(line, 1, "ZSTD Compression Level", "compression.zstd_level")


def _extended(line: Branch, lines: Lines, side: str) -> int:
    """The higher half of the capabilities, of which the two highest bits have a line together."""
    begin = lines.at
    known = lines.bits(line, f"Extended {side} Capabilities", f"extcaps.{side.lower()}", EXTENDED)
    text = f"Unused: 0x{known >> _UNUSED_AT:x}"
    lines.line(line, bits_label(known, 0xFFFF & -1 << _UNUSED_AT, 16, text), begin, 2, "caps.unused")
    return known


def _attributes(line: Branch, lines: Lines) -> None:
    parent, stop = lines.sized(
        line, "Connection Attributes", "connattrs", "Connection Attributes length", "connattrs.length"
    )
    for _ in range(_ATTRIBUTES_MOST):
        if lines.at >= stop:
            return
        begin = lines.at
        inside = lines.line(parent, "Connection Attribute", begin, 0, "connattrs.attr")
        for what in ("Name", "Value"):
            at = lines.at
            length = lines.fields.encoded()
            field = f"connattrs.{what.lower()}"
            lines.line(inside, f"Connection Attribute {what} Length: {length}", at, lines.at - at, f"{field}.length")
            lines.plain(inside, length, f"Connection Attribute {what}", field)
        inside.length = 0
