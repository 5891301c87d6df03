"""Numbers and words of memcached, numbers named as Wireshark 4.0 does where it knows them (doc/protocol-binary, 3)."""

from __future__ import annotations

from typing import Final, NamedTuple

REQUEST, RESPONSE = 0x80, 0x81
#: Bytes of a header of the binary protocol.
HEADER: Final = 24
#: Longest key, and most bytes of extras.
KEY_MOST: Final = 250
EXTRAS_MOST: Final = 20


class Opcode(NamedTuple):
    """A command of the binary protocol."""

    title: str
    """As Wireshark names it; empty where it does not know it."""
    name: str
    """As the text protocol names it, where it has it."""
    is_quiet: bool = False
    """It is answered only by what it found, or by an error."""


GET, SET, ADD, REPLACE, DELETE, INCREMENT, DECREMENT, QUIT, FLUSH, GET_Q, NO_OP, VERSION, GET_K, GET_K_Q = range(14)
APPEND, PREPEND, STAT, SET_Q, ADD_Q, REPLACE_Q, DELETE_Q, INCREMENT_Q, DECREMENT_Q, QUIT_Q, FLUSH_Q = range(14, 25)
APPEND_Q, PREPEND_Q = 25, 26
OPCODES: Final = {
    GET: Opcode("Get", "get"), SET: Opcode("Set", "set"), ADD: Opcode("Add", "add"),
    REPLACE: Opcode("Replace", "replace"), DELETE: Opcode("Delete", "delete"),
    INCREMENT: Opcode("Increment", "incr"), DECREMENT: Opcode("Decrement", "decr"), QUIT: Opcode("Quit", "quit"),
    FLUSH: Opcode("Flush", "flush_all"), GET_Q: Opcode("Get Quietly", "get", is_quiet=True),
    NO_OP: Opcode("No-op", "noop"), VERSION: Opcode("Version", "version"), GET_K: Opcode("Get Key", "get"),
    GET_K_Q: Opcode("Get Key Quietly", "get", is_quiet=True), APPEND: Opcode("Append", "append"),
    PREPEND: Opcode("Prepend", "prepend"), STAT: Opcode("Statistics", "stats"),
    SET_Q: Opcode("Set Quietly", "set", is_quiet=True), ADD_Q: Opcode("Add Quietly", "add", is_quiet=True),
    REPLACE_Q: Opcode("Replace Quietly", "replace", is_quiet=True),
    DELETE_Q: Opcode("Delete Quietly", "delete", is_quiet=True),
    INCREMENT_Q: Opcode("Increment Quietly", "incr", is_quiet=True),
    DECREMENT_Q: Opcode("Decrement Quietly", "decr", is_quiet=True),
    QUIT_Q: Opcode("Quit Quietly", "quit", is_quiet=True), FLUSH_Q: Opcode("Flush Quietly", "flush_all", is_quiet=True),
    APPEND_Q: Opcode("Append Quietly", "append", is_quiet=True),
    PREPEND_Q: Opcode("Prepend Quietly", "prepend", is_quiet=True), 27: Opcode("", "verbosity"),
    28: Opcode("", "touch"), 29: Opcode("", "gat"), 30: Opcode("", "gat", is_quiet=True), 32: Opcode("", "sasl_list"),
    33: Opcode("", "sasl_auth"), 34: Opcode("", "sasl_step"), 35: Opcode("", "gat"),
    36: Opcode("", "gat", is_quiet=True),
}  # fmt: skip
#: Status codes as Wireshark names them, …
STATUSES: Final = {
    0x00: "No error", 0x01: "Key not found", 0x02: "Key exists", 0x03: "Value too big", 0x04: "Invalid arguments",
    0x05: "Item not stored", 0x81: "Unknown command", 0x82: "Out of memory",
}  # fmt: skip
#: … and those that it does not know.
_MORE: Final = {
    0x06: "Not a number", 0x07: "Wrong server", 0x08: "No bucket", 0x20: "Authentication error",
    0x21: "Authentication continues", 0x83: "Not supported", 0x84: "Internal error", 0x85: "Busy",
    0x86: "Temporary failure",
}  # fmt: skip


def status_text(code: int) -> str:
    """The status of a response: ``OK``, ``1 Key not found``."""
    return "OK" if not code else f"{code} {STATUSES.get(code) or _MORE.get(code, '')}".rstrip()


#: First words of errors in text.
ERRORS: Final = frozenset({"ERROR", "CLIENT_ERROR", "SERVER_ERROR"})
