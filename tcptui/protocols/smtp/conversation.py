"""Both sides of an SMTP connection, parsed from wherever the capture began.

Which of the client's bytes are commands depends on the server: a message follows DATA if that was answered with
354, credentials follow a 334, TLS follows a 220 to STARTTLS.  A reply is assigned to the first command before it that
has none; a command for whose reply a client must wait is replied to before the client continues.  Where the capture
missed replies, commands stay without one, and the usual reply is assumed.  A client's line that is no known command is
never shown: it may be a password whose AUTH was not captured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.smtp.lines import Line, LineReader
from tcptui.protocols.smtp.message import ClientUnit, Kind, Reply
from tcptui.protocols.stream.reassembly import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Server ports: smtp and submission (IANA), and an alternative that many servers offer.
PORTS: Final = frozenset({25, 587, 2525})
#: Bytes read of each direction to recognise SMTP.
_BEGINNING: Final = 4_096
#: Stop reading after this many bytes of lines that are no command.
_UNKNOWN_LIMIT: Final = 16 << 20
_END: Final = b"\r\n.\r\n"
_TLS_HANDSHAKE: Final = b"\x16\x03"
#: Codes with which a server begins (RFC 5321, 3.1; 4.3.2).
_GREETINGS: Final = frozenset({220, 421, 554})
_GREETING: Final = re.compile(rb"220[ -][^\n]*SMTP", re.IGNORECASE)
#: A reply code at the beginning of a line.
_REPLY_LINE: Final = re.compile(rb"(?:^|\n)[2-5][0-9]{2}(?:[ -]|\r?\n)")
_BDAT: Final = re.compile(r"([0-9]{1,18})(?: LAST)?\s*", re.IGNORECASE)
#: Commands after which the client must wait for the reply (RFC 2920, 3.1; RFC 3207, 4; RFC 4954, 4).
_LAST_OF_GROUP: Final = frozenset({"EHLO", "HELO", "LHLO", "DATA", "AUTH", "STARTTLS", "VRFY", "EXPN", "TURN", "QUIT"})
READY, GO_AHEAD, MORE_CREDENTIALS = 220, 354, 334

#: RFC 5321, 4.1.1 and F; extensions: RFC 1985, 2033, 2645, 3030, 3207, 4954; Postfix's XCLIENT and XFORWARD.
VERBS: Final = frozenset(
    {
        b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"VRFY", b"EXPN", b"HELP", b"NOOP", b"QUIT",
        b"SEND", b"SOML", b"SAML", b"TURN", b"ETRN", b"LHLO", b"ATRN", b"BDAT", b"STARTTLS", b"AUTH",
        b"XCLIENT", b"XFORWARD",
    }
)  # fmt: skip
#: A command that no other protocol has, at the beginning of a line.
_TELLING: Final = re.compile(rb"(?:^|\n)(?:(?:EHLO|HELO|LHLO) [^\r\n]|MAIL FROM:|RCPT TO:)", re.IGNORECASE)
#: SASL mechanisms (RFC 4422) that may be shown: an unknown word may be a secret, as a client may omit the mechanism.
_MECHANISMS: Final = frozenset(
    {
        b"PLAIN", b"LOGIN", b"CRAM-MD5", b"DIGEST-MD5", b"GSSAPI", b"NTLM", b"EXTERNAL", b"ANONYMOUS", b"XOAUTH2",
        b"OAUTHBEARER", b"SCRAM-SHA-1", b"SCRAM-SHA-1-PLUS", b"SCRAM-SHA-256", b"SCRAM-SHA-256-PLUS", b"OTP",
        b"KERBEROS_V4", b"GS2-KRB5",
    }
)  # fmt: skip

#: RFC 5321, 4.2: three digits, then a space, a hyphen where more lines follow, or nothing.
_REPLY: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
#: Most lines kept of one reply.
MAX_STORED_LINES: Final = 200
#: Stop reading after this many bytes that are no reply.
_GARBAGE: Final = 1 << 16


@dataclass(eq=False, slots=True)
class SmtpConversation:
    """The units of both sides, each in order."""

    client: list[ClientUnit] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    encrypted: list[ClientUnit] = field(default_factory=list)
    """The encrypted rest of each side after STARTTLS."""
    limited: bool = False
    """A limit was reached: there is more than was read."""


def begins_smtp(payload: bytes) -> bool:
    """Whether a payload begins with what only SMTP has: a greeting that names SMTP, or a command in `_TELLING`."""
    return _GREETING.match(payload) is not None or _TELLING.match(payload) is not None


def smtp_sides(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The side that sends commands and the side that replies; None when this is not SMTP.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        asks, answers = asker.beginning(_BEGINNING), answerer.beginning(_BEGINNING)
        if _GREETING.match(answers) or (_TELLING.match(asks) if not answers else _TELLING.search(asks)):
            if not answers or _REPLY_LINE.search(answers):
                return asker, answerer
        elif asker is client and client.server_port in PORTS and _REPLY_LINE.match(answers):
            return asker, answerer
    return None


def read_conversation(client: ByteStream, server: ByteStream, limit: int) -> SmtpConversation:
    """The units of both sides; of each no more than ``limit``."""
    return _Reader(client, server, limit).read()


class _Reader:
    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit
        self._lines = LineReader(client)
        self._replies = _ReplyReader(server)
        self._result = SmtpConversation()
        self._secrets_follow = False

    def read(self) -> SmtpConversation:
        """Parse the client's lines in order, each with its reply."""
        result = self._result
        greeting = self._replies.peek()
        first = greeting is not None and greeting.start == 0 and self._server.segments.from_start
        if first and greeting is not None and greeting.code in _GREETINGS:  # STARTTLS is behind it (RFC 3207, 4.2)
            self._take_reply()
        unknown = 0
        while len(result.client) < self._limit:
            line = self._lines.next_line()
            if line is None:
                break
            verb = _verb_of(line)
            certain = self._secrets_follow and bool(result.client) and result.client[-1].reply is not None
            if self._secrets_follow and (certain or not verb):
                unit = self._answered(_hidden_line(self._client, line, Kind.CREDENTIALS))
                self._secrets_follow = unit.reply is None or unit.reply.code == MORE_CREDENTIALS
                continue
            self._secrets_follow = False
            unit = _command_of(self._client, line)
            if unit.kind is Kind.UNKNOWN and self._client.read(unit.start, 2) == _TLS_HANDSHAKE:  # STARTTLS was missed
                self._encrypted(unit.start, None)
                return result
            if unit.kind is Kind.UNKNOWN:
                unknown += unit.stop - unit.start
                if unknown > _UNKNOWN_LIMIT:
                    result.limited = True
                    break
                self._unknown(unit)
            elif self._command(unit):
                return result
        else:
            result.limited = True
        while len(result.replies) < self._limit and self._take_reply() is not None:
            pass
        result.limited |= self._replies.peek() is not None
        return result

    def _command(self, unit: ClientUnit) -> bool:
        """Add one command and its message, if it has one; whether TLS begins after it."""
        chunk = _BDAT.fullmatch(unit.parameter) if unit.verb == "BDAT" else None
        if chunk is not None and int(chunk[1]):
            self._result.client.append(unit)
            stop = unit.stop + int(chunk[1])
            self._message(stop, stop, complete=stop <= self._client.length, stuffed=False)
            return False
        code = 0 if (reply := self._answered(unit).reply) is None else reply.code
        if unit.verb == "DATA" and code in (0, GO_AHEAD):
            self._data()
        elif unit.verb == "AUTH":
            self._secrets_follow = code in (0, MORE_CREDENTIALS)
        elif unit.verb == "STARTTLS" and (code == READY or (not code and self._lines.peek(2) == _TLS_HANDSHAKE)):
            self._encrypted(unit.stop, None if reply is None else reply.stop)
            return True
        return False

    def _unknown(self, unit: ClientUnit) -> None:
        """Add a line that is no command; joined to such a line right before it that has no reply."""
        last = self._result.client[-1] if self._result.client else None
        if last is None or last.kind is not Kind.UNKNOWN or last.reply is not None or last.stop != unit.start:
            self._answered(unit)
            return
        last.stop, last.complete = unit.stop, unit.complete
        last.hidden = last.stop - last.start
        self._pair(last)

    def _encrypted(self, client_start: int, server_start: int | None) -> None:
        """Add the rest of both sides as encrypted."""
        if server_start is None:
            replies = self._result.replies
            server_start = replies[-1].stop if replies else 0
        for direction, start in ((self._client, client_start), (self._server, server_start)):
            if start < direction.length:
                self._result.encrypted.append(
                    ClientUnit(direction, Kind.ENCRYPTED, start, direction.length, complete=True)
                )

    # -- messages ----------------------------------------------------------------------------
    def _data(self) -> None:
        """Add the message after DATA: up to a line with a single dot (RFC 5321, 4.1.1.4)."""
        start = self._lines.position
        tail = b"\r\n"  # a message may be empty
        for piece in self._client.pieces(start):
            if isinstance(piece, Gap):
                if self._was_answered_before(piece.stop):
                    self._message(piece.start, piece.start, complete=False, stuffed=True)
                    return
                tail = b"\r\n"  # the missing bytes may have ended a line
                continue
            held = tail + piece.data
            at = held.find(_END)
            if at >= 0:
                end = piece.start - len(tail) + at
                self._message(max(end + 2, start), end + len(_END), complete=True, stuffed=True)
                return
            tail = held[1 - len(_END) :]
        self._message(self._client.length, self._client.length, complete=False, stuffed=True)

    def _was_answered_before(self, offset: int) -> bool:
        """Whether the server replied before the client's byte at ``offset`` passed: then the message had ended."""
        reply = self._replies.peek()
        return reply is not None and _passed_ns(reply) < self._client.delivered_ns(offset)

    def _message(self, body_stop: int, stop: int, *, complete: bool, stuffed: bool) -> None:
        start = self._lines.position
        stop = min(stop, self._client.length)
        self._lines.jump(stop)
        if stop > start:
            unit = ClientUnit(self._client, Kind.MESSAGE, start, stop, complete, body_stop=min(body_stop, stop))
            unit.stuffed = stuffed
            self._answered(unit)

    # -- answers -----------------------------------------------------------------------------
    def _answered(self, unit: ClientUnit) -> ClientUnit:
        """Add ``unit``, find its reply, and return it."""
        self._result.client.append(unit)
        self._pair(unit)
        return unit

    def _pair(self, unit: ClientUnit) -> None:
        asked_ns = self._client.delivered_ns(unit.stop - 1)
        while (reply := self._replies.peek()) is not None and _passed_ns(reply) < asked_ns:
            self._take_reply()
        if reply is None or not unit.complete:
            return
        if unit.stop == self._client.length:
            unit.reply = self._take_reply()
            return
        next_ns = self._client.delivered_ns(unit.stop)
        waits = unit.verb in _LAST_OF_GROUP or unit.kind in (Kind.CREDENTIALS, Kind.UNKNOWN)
        if (waits or reply.after_gap) and next_ns < _passed_ns(reply):
            return  # its own reply was not captured
        unit.reply = self._take_reply()
        while waits and (reply := self._replies.peek()) is not None and _passed_ns(reply) < next_ns:
            unit.reply = self._take_reply()  # the replies before it belong to earlier commands

    def _take_reply(self) -> Reply | None:
        reply = self._replies.take()
        if reply is not None:
            self._result.replies.append(reply)
        return reply


