"""One capture in two voices: everywhere that a packet can hold text, hostile text or the same in plain letters.

Each place has a marker of its own, which stands within every attack, so that what leaks says where it came from.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass, field
from typing import Final

from captures import ACK, FIN, PSH, Tape
from web_captures import ASKED, agreed

#: Attacks by name; ``%s`` is the marker of the place.  None holds the key that quits, for some are typed, too.
ATTACKS: Final[dict[str, bytes]] = {
    "clipboard": b"\x1b]52;c;%s\x07",
    "link": b"\x1b]8;;http://%s\x1b\\l\x1b]8;;\x1b\\",
    "title": b"\x1b]0;%s\x07",
    "clear": b"\x1b[2J\x1b[31m%s\x1b[H",
    "device": b"\x1bP0;1|%s\x1b\\",
    "application": b"\x1b_G%s\x1b\\\x1b^%s\x1b\\\x1bX%s\x1b\\",
    "reset": b"\x1bc%s\x1b(0\x1b>",
    "c1": b"\xc2\x9b31m%s\xc2\x9d52;c;%s\xc2\x9c\xc2\x90p\xc2\x9c\xc2\x85",
    "raw-c1": b"\x9b31m%s\x9d52;c;%s\x9c\x90p\x9c\x84",
    "bidi": "\u202e%s\u202c\u2066\u2067\u2069\u200f\u061c".encode(),
    "unseen": "\u200b%s\u200d\u2060\ufeff\u00ad\u3164\u2800\u034f\ufe0f\U000e0041\u2028\u2029".encode(),
    "markup": b"[red]%s[/red][@click=app.bell]%s[/][/][bold",
    "bytes": b"\xff\xfe%s\xc3(\xed\xa0\x80\xf8\x88\xc0\x9b\xe2\x80",
    "nul": b"\x00%s\x07\x08\x0b\x0c\x0e\x0f\x7f\x18\x1a",
    "tower": b"Z" + "\u0300\u0338\u20dd\u0489".encode() * 12 + b"%s",
    "wide": "\u6f22\u5b57%s\uff21\u00b1\u25cf\U0001f468\u200d\U0001f469\U0001f1e9\U0001f1ea\u0e33".encode(),
    "escape": b"%s\x1b",
}  # fmt: skip


@dataclass
class Voice:
    """Speaks hostile or plain; remembers which markers it used."""

    hostile: bool
    markers: list[str] = field(default_factory=list)

    def say(self, place: str, *attacks: str) -> bytes:
        """Text for ``place`` with the named attacks (all without any)."""
        self.markers.append(place)
        mark = place.encode()
        texts = [ATTACKS[name].replace(b"%s", mark) for name in attacks or ATTACKS]
        if not self.hostile:
            texts = [mark + b"x" * max(len(text) - len(mark), 0) for text in texts]
        return mark + b" " + b"".join(texts)

    def token(self, place: str, *attacks: str) -> bytes:
        """The same without blanks, for names and addresses."""
        return self.say(place, *attacks).replace(b" ", b"+")


def _web(tape: Tape, voice: Voice) -> None:
    """HTTP: one exchange with every attack at once, then one for each, which parsers take more of."""
    turns = [(_request(voice, "all"), _response(voice, "all"))]
    turns += [(_request(voice, name, name), _response(voice, name, name)) for name in ATTACKS]
    _talk(tape, 0, 40001, 80, turns)


def _request(voice: Voice, name: str, *attacks: str) -> bytes:
    say, token = voice.say, voice.token
    return (
        b"POST /" + token(f"URL-{name}", *attacks) + b"?q=" + token(f"QUERY-{name}", *attacks)
        + b" HTTP/1.1\r\nHost: " + token(f"HOST-{name}", *attacks)
        + b"\r\nCookie: " + say(f"COOKIE-{name}", *attacks)
        + b"\r\nX-" + token(f"NAME-{name}", *attacks) + b": v\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(say(f"POSTED-{name}", *attacks)) + b"0\r\n"
        + b"Trailer-" + token(f"TRAILER-{name}", *attacks) + b": " + say(f"TRAILED-{name}", *attacks) + b"\r\n\r\n"
    )  # fmt: skip


def _response(voice: Voice, name: str, *attacks: str) -> bytes:
    say, token = voice.say, voice.token
    body = say(f"BODY-{name}", *attacks) + b"\n" + say(f"LINE-{name}", *attacks) + b"\r\n"
    if name == "all":
        body += (say("LONG", "clear", "tower", "c1") * 900)[: 64 << 10] + b"\n" + b"\x1b" * 40
    return (
        b"HTTP/1.1 404 " + say(f"REASON-{name}", *attacks)
        + b"\r\nServer: " + say(f"SERVER-{name}", *attacks)
        + b"\r\nContent-Type: text/" + token(f"TYPE-{name}", *attacks)
        + b'\r\nContent-Disposition: attachment; filename="' + say(f"FILE-{name}", *attacks).replace(b'"', b"")
        + b'"\r\nSet-Cookie: ' + say(f"SET-{name}", *attacks)
        + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )  # fmt: skip


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _talk(
    tape: Tape, ms: float, port: int, server_port: int, turns: list[tuple[bytes, bytes]], cut: int = 1400
) -> None:
    """A connection of requests and responses, closed in order; segments of at most ``cut`` bytes."""
    client, server = f"10.0.0.1:{port}", f"192.0.2.10:{server_port}"
    tape.handshake(ms, client, server)
    seq, ms = [1001, 9001], ms + 50
    ends = (client, server)
    for turn in turns:
        for side, data in enumerate(turn):
            for at in range(0, len(data), cut):
                part = data[at : at + cut]
                tape.tcp(ms, ends[side], ends[1 - side], PSH | ACK, seq[side], seq[1 - side], part)
                seq[side] += len(part)
                ms += 0.1
            tape.tcp(ms + 1, ends[1 - side], ends[side], ACK, seq[1 - side], seq[side])
            ms += 2
    for side in (0, 1):
        tape.tcp(ms + side, ends[side], ends[1 - side], FIN | ACK, seq[side], seq[1 - side])
        seq[side] += 1
    tape.tcp(ms + 3, client, server, ACK, seq[0], seq[1])


def _events(tape: Tape, voice: Voice) -> None:
    events = b"".join(
        b": " + voice.say(f"COMMENT-{name}", name) + b"\nid: " + voice.say(f"ID-{name}", name)
        + b"\nevent: " + voice.say(f"EVENT-{name}", name) + b"\ndata: " + voice.say(f"DATA-{name}", name) + b"\n\n"
        for name in ATTACKS
    )  # fmt: skip
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    _talk(tape, 1000, 40002, 80, [(b"GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n", head + _chunked(events))])


def _frame(first: int, data: bytes) -> bytes:
    return bytes((first, 126)) + struct.pack("!H", len(data)) + data


def _socket(tape: Tape, voice: Voice) -> None:
    said = b"".join(_frame(0x81, voice.say(f"MESSAGE-{name}", name)) for name in ATTACKS)
    said += _frame(0x82, voice.say("BINARY")) + bytes((0x89, 40)) + voice.say("PING")[:40]
    said += (
        bytes((0x88, 100)) + struct.pack("!H", 1008) + voice.say("CLOSED", "markup", "clipboard", "c1").ljust(98)[:98]
    )
    asked = ASKED.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: " + voice.say("OFFERED") + b"\r\n\r\n")
    answer = agreed().replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: " + voice.say("CHOSEN") + b"\r\n\r\n")
    _talk(tape, 2000, 40003, 80, [(asked, answer + said)])


def _hello(voice: Voice) -> bytes:
    """A TLS ClientHello (RFC 8446, 4.1.2) with a server name and an application protocol."""
    name, protocol = voice.token("SNI")[:200], voice.token("ALPN", "clear", "c1")[:60]
    names = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    protocols = struct.pack("!HB", len(protocol) + 1, len(protocol)) + protocol
    extensions = struct.pack("!HH", 0, len(names)) + names + struct.pack("!HH", 16, len(protocols)) + protocols
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    return b"\x16\3\1" + struct.pack("!H", len(body) + 4) + b"\1" + struct.pack("!I", len(body))[1:] + body


def _others(tape: Tape, voice: Voice) -> None:
    """Protocols that scapy reads, in UDP; a name of its own in each."""
    label = voice.token("DNS", "clear", "clipboard")[:63]
    question = bytes((len(label),)) + label + b"\0\0\1\0\1"
    record = b"\xc0\x0c\0\x10\0\1\0\0\0\x3c"
    text = voice.say("TXT", "clear", "raw-c1", "bidi")[:200]
    answer = struct.pack("!HHHHHH", 7, 0x8180, 1, 1, 0, 0) + question + record
    answer += struct.pack("!HB", len(text) + 1, len(text)) + text
    _udp(tape, 3000, 40010, 53, struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question)
    _udp(tape, 3001, 53, 40010, answer)
    host = voice.token("DHCP", "clear", "markup")[:200]
    dhcp = bytes((1, 1, 6, 0)) + bytes(232) + b"\x63\x82\x53\x63\x35\1\3" + bytes((12, len(host))) + host + b"\xff"
    _udp(tape, 3002, 68, 67, dhcp)
    _udp(tape, 3003, 40011, 69, b"\0\1" + voice.token("TFTP", "clear", "c1") + b"\0octet\0")
    _udp(tape, 3004, 40012, 514, b"<34>" + voice.say("SYSLOG"))
    community = voice.token("SNMP", "clear", "bytes")[:90]
    get = b"\2\1\0" + bytes((4, len(community))) + community + b"\xa0\x0b\2\1\1\2\1\0\2\1\0\x30\0"
    _udp(tape, 3005, 40013, 161, bytes((0x30, len(get))) + get)
    tape.ip(3006, "10.0.0.1", "192.0.2.10", 1, b"\x08\0\0\0\0\1\0\1" + voice.say("ECHO"))
    tape.ip(3007, "10.0.0.1", "192.0.2.10", 132, b"\1\2\3\4\0\0\0\0\0\0\0\0" + voice.say("SCTP"))


def _udp(tape: Tape, ms: float, source: int, target: int, data: bytes) -> None:
    body = struct.pack("!HHHH", source, target, 8 + len(data), 0) + data
    tape.ip(ms, "10.0.0.1", "192.0.2.10", 17, body)


def tape(voice: Voice) -> Tape:
    """Seven connections and some datagrams."""
    made = Tape()
    _web(made, voice)
    _events(made, voice)
    _socket(made, voice)
    _talk(made, 2500, 40004, 443, [(_hello(voice), b"\x15\3\3\0\2\2\x28")])
    _others(made, voice)
    # Cut so that an escape sequence begins in one segment and goes on in the next.
    _talk(made, 4000, 40005, 9999, [(voice.say("PLAIN"), voice.say("ANSWER"))], cut=7)
    _talk(made, 5000, 40006, 9999, [(voice.say("WORD", name), voice.say("REPLY", name)) for name in ATTACKS])
    lines = b"".join(voice.say(f"FTP-{name}", name) + b"\r\n" for name in ATTACKS)
    _talk(made, 6000, 40007, 21, [(b"USER " + lines, b"220 " + lines)])
    return made


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng(voice: Voice) -> bytes:
    """`tape` as pcapng, with text in every option that there is for text."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    texts = ((1, "COMMENT"), (2, "HARDWARE"), (3, "SYSTEM"), (4, "APPLICATION"))
    section += b"".join(_option(code, voice.say(f"SHB-{name}")) for code, name in texts) + _option(0, b"")
    names = ((1, "COMMENT"), (2, "IFNAME"), (3, "IFDESCRIPTION"), (12, "IFOS"), (15, "IFHARDWARE"))
    interface = struct.pack("<HHI", 101, 0, 0) + _option(9, b"\x09")
    interface += b"".join(_option(code, voice.say(f"IDB-{name}")) for code, name in names) + _option(0, b"")
    resolved = bytes((192, 0, 2, 10)) + voice.token("NRB") + b"\0"
    records = struct.pack("<HH", 1, len(resolved)) + resolved + bytes(-len(resolved) % 4) + bytes(4)
    blocks = [_block(0x0A0D0D0A, section), _block(1, interface), _block(4, records)]
    for number, (ns, data) in enumerate(tape(voice).records):
        head = struct.pack("<IIIII", 0, ns >> 32, ns & 0xFFFFFFFF, len(data), len(data))
        comment = _option(1, voice.say("PACKET-COMMENT")) + _option(0, b"") if number < 40 else b""
        blocks.append(_block(6, head + data + bytes(-len(data) % 4) + comment))
    return b"".join(blocks)


def clipboard_text(sequence: bytes) -> str:
    """What an OSC 52 puts on the clipboard."""
    return base64.b64decode(sequence.split(b";")[2].rstrip(b"\x07\x1b\\")).decode()


#: All attacks as one word: of a command line, an environment, a file name, somebody's error message.
HOSTILE_WORD: Final = b"".join(ATTACKS[name].replace(b"%s", b"MARKER") for name in ATTACKS).replace(b"\0", b"")
#: As much of that as a directory takes for a name.
HOSTILE_NAME: Final = b"".join(
    ATTACKS[name].replace(b"%s", b"M") for name in ("clipboard", "clear", "c1", "raw-c1", "bidi", "unseen", "markup")
).replace(b"/", b"|")[:240]
