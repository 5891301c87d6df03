"""``tcptui redact``: a copy that means the same and says nothing of who spoke, or no copy at all."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from captures import Tape
from other_frames import dns_answer, dns_query, ethernet, pcap, udp
from pcapng_blocks import block, enhanced, interface, obsolete, option, section, simple

from tcptui.capture.slicing.source import Heads, PacketSource
from tcptui.cli.commands import RedactCommand
from tcptui.cli.help import help_text
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.redact import write_redacted
from tcptui.model.errors import TcptuiError
from tcptui.redact.keep import Keep
from tcptui.redact.segment_rewriter import SegmentRewriter
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.redact.segments import SegmentPayloads
    from tcptui.redact.stretches import Stretch

CASES = Path(__file__).resolve().parents[2] / "cases"
CLIENT, SERVER = "198.18.7.1:40001", "8.8.4.4:80"
ASKED = b"GET /secret/path HTTP/1.1\r\nHost: payroll.example.com\r\nCookie: session=abcdef0123456789\r\n\r\n"
ANSWERED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 26\r\nX-Internal-Name: db7\r\n\r\nabcdefghijklmnopqrstuvwxyz"


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return written_key(tmp_path / "key", b"0123456789abcdef" * 2)


def written_key(path: Path, key: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(key)
    path.chmod(mode)
    return path


def redact(
    capfd: pytest.CaptureFixture[str], file: Path, out: Path, *words: str, language: Language = Language.EN
) -> tuple[int, str, str]:
    command = parse(["redact", str(file), "-w", str(out), *words], {})
    assert isinstance(command, RedactCommand)
    try:
        code = write_redacted(command, Words(language))
    except TcptuiError as error:
        print(error_line(error, Words(language)), file=sys.stderr)
        code = error.exit_code
    return (code, *capfd.readouterr())


def written(tape: Tape, file: Path) -> Path:
    file.write_bytes(tape.pcap())
    return file


def http(tmp_path: Path) -> Path:
    tape = Tape()
    tape.clean(0, CLIENT, SERVER, ASKED, ANSWERED)
    return written(tape, tmp_path / "http.pcap")


def named(tmp_path: Path) -> Path:
    """A query and its answer, then nothing."""
    frames = [
        udp("198.18.7.1:40001", "8.8.4.4:53", dns_query(7, "payroll.example.com")),
        udp("8.8.4.4:53", "198.18.7.1:40001", dns_answer(7, "payroll.example.com", ["9.9.1.7"])),
    ]
    file = tmp_path / "dns.pcap"
    file.write_bytes(pcap(frames))
    return file


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


# -- the command line


def test_command_line_is_parsed() -> None:
    command = parse(
        ["redact", "a", "-w", "b", "--key", "k", "--keep", "macs,names", "--shift-time", "-60", "--certificate", "c"],
        {},
    )

    assert isinstance(command, RedactCommand)
    assert (command.file, command.write, command.key, command.certificate) == ("a", "b", "k", "c")
    assert command.keep == (Keep.MACS, Keep.NAMES)
    assert command.shift_s == -60


@pytest.mark.parametrize(
    ("words", "key"),
    [(["a"], "error.redact-where"), (["-w", "b"], "error.which-file"), (["a", "-w", "-"], "error.redact-stream"),
     (["a", "-w", "b", "--certificate", "b"], "error.redact-same"),
     (["a", "-w", "b", "--keep", "all"], "error.redact-keep"),
     (["a", "-w", "b", "--shift-time", "1.5"], "error.redact-shift"), (["a", "b", "-w", "c"], "error.too-many-words")],
)  # fmt: skip
def test_other_command_lines_are_refused(words: list[str], key: str) -> None:
    with pytest.raises(CommandLineError) as refused:
        parse(["redact", *words], {})

    assert refused.value.key == f"cli.{key}"


@pytest.mark.parametrize("language", Language)
def test_the_page_of_the_help_names_every_option(language: Language) -> None:
    page = help_text(Words(language), "redact")

    assert all(option in page for option in ("--key", "--keep", "--shift-time", "--certificate", "--overwrite"))


# -- what is written


def test_a_request_is_kept_and_who_made_it_is_not(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    out, told = tmp_path / "out.pcapng", tmp_path / "out.json"

    code, said, _ = redact(capfd, http(tmp_path), out, "--key", str(key), "--certificate", str(told))

    written = out.read_bytes()
    assert code == 0
    assert "8 packets" in said
    assert "1 request" in said
    for secret in (
        b"payroll",
        b"secret",
        b"session",
        b"Internal",
        b"db7",
        b"ghijkl",
        b"\xc6\x12\x07\x01",
        b"\x08\x08\x04\x04",
    ):
        assert secret not in written, secret
    for framing in (b"GET /", b"HTTP/1.1\r\nHost: ", b"HTTP/1.1 404 Not Found", b"Content-Length: 26\r\n", b"x" * 26):
        assert framing in written, framing
    found: dict[str, Any] = json.loads(told.read_text())
    assert found["schema"] == 1
    assert found["compared"]["equal"] is True
    assert found["compared"]["requests"] == 1
    assert found["compared"]["verdicts"] == 8
    assert found["searched"]["found"] == 0
    assert found["input"]["packets"] == 8
    assert found["unique_hosts"] == {"of": 2, "unique": 2, "by": "degree, ports, bytes"}


def test_a_websocket_stays_one_and_its_copy_is_redacted_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], key: Path
) -> None:
    name = b"bXkgb3duIHNlY3JldCBrZXk="
    fits = base64.b64encode(hashlib.sha1(name + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    asked = b"GET /chat HTTP/1.1\r\nHost: chat.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    told = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    tape = Tape()
    tape.clean(
        0, CLIENT, SERVER, asked + b"Sec-WebSocket-Key: " + name + b"\r\n\r\n\x88\x82\0\0\0\0\x03\xe8",
        told + b"Sec-WebSocket-Accept: " + fits + b"\r\n\r\n\x81\x05hello\x88\x02\x03\xe8",
    )  # fmt: skip
    first, second = tmp_path / "first.pcapng", tmp_path / "second.pcapng"

    code, out, err = redact(capfd, written(tape, tmp_path / "chat.pcap"), first, "--key", str(key))
    again, _, worse = redact(capfd, first, second)

    assert (code, again) == (0, 0), (err, worse)
    assert "1 request" in out
    assert name not in first.read_bytes()
    assert fits not in first.read_bytes()


@pytest.mark.parametrize("chunked", [True, False])
def test_a_stream_of_events_keeps_its_lines(
    chunked: bool, capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    events = b"event: price\ndata: ACME 17.35\nid: 4711\n\ndata: ACME 17.40\n\n"
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(events), events) if chunked else events
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(events)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + framing + b"\r\n\r\n"
    tape = Tape()
    tape.clean(0, CLIENT, SERVER, ASKED, head + framed)
    out = tmp_path / "out.pcapng"

    code, _, said = redact(capfd, written(tape, tmp_path / "in.pcap"), out, "--key", str(key))

    assert code == 0, said
    assert b"event: xxxxx\ndata: xxxxxxxxxx\nid: xxxx\n\ndata: xxxxxxxxxx\n\n" in out.read_bytes()


def hello(name: bytes) -> bytes:
    """A ClientHello of two segments: its share of a key is longer than one."""

    def extension(kind: int, body: bytes) -> bytes:
        return struct.pack("!HH", kind, len(body)) + body

    drawn = bytes(range(1, 256)) * 8
    server = extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)
    share = extension(51, struct.pack("!HHH", 1220, 4588, 1216) + drawn[:1216])
    rest = extension(43, b"\x04\x03\x04\x03\x03") + b"".join(extension(kind, b"") for kind in (23, 35, 18, 49, 22))
    body = b"\x03\x03" + drawn[40:72] + b"\x20" + drawn[90:122] + b"\x00\x04\x13\x01\x13\x02\x01\x00"
    body += struct.pack("!H", len(server + share + rest)) + server + share + rest
    message = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


def test_a_hello_of_two_segments_keeps_its_framing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    sent, out = hello(b"payroll.example.com"), tmp_path / "out.pcapng"
    tape = Tape()
    tape.handshake(0, CLIENT, "8.8.4.4:443")
    tape.tcp(41, CLIENT, "8.8.4.4:443", 24, 1001, 9001, sent[:1250])
    tape.tcp(42, CLIENT, "8.8.4.4:443", 24, 2251, 9001, sent[1250:])

    code, _, said = redact(capfd, written(tape, tmp_path / "in.pcap"), out, "--key", str(key))

    assert code == 0, said
    assert b"payroll" not in out.read_bytes()
    assert sent[-20:] in out.read_bytes()


def test_the_same_key_gives_the_same_file_and_another_key_another(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    other, source = written_key(tmp_path / "other", b"another key of thirty-two bytes.."), http(tmp_path)

    for name, used in (("a", key), ("b", key), ("c", other)):
        assert redact(capfd, source, tmp_path / name, "--key", str(used))[0] == 0

    first, again, third = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again
    assert first != third


def test_without_a_key_one_is_drawn_which_is_told(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = http(tmp_path)

    first, second = (redact(capfd, source, tmp_path / name) for name in ("a", "b"))

    assert first[0] == second[0] == 0
    assert "--key" in first[2]
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_a_name_is_the_same_in_every_file_of_a_key(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    for source, name in ((http(tmp_path), "a"), (named(tmp_path), "b")):
        assert redact(capfd, source, tmp_path / name, "--key", str(key))[0] == 0

    asked = (tmp_path / "a").read_bytes()
    host = asked[asked.index(b"Host: ") + 6 :].split(b"\r\n", 1)[0]
    wire = b"".join(bytes((len(label),)) + label for label in host.split(b"."))
    assert host != b"payroll.example.com"
    assert len(host) == len(b"payroll.example.com")
    assert (tmp_path / "b").read_bytes().count(wire) == 2


def test_what_is_kept_stays_and_times_are_moved(capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path) -> None:
    source, out = http(tmp_path), tmp_path / "out.pcap"

    code, _, _ = redact(capfd, source, out, "--key", str(key), "--keep", "addresses", "--shift-time", "-3600")

    before, after = source.read_bytes(), out.read_bytes()
    assert code == 0
    assert b"\xc6\x12\x07\x01" in after
    assert struct.unpack_from("<I", before, 24)[0] - struct.unpack_from("<I", after, 24)[0] == 3600


def test_blocks_that_are_no_packets_say_nothing_any_more(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    frame = ethernet(0x0800, http(tmp_path).read_bytes()[40:84])
    about = option("<", 1, b"a comment of somebody") + option("<", 3, b"the operating system")
    names = option("<", 2, b"port-of-alice") + option("<", 3, b"description") + option("<", 11, b"\0host 10.1.2.3")
    source, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    source.write_bytes(
        block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + about)
        + block("<", 1, struct.pack("<HHI", 1, 0, 0) + names)
        + enhanced("<", 0, 1_000_000, frame)
        + block("<", 4, struct.pack("<HH", 1, 17) + b"\x08\x08\x04\x04resolved.name\0" + bytes(3) + bytes(4))
        + block("<", 10, struct.pack("<II", 0x544C534B, 20) + b"CLIENT_RANDOM secret")
    )

    code, _, said = redact(capfd, source, out, "--key", str(key))

    assert code == 0, said
    for text in (b"somebody", b"operating", b"alice", b"description", b"host 10", b"resolved", b"CLIENT_RANDOM"):
        assert text not in out.read_bytes()


def of_all_blocks(tmp_path: Path) -> Path:
    """Packets in every kind of block, in sections of either byte order, some with options."""
    frames = _frames_of(http(tmp_path))
    file = tmp_path / "blocks.pcapng"
    data = b""
    for number, order in enumerate("<>"):
        data += section(order) + interface(order, 101, resolution=9) + interface(order, 101)
        for at, frame in enumerate(frames):
            ticks = (number * 100 + at + 1) * 1_000_000
            kind = (enhanced(order, 1, ticks, frame), simple(order, frame), obsolete(order, 1, ticks, frame))[at % 3]
            if at % 4 == 0:
                head = struct.pack(order + "IIIII", 1, 0, ticks, len(frame), len(frame))
                told = option(order, 2, struct.pack(order + "I", 1)) + option(order, 1, b"a comment") + bytes(4)
                kind = block(order, 6, head + frame + bytes(-len(frame) % 4) + told)
            data += kind
    file.write_bytes(data)
    return file


def _frames_of(file: Path) -> list[bytes]:
    data, at, found = file.read_bytes(), 24, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


@pytest.mark.parametrize("name", ["out.pcapng", "out.pcap"])
@pytest.mark.parametrize("source", ["blocks", "01-hello-service", "60-fast-retransmission", "74-packet-too-big"])
def test_a_copy_by_the_column_is_that_of_packet_by_packet(
    source: str, name: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = of_all_blocks(tmp_path) if source == "blocks" else min((CASES / source).glob("*.pcapng*"))
    out = tmp_path / name
    words = "--key", str(key), "--shift-time", "7", "--overwrite"

    code, said, error = redact(capfd, file, out, *words)
    by_column = out.read_bytes()
    one_by_one(monkeypatch)
    heads = PacketSource.heads
    monkeypatch.setattr(PacketSource, "heads", lambda *words: _nothing_said(heads(*words)))
    again = redact(capfd, file, out, *words)

    assert (code, error) == (0, "")
    assert again == (code, said, error)
    assert out.read_bytes() == by_column


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No packet is rewritten by the column."""
    monkeypatch.setattr(SegmentRewriter, "rewrite", lambda _self, one, *_: np.zeros(len(one.begin), np.bool_))


