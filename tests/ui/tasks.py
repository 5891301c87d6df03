"""What three kinds of users want to do, by which keys they do it, and what the screen shows then.

SRE: a machine over SSH, live or with a capture of it, 80×24.  Developer: a capture, 120×40.  Student: cases, in
Chinese, 80×24.  A key is one press; letters of a text that is typed count one each.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Final

from captures import ACK, FIN, PSH, RST, SYN, Tape
from other_frames import dns_answer, dns_query

from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Names of keys in the table, and Textual's.
NAMED: Final = {
    "Enter": "enter", "Esc": "escape", "Tab": "tab", "Ctrl+P": "ctrl+p", "Ctrl+F": "ctrl+f",
    "Space": "space", "Down": "down", "Up": "up",
    "End": "end", "/": "slash", ":": "colon", "?": "question_mark", "#": "number_sign", "]": "right_square_bracket",
    "[": "left_square_bracket", "}": "right_curly_bracket", "{": "left_curly_bracket", ".": "full_stop",
}  # fmt: skip
#: With more keys than this a task is to be made shorter, or its reason stands in the table.
MOST: Final = 5


class Scene(Enum):
    """Where a task begins."""

    SRE_FILE = "sre-file"
    LIVE = "live"
    DEVELOPER = "developer"
    STUDENT = "student"
    START = "start"

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        return (120, 40) if self is Scene.DEVELOPER else (80, 24)

    @property
    def language(self) -> Language:
        """The user's language."""
        return Language.ZH if self is Scene.STUDENT else Language.EN


@dataclass(frozen=True, slots=True)
class Task:
    """One task; what is shown at its end contains ``shows`` and not ``hides``."""

    scene: Scene
    name: str
    typed: str
    """Keys, separated by blanks: names, single characters, and texts that are typed."""
    shows: tuple[str, ...]
    hides: tuple[str, ...] = ()
    after: str = ""
    """Keys that bring the user to where the task begins; they do not count."""
    before: str = ""
    """How it was done before it was made shorter."""
    why_long: str = ""
    """Why it takes more than `MOST` keys."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys as Textual names them."""
        return spelled(self.typed)


def strokes(typed: str) -> Iterator[tuple[str, ...]]:
    """Keys of the table as Textual names them, those together that are typed without looking up: a text's."""
    for token in typed.split():
        yield (NAMED[token],) if token in NAMED else tuple(NAMED.get(letter, letter) for letter in token)


def spelled(typed: str) -> tuple[str, ...]:
    """`strokes`, one after the other."""
    return tuple(chain.from_iterable(strokes(typed)))


CLIENT, WEB, API = "10.0.0.1", "192.0.2.10:80", "192.0.2.20:8443"
_ANSWER: Final = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"


def answer(status: bytes, body: bytes) -> bytes:
    return _ANSWER % (status, len(body), body)


def exchange(tape: Tape, ms: float, port: int, path: bytes, answered: bytes, *, think_ms: float = 40) -> None:
    """One request, its answer after ``think_ms``, and a close."""
    client = f"{CLIENT}:{port}"
    asked = b"GET %s HTTP/1.1\r\nHost: shop.example\r\n\r\n" % path
    tape.handshake(ms, client, WEB)
    tape.tcp(ms + 41, client, WEB, PSH | ACK, 1001, 9001, asked)
    at, seq, mine = ms + 61, 9001, 1001 + len(asked)
    tape.tcp(at, WEB, client, ACK, seq, mine)
    at += think_ms
    for begin in range(0, len(answered), 1400):
        part = answered[begin : begin + 1400]
        tape.tcp(at, WEB, client, PSH | ACK, seq, mine, part)
        seq += len(part)
        tape.tcp(at + 1, client, WEB, ACK, mine, seq)
        at += 2
    tape.tcp(at + 10, client, WEB, FIN | ACK, mine, seq)
    tape.tcp(at + 50, WEB, client, FIN | ACK, seq, mine + 1)
    tape.tcp(at + 50.1, client, WEB, ACK, mine + 1, seq + 1)