def _passed_ns(reply: Reply) -> int:
    return reply.direction.delivered_ns(reply.stop - 1)


def _verb_of(line: Line) -> bytes:
    """The command's name in capitals; empty when the line is no known command."""
    verb = line.text.partition(b" ")[0].upper()
    return verb if verb in VERBS else b""


def _command_of(direction: ByteStream, line: Line) -> ClientUnit:
    """The line as a command; a line that is no command is hidden."""
    verb = _verb_of(line)
    if not verb:
        return _hidden_line(direction, line, Kind.UNKNOWN)
    parameter, hidden = line.text[len(verb) + 1 :], 0
    if verb == b"AUTH":
        mechanism = parameter.partition(b" ")[0]
        shown = mechanism if mechanism.upper() in _MECHANISMS else b""
        parameter, hidden = shown, len(parameter) - len(shown)
    return ClientUnit(
        direction, Kind.COMMAND, line.start, line.stop, line.ended, verb.decode("ascii"),
        parameter.decode("utf-8", "replace"), hidden, name=line.text[: len(verb)].decode("ascii"),
    )  # fmt: skip


def _hidden_line(direction: ByteStream, line: Line, kind: Kind) -> ClientUnit:
    """A line of which only the length is shown."""
    return ClientUnit(direction, kind, line.start, line.stop, line.ended, hidden=len(line.text))