def _nothing_said(heads: Heads) -> Heads:
    return Heads(np.zeros_like(heads.interface), np.zeros_like(heads.ticks), np.zeros_like(heads.is_all))


# -- what is refused


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("case", ["140-slow-query", "170-mqtt-session-ended"])
def test_no_file_where_a_finding_would_be_lost(
    case: str, language: Language, capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    (source,) = (CASES / case).glob("client.pcapng*")
    folder = tmp_path / "results"
    folder.mkdir()

    code, said, error = redact(
        capfd, source, folder / "out.pcapng", "--key", str(key), "--certificate", str(folder / "c"), language=language
    )

    assert code == 1
    assert said == ""
    assert len(error.splitlines()) == 1
    assert left_in(folder) == []


def leak_nothing_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.redact.headers.content", lambda data: data)
    one_by_one(monkeypatch)


def leak_by_the_column(monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite = SegmentRewriter.rewrite

    def leaking(
        rewriter: SegmentRewriter, one: Stretch, wire: Any, payloads: SegmentPayloads, out: Any, places: Any
    ) -> Any:  # fmt: skip
        done = rewrite(rewriter, one, wire, payloads, out, places)
        for at in np.flatnonzero(done & (one.end - one.begin > 60)).tolist():
            last = int(places[at] + one.end[at] - one.begin[at])
            out[last - 20 : last] = np.frombuffer(one.packet(at)[0][-20:], np.uint8)
        return done

    monkeypatch.setattr(SegmentRewriter, "rewrite", leaking)


def leak_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.redact.mapping.Mapping.label", lambda _self, label: label)


def leak_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.redact.mapping.Mapping.address", lambda _self, address: address)


def leak_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.redact.keep_http.HttpKeeper.head", lambda _self, data: data)


@pytest.mark.parametrize("leak", [leak_names, leak_addresses, leak_heads])
def test_no_file_where_the_rewriter_forgets_something(
    leak: Callable[[pytest.MonkeyPatch], None], capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    source, folder = http(tmp_path), tmp_path / "results"
    folder.mkdir()
    leak(monkeypatch)

    code, _, error = redact(capfd, source, folder / "out.pcapng", "--key", str(key))

    assert code == 1
    assert "not written" in error
    assert left_in(folder) == []


@pytest.mark.parametrize("leak", [leak_nothing_replaced, leak_by_the_column])
def test_no_file_where_content_passes(
    leak: Callable[[pytest.MonkeyPatch], None], capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    tape = Tape()
    tape.clean(0, CLIENT, "8.8.4.4:9999", b"\x01\x02 neither text nor anything known", b"\x03\x04 and its answer too")
    folder = tmp_path / "results"
    folder.mkdir()
    leak(monkeypatch)

    code, _, error = redact(capfd, written(tape, tmp_path / "in.pcap"), folder / "out.pcapng", "--key", str(key))

    assert code == 1
    assert "payload" in error
    assert left_in(folder) == []


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("fault", ["open", "short", "missing", "folder"])
def test_a_key_that_protects_nothing_is_refused(
    fault: str, language: Language, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:  # fmt: skip
    name = tmp_path / "key"
    if fault == "open":
        written_key(name, bytes(range(32)), 0o640)
    elif fault == "short":
        written_key(name, bytes(31))
    elif fault == "folder":
        name.mkdir(0o700)

    code, _, error = redact(capfd, http(tmp_path), tmp_path / "out", "--key", str(name), language=language)

    assert code == 1
    assert len(error.splitlines()) == 1
    assert "out" not in left_in(tmp_path)


@pytest.mark.parametrize("other", ["http.pcap", "key"])
def test_the_output_is_never_an_input(
    other: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    source = http(tmp_path)
    before = (tmp_path / other).read_bytes()

    code, _, error = redact(capfd, source, tmp_path / other, "--key", str(key), "--overwrite")

    assert code == 1
    assert len(error.splitlines()) == 1
    assert (tmp_path / other).read_bytes() == before


def test_a_file_that_is_there_stays_unless_asked(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    source, out = http(tmp_path), tmp_path / "out"
    out.write_text("mine")

    assert redact(capfd, source, out, "--key", str(key))[0] == 1
    assert out.read_text() == "mine"
    assert redact(capfd, source, out, "--key", str(key), "--overwrite")[0] == 0
    assert out.read_bytes()[:4] == b"\n\r\r\n"
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_capture_that_is_cut_is_redacted_up_to_there(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    source = http(tmp_path)
    os.truncate(source, source.stat().st_size - 11)

    code, said, _ = redact(capfd, source, tmp_path / "out", "--key", str(key))

    assert code == 1
    assert "7 packets" in said


def test_no_capture_at_all(capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path) -> None:
    source = tmp_path / "text"
    source.write_text("no capture at all, whatever it is")

    code, _, error = redact(capfd, source, tmp_path / "out", "--key", str(key))

    assert code == 1
    assert error
    assert left_in(tmp_path) == ["key", "text"]


_ASKED_OF_TSHARK = (
    "frame.number", "frame.len", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.len", "tcp.checksum.status",
    "ip.checksum.status", "tcp.analysis.flags", "tcp.analysis.acks_frame", "tcp.analysis.ack_rtt",
    "tcp.analysis.bytes_in_flight", "tcp.analysis.duplicate_ack_num", "tcp.analysis.rto",
)  # fmt: skip


@pytest.mark.tshark
@pytest.mark.parametrize("case", ["01-hello-service", "60-fast-retransmission", "74-packet-too-big"])
def test_tshark_says_the_same_of_the_copy(
    case: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, key: Path
) -> None:  # fmt: skip
    source = min((CASES / case).glob("*.pcapng*"))
    out = tmp_path / "out.pcapng"
    assert redact(capfd, source, out, "--key", str(key))[0] == 0

    told = [_asked(file) for file in (source, out)]

    assert told[0].count("\n") > 3
    assert told[0] == told[1]


def _asked(file: Path) -> str:
    fields = [word for name in _ASKED_OF_TSHARK for word in ("-e", name)]
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = ["tshark", "-2", "-n", "-r", str(file), *checks, "-T", "fields", *fields]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
