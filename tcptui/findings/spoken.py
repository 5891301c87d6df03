"""Which protocol the first bytes of a direction speak, as far as they leave no doubt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes by which an end is known.
READ: Final = 2_048
#: How protocols begin in which the client speaks first, …
REQUESTS: Final = (
    ("HTTP", re.compile(rb"[A-Z]{3,12} [^\r\n ]{1,2000} HTTP/1\.[01]\r?\n|PRI \* HTTP/2\.0\r\n")),
    ("SMTP", re.compile(rb"(?:EHLO|HELO|LHLO) ", re.IGNORECASE)),
    ("SSH", re.compile(rb"SSH-[12]")),
    ("POP3", re.compile(rb"(?:CAPA\r\n|USER )")),
    ("FTP", re.compile(rb"AUTH TLS\r\n")),
)  # fmt: skip
#: … those of databases, …
DATABASE_REQUESTS: Final = (
    ("PostgreSQL", re.compile(rb"\x00\x00\x00\x08\x04\xd2\x16[\x2f\x30]|\x00\x00..\x00\x03\x00[\x00-\x02][a-z_]+\x00",
                              re.DOTALL)),
    ("Redis", re.compile(rb"\*[1-9]\d?\r\n\$[1-9]\d?\r\n[A-Za-z.]+\r\n")),
)  # fmt: skip
#: … and how servers begin.
ANSWERS: Final = (
    ("HTTP", re.compile(rb"HTTP/1\.[01] [1-5]\d\d")),
    ("SSH", re.compile(rb"SSH-[12]\.")),
    ("SMTP", re.compile(rb"220[ -][^\r\n]*SMTP|554[ -]", re.IGNORECASE)),
    ("FTP", re.compile(rb"220[ -][^\r\n]*FTP", re.IGNORECASE)),
    ("POP3", re.compile(rb"\+OK")),
    ("IMAP", re.compile(rb"\* (?:OK|BYE|PREAUTH)")),
    ("MySQL", re.compile(rb".\x00\x00\x00\x0a[0-9.]{3,12}[^\x00]{0,60}\x00", re.DOTALL)),
    ("PostgreSQL", re.compile(rb"E\x00\x00.{1,4}S(?:FATAL|ERROR)\x00", re.DOTALL)),
    ("VNC", re.compile(rb"RFB \d{3}\.\d{3}\n")),
    ("Redis", re.compile(rb"-(?:ERR|NOAUTH|DENIED) ")),
)  # fmt: skip


def heads_of(connection: ConnectionFacts) -> tuple[tuple[ByteStream, ByteStream], tuple[bytes, bytes]] | None:
    """Both directions, each with its first bytes; None where they are not read, or not from their beginning.

    Raises OSError where packets cannot be read.
    """
    directions = () if connection.application is None else connection.application.directions
    if not directions or not all(direction.segments.from_start for direction in directions):
        return None
    return directions, (directions[0].read(0, READ), directions[1].read(0, READ))


def spoken(known: tuple[tuple[str, re.Pattern[bytes]], ...], head: bytes) -> str:
    """The first of ``known`` that ``head`` begins; empty without one."""
    return next((name for name, pattern in known if pattern.match(head)), "")


def first_line(head: bytes) -> str:
    """The first line of ``head``, up to the first byte that is no text."""
    text = re.search(rb"[\x20-\x7e]{4,}", head[:READ])
    return "" if text is None else text[0].decode("ascii")