def udp(tape: Tape, ms: float, source: str, target: str, body: bytes) -> None:
    (from_host, from_port), (to_host, to_port) = (end.rsplit(":", 1) for end in (source, target))
    header = struct.pack("!HHHH", int(from_port), int(to_port), 8 + len(body), 0)
    tape.ip(ms, from_host, to_host, 17, header + body)


def shop(path: Path) -> Path:
    """Fourteen connections: a 404, a slow page, a download, a refusal, silence, a reset, a loss among them."""
    tape = Tape()
    udp(tape, 0, f"{CLIENT}:5353", "192.0.2.53:53", dns_query(7, "shop.example"))
    udp(tape, 20, "192.0.2.53:53", f"{CLIENT}:5353", dns_answer(7, "shop.example", ["192.0.2.10"]))
    exchange(tape, 100, 40001, b"/index.html", answer(b"200 OK", b"welcome"))
    exchange(tape, 400, 40002, b"/missing", answer(b"404 Not Found", b"no such page"))
    exchange(tape, 700, 40003, b"/report", answer(b"200 OK", b"late"), think_ms=2600)
    exchange(tape, 4000, 40004, b"/film", answer(b"200 OK", bytes(100_000)))
    tape.refused(5000, f"{CLIENT}:40005", API)
    for again in (0, 1000, 3000, 7000):
        tape.tcp(6000 + again, f"{CLIENT}:40006", "192.0.2.11:82", SYN, 700, options=b"\x02\x04\x05\xb4")
    reset = f"{CLIENT}:40007"
    tape.handshake(14000, reset, WEB)
    tape.tcp(14041, reset, WEB, PSH | ACK, 1001, 9001, b"GET /cart HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    tape.tcp(14080, WEB, reset, RST | ACK, 9001, 1042)
    tape.lossy(15000, f"{CLIENT}:40008", WEB)
    for number in range(6):
        exchange(tape, 16000 + 300 * number, 40010 + number, b"/item", answer(b"200 OK", b"one thing"))
    tape.records.sort(key=lambda record: record[0])
    path.write_bytes(tape.pcap())
    return path


S, L, D, Z, A = Scene.SRE_FILE, Scene.LIVE, Scene.DEVELOPER, Scene.STUDENT, Scene.START
#: The connections of `shop`, by the ports of their clients.
FIRST, MISSING, SLOW, FILM, REFUSED, SILENT, RESET, LOSSY = range(40001, 40009)
_ADDRESS: Final = "an address or a word has to be typed; each key narrows the list already"
_NAME: Final = "what it is called elsewhere has to be typed"
TASKS: Final = (
    # An SRE with a capture of a machine.
    Task(S, "what is wrong first", "", (r"▾ .*\n✗3 .*40006→.*4 SYNs over 7 s, no reply",)),
    Task(S, "how bad is it", "", (r"✗2 !2 ", "4 of 14 with problems")),
    Task(S, "how much time did it cost", "0", ("4 of 14 connections with problems, 9.6 s lost",)),
    Task(S, "all that is wrong", "0", ("Port 8443 refused", "Server processing took 2.6 s", "reset by the server")),
    Task(S, "how much traffic", "", (r"avg 53kbit/s 15 pkt/s",)),
    Task(S, "how much traffic at most", "0", ("at most 709kbit/s",)),
    Task(
        S,
        "names instead of addresses",
        "a",
        (r"40003→shop\.example:80", r"40006→192\.0\.2\.11:82"),
        (r"→192\.0\.2\.10:80",),
    ),
    Task(S, "addresses again", "a", (r"40003→192\.0\.2\.10:80",), (r"shop\.example",), after="a"),
    Task(S, "find the 404", "x / 404", ("1 of 10 ", r"\n +#18 .*404 +missing\.txt"), (r"index\.html",)),
    Task(S, "the packet of the 404", "Enter", (r"GET /missing → 404, 60.0ms", "▸ +18 "), after="x / 404 Enter"),
    Task(
        S,
        "find the 404 from the overview",
        "R / 404",
        shows=(r"1 of \d+ .*/404", r"GET /missing +404"),
        after="0",
        before="Esc R Tab / 404",
    ),
    Task(
        S,
        "which server costs most, from the overview",
        "b",
        (r"\n ✗ 192\.0\.2\.11:82 .*✗1",),
        after="0",
        before="Esc b",
    ),
    Task(S, "top talkers", "s s s", (r"bytes.*▾.*\n.*40004→.*100k",)),
    Task(S, "which one is slow", "s", (r"time lost▾.*\n.*40006→.*7.00s.*\n.*40003→.*2.60s",)),
    Task(S, "which one lasted longest", "s s s s s", (r"lasted▾.*\n.*40006→.*7.00s\b.*\n.*40003→.*2.71s",)),
    Task(S, "shortest first", "S", ("reversed",)),
    Task(S, "which SYN was not answered", "0 Enter", (r"1 of 14", "40006"), ("40005",)),
    Task(S, "who sent the RST", "0 End Enter", ("1 of 14", "40007→.*reset by the server"), ("40005",)),
    Task(S, "which were closed by a RST", "/ rst Enter", (r"2 of 14", "40005", "40007"), ("40001",)),
    Task(S, "connections to port 82", "/ :82 Enter", (r"1 of 14", "40006"), ("40001",)),
    Task(S, "connections of one host", "/ .11 Enter", ("1 of 14", "40006"), ("40001",)),
    Task(S, "lift the filter", "Esc", ("40001", "40006"), ("of 14:", "/:82"), after="/ :82 Enter"),
    Task(S, "why did it fail", "e", ("The server did not reply", "What it means")),
    Task(S, "what to look at next", "", ("Look next  On the server, run ss -lnt",), before="e End"),
    Task(S, "the next problem", "n", ("Error 2 of 2",)),
    Task(S, "copy this row", "y", ("(?i)copied",)),
    Task(S, "copy it for an issue", "Ctrl+P markd Enter", ("(?i)copied",), why_long="`mark` is a command, too"),
    Task(S, "what else is in this capture", "u", (r"DNS +2 ",)),
    Task(S, "which name was looked up", "u Enter Enter", ("shop.example",)),
    Task(S, "what does this word mean", "?", ("SYN timeout",)),
    Task(S, "which server costs most", "b", (r"\n ✗ 192\.0\.2\.11:82 .*✗1", "tcptui.server == 192.0.2.11")),
    Task(S, "which host talks most", "b Tab Tab s s", (r"host .*\n .*10\.0\.0\.1 +14 ", "▾bytes")),
    Task(
        S,
        "which host sends most",
        "b Tab Tab s s s",
        (r"▾sent.*\n .*192\.0\.2\.10 shop\.example +12 .*111 kB",),
        before="not possible",
        why_long="`s` goes by one column; kind and order are kept until the next time",
    ),
    Task(
        S,
        "what was sent again",
        "/ tcp.analysis.retransmission Enter",
        ("40008", "4 of 268 packets, 2 of 14 connections"),
        ("40001",),
        why_long=_ADDRESS,
    ),
    Task(S, "answered with 404", "/ http.response.code==404 Enter", ("40002",), ("40001",), why_long=_ADDRESS),
    Task(S, "all again", "\\", ("40001", "40006"), after="/ tcp.port==82 Enter"),
    Task(S, "where does this text appear", "Ctrl+F missing Enter", ("GET /missing HTTP", "1 hit"), why_long=_ADDRESS),
    Task(S, "its packet", "Enter", ("Hit 1 of 1: missing", "▸ +1 +16 .*GET /missing"), after="Ctrl+F missing Enter"),
    Task(S, "is it saved", "w", ("(?i)already|is a file",)),
    Task(S, "brighter colours", "Ctrl+P lig Enter", ("40006",)),
    Task(S, "time of day", "Ctrl+P clo Enter", ("Time of day",), before="Ctrl+P mid Enter Ctrl+P mid Enter"),
    Task(S, "switch language", "Ctrl+P chi Enter", ("1 连接", "40006"), before="not possible"),
    Task(
        S,
        "switch language from the overview",
        "Ctrl+P lang Enter",
        ("1 连接|连接", "40006|概览"),
        after="0",
        before="Esc Ctrl+P chi Enter",
        why_long=_NAME,
    ),
    Task(
        S,
        "a graph from the overview",
        "Ctrl+P throughput Enter",
        ("time-sequence +throughput",),
        after="0",
        before="Esc t",
        why_long=_NAME,
    ),
    Task(
        S,
        "export an object by name",
        "Ctrl+P export Enter",
        (r"film\.txt",),
        before="not found by that name",
        why_long=_NAME,
    ),
    Task(
        S,
        "plot it",
        "Ctrl+P plot Enter",
        ("time-sequence +throughput",),
        before="not found by that name",
        why_long=_NAME,
    ),
    Task(S, "what is found most often", "b Tab Tab Tab Tab", (r"finding +connections .*\n.*No reply to the SYN +1 ",)),
    Task(S, "connections of the server that costs most", "b Enter", ("1 of 14", "40006"), ("40005",)),
    Task(S, "the next connection, its packets", "J", (r"10\.0\.0\.1:40005", "RST"), ("40006",), after="Enter"),
    Task(S, "when was the traffic", "5", (r"402 pkt/s", r"17\.4 s to 17\.7 s: 10 packets")),
    Task(S, "what can it be sorted by", "O", ("3  time lost", "7  duration", "8  bits per second")),
    Task(S, "slowest request", "R Tab s", (r"duration.*\n.*GET /report +200 +2\.62s",)),
    Task(S, "which request got no answer", "R Tab s s End", (r"\n ✗ GET /cart +RST ",)),
    Task(S, "the same request, counted", "R Tab b", (r" 6 +60\.0ms +360ms +240ms +GET /item",)),
    Task(S, "the packet that the overview cites", "0 Tab Enter", (r"▸.* 187 ",)),
    Task(S, "save only what matches", "W 82 Enter", ("4 of 268 packets written to 82",), after="/ tcp.port==82 Enter"),
    # An SRE who watches a machine live.
    # Drops stand in the first line however narrow it is (`test_status_bar`); that there were none, where it has room.
    Task(
        L,
        "is anything dropped",
        "0",
        ("Capture quality: no sign of missing or damaged packets",),
        (r"(?i)dropped [1-9]",),
    ),
    Task(L, "how much traffic now", "", (r"●.* \d[\d.]*[kM]?bit/s <?\d+ pkt/s  not saved",), ("avg",)),
    Task(L, "hold the display", "Space", ("display paused",)),
    Task(L, "which process", "o", ("kernel",)),
    Task(L, "follow the newest", "f", ("following",), after="f"),
    Task(L, "leave without losing it unasked", "q", (r"Not saved \(w saves\)\. Press again",)),
    Task(L, "save", "w out Enter", ("Saved",), ("not saved",)),
    Task(L, "begin anew", "C C", ("0 packets",)),
    # A developer with a capture.
    Task(D, "go to packet 123", ": 123 Enter", ("▸ +123 ",)),
    Task(D, "go to second 5", ": 5s Enter", ("▸",), after="End"),
    Task(D, "hex of this packet", "3 z", ("0000  45 00 00 2c",)),
    Task(D, "read what was said", "F", ("GET /index.html", "welcome"), after="/ 40001 Enter"),
    Task(D, "headers of the answer", "F d", ("HTTP response", "Content-Type: text/plain"), after="/ 40001 Enter"),
    Task(D, "the bytes of what was said", "F x", ("47 45 54 20",), after="/ 40001 Enter"),
    Task(D, "find a word in it", "F / late Enter", ("late",), after="/ 40003 Enter", why_long=_ADDRESS),
    Task(D, "what was asked, what answered", "Enter", (r"GET /missing → 404, 60.0ms",), after="/ 40002 Enter"),
    Task(D, "files that were transferred", "x", ("100,000 +200 +film.txt", "404 +missing.txt")),
    Task(D, "the evidence", "e Enter", (r"187 ",)),
    Task(D, "back to where I was", "Esc", ("▸ +123 ",), after=": 123 Enter : 50 Enter"),
    Task(D, "where was it resent", "Enter n n n n", ("▸! +207 .*FAST RETRANSMISSION",), after="/ 40008 Enter"),
    Task(D, "how long did the server think", "e", ("2.6 s",), after="/ 40003 Enter"),
    Task(D, "how did it close", "Enter End", ("▸.*FIN|▸.*ACK", "TIME-W|CLOSED"), after="/ 40001 Enter"),
    Task(D, "numbers as on the wire", "Enter #", ("seq 700",)),
    Task(D, "mark this packet", "m", (r"◆ *123 ", "Packet 123 is marked"), after=": 123 Enter"),
    Task(D, "only packets like this one", "=", ("tcp.stream",), after="Enter"),
    Task(D, "only this pane", "z", (r"40015",)),
    Task(D, "decode this packet's options", "3 End", ("TCP Option - Maximum segment size",)),
    Task(D, "a case about this", "c", ("1/3|2/3|Case", "10.9.0.1"), after="Enter"),
    Task(D, "back to my capture", "Esc", ("shop.pcap", "40006"), after="Enter c"),
    Task(D, "throughput over time", "t Tab", (r"\d ?[kM]?(bit|B)/s",), after="/ 40004 Enter"),
    Task(D, "what the other side sent", "t s", ("client's data",), after="/ 40004 Enter"),
    Task(D, "the packet of a mark", "t n Enter", ("2 Timeline", r"▸.* 2\d\d "), after="/ 40008 Enter"),
    Task(D, "the longest pause", "L", ("▸! +28 ", "2.60s without a packet before"), after="/ 40003 Enter Enter"),
    Task(D, "the packets of a request", "Enter", (r"▸ +6 .*GET /index.html",), after="R Tab"),
    Task(D, "what was said in a request", "F", ("GET /index.html", "welcome"), ("missing",), after="R Tab"),
    Task(D, "write a file out", "x w Enter", ("(?i)written|wrote",)),
    Task(D, "packets between those that match", "v", ("97 of 268", "also shown, fainter"), after="/ tcp.len>0 Enter"),
    Task(D, "a note on this connection", "M slow Enter", ("◆ slow",), why_long="the note has to be typed"),
    Task(
        D, "a field as a column", "+ ip.ttl Enter", (r"ip\.ttl.*\n.* 64",), after="Enter", why_long="a field is typed"
    ),
    # A student in a case.
    Task(Z, "begin", "]", ("1/3 四个 SYN 石沉大海", "按 r 看答案")),
    Task(Z, "the answer", "r", ("答案：SYN-SENT",), after="]"),
    Task(Z, "read the answer again", "[", ("答案：SYN-SENT",), after="] r ]"),
    Task(Z, "go on", "]", ("2/3",), after="] r"),
    Task(Z, "next case", "}", ("案例：连接被拒绝",)),
    Task(Z, "the case before", "{", ("案例：打个招呼花了两秒",)),
    Task(Z, "the same picture with another cause", "T", ("案例：",), ("SYN-SENT：等到超时",)),
    Task(Z, "what would come next", "p", ("预测", "1 客户端")),
    Task(Z, "answer a question", "1", ("没答对", "答对 0/1"), after="p"),
    Task(Z, "end the question", "Esc", ("案例：SYN-SENT：等到超时",), after="p"),
    Task(Z, "why was this packet sent", "4", ("第一次握手",), after="]"),
    Task(Z, "what is this word", "?", ("SYN 超时：多个 SYN",)),
    Task(Z, "what do the states mean", "? 5", ("SYN-SENT",)),
    Task(Z, "in English", "Ctrl+P eng Enter", ("1/3 Four SYNs|1/3",), after="]"),
    Task(Z, "all connections of the case", "1", (r"1 连接 .*\n.*客户端",), after="]"),
    Task(Z, "the headers of this step", "3", ("3 首部", "(Source|源)"), after="]"),
    # Nobody has opened anything yet.
    Task(
        A, "find a lesson about windows", "/ window", ("20 +A server without window scaling|window",), why_long=_ADDRESS
    ),
    Task(A, "a path", "3", ("path",)),
    Task(A, "capture only port 80", "f port80 Esc", ("eth0",), why_long=_ADDRESS),
    Task(A, "what a lesson is about", "c Down", ("8 packets, 13 steps, a question at each",)),
    Task(A, "the next group of the list", "Tab", (r"▸.*One HTTP request|▸ *01",)),
    Task(A, "all lessons", "c", (r"▸ +01",)),
)
