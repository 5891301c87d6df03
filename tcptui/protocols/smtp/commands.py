"""The client's lines: which of them are commands, and which bytes of them may be shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.smtp.message import ClientUnit, Kind

if TYPE_CHECKING:
    from tcptui.protocols.smtp.lines import Line
    from tcptui.protocols.stream.reassembly import ByteStream

#: RFC 5321, 4.1.1 and F; extensions: RFC 1985, 2033, 2645, 3030, 3207, 4954; Postfix's XCLIENT and XFORWARD.
VERBS: Final = frozenset(
    {
        b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"VRFY", b"EXPN", b"HELP", b"NOOP", b"QUIT",
        b"SEND", b"SOML", b"SAML", b"TURN", b"ETRN", b"LHLO", b"ATRN", b"BDAT", b"STARTTLS", b"AUTH",
        b"XCLIENT", b"XFORWARD",
    }
)  # fmt: skip
#: A command that no other protocol has, at the beginning of a line.
TELLING: Final = re.compile(rb"(?:^|\n)(?:(?:EHLO|HELO|LHLO) [^\r\n]|MAIL FROM:|RCPT TO:)", re.IGNORECASE)
#: SASL mechanisms (RFC 4422) that may be shown: an unknown word may be a secret, as a client may omit the mechanism.
_MECHANISMS: Final = frozenset(
    {
        b"PLAIN", b"LOGIN", b"CRAM-MD5", b"DIGEST-MD5", b"GSSAPI", b"NTLM", b"EXTERNAL", b"ANONYMOUS", b"XOAUTH2",
        b"OAUTHBEARER", b"SCRAM-SHA-1", b"SCRAM-SHA-1-PLUS", b"SCRAM-SHA-256", b"SCRAM-SHA-256-PLUS", b"OTP",
        b"KERBEROS_V4", b"GS2-KRB5",
    }
)  # fmt: skip


def verb_of(line: Line) -> bytes:
    """The command's name in capitals; empty when the line is no known command."""
    verb = line.text.partition(b" ")[0].upper()
    return verb if verb in VERBS else b""


def command_of(direction: ByteStream, line: Line) -> ClientUnit:
    """The line as a command; a line that is no command is hidden."""
    verb = verb_of(line)
    if not verb:
        return hidden_line(direction, line, Kind.UNKNOWN)
    parameter, hidden = line.text[len(verb) + 1 :], 0
    if verb == b"AUTH":
        mechanism = parameter.partition(b" ")[0]
        shown = mechanism if mechanism.upper() in _MECHANISMS else b""
        parameter, hidden = shown, len(parameter) - len(shown)
    return ClientUnit(
        direction, Kind.COMMAND, line.start, line.stop, line.ended, verb.decode("ascii"),
        parameter.decode("utf-8", "replace"), hidden, name=line.text[: len(verb)].decode("ascii"),
    )  # fmt: skip


def hidden_line(direction: ByteStream, line: Line, kind: Kind) -> ClientUnit:
    """A line of which only the length is shown."""
    return ClientUnit(direction, kind, line.start, line.stop, line.ended, hidden=len(line.text))