class _ReplyReader:
    """The replies of one server, in order, with one reply of lookahead."""

    def __init__(self, direction: ByteStream) -> None:
        self._replies = _replies(direction)
        self._next: Reply | None = None
        self._over = False

    def peek(self) -> Reply | None:
        """The next reply, without consuming it; None at the end."""
        if self._next is None and not self._over:
            self._next = next(self._replies, None)
            self._over = self._next is None
        return self._next

    def take(self) -> Reply | None:
        """The next reply, consumed; None at the end."""
        reply, self._next = self.peek(), None
        return reply


def _replies(direction: ByteStream) -> Iterator[Reply]:
    reader = LineReader(direction)
    held: list[tuple[Line, bytes]] = []
    code, garbage = 0, 0
    while (line := reader.next_line()) is not None and garbage < _GARBAGE:
        match = _REPLY.fullmatch(line.text)
        if held and (match is None or line.after_gap or int(match[1]) != code):
            yield _reply(direction, code, held, complete=False)
            held = []
        if match is None:
            garbage += line.stop - line.start
            continue
        code = int(match[1])
        held.append((line, match[3] or b""))
        if match[2] != b"-" or not line.ended:
            yield _reply(direction, code, held, complete=line.ended)
            held = []
    if held:
        yield _reply(direction, code, held, complete=False)


def _reply(direction: ByteStream, code: int, held: list[tuple[Line, bytes]], *, complete: bool) -> Reply:
    kept = held[:MAX_STORED_LINES]
    return Reply(
        direction, held[0][0].start, held[-1][0].stop, code,
        tuple(text.decode("utf-8", "replace") for _, text in kept), tuple(line.start for line, _ in kept),
        complete, held[0][0].after_gap,
    )  # fmt: skip
