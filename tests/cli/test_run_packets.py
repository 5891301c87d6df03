"""`tcptui packets`, `slice`, `assert` and ``-Y``: what is written, what is said, what the exit status says."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from captures import Tape, hostile, mixed
from http2_ends import PREFACE, frame
from ip_pieces import pieces, segment, whole, write_raw
from long_talks import taped
from pcapng_blocks import enhanced, interface, section
from run_command import ROOT, run
from tls_bytes import client_hello, extension
from tls_bytes import record as tls_record
from web_captures import GET, record, response

from tcptui.access.notes.notebook import Notebook, notes_path
from tcptui.model.errors import InputError
from tcptui.model.notes import Note
from tcptui.session.reading_again import packets_read_again
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from _pytest.tmpdir import TempPathFactory


@pytest.fixture(scope="module")
def capture(tmp_path_factory: TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packets") / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return path


# -- damaged captures ------------------------------------------------------------------

#: A capture of 31 packets that ends in damage or amid a record, and one that a packed file gives up in its midst.
DAMAGED = {
    "record": mixed().pcap() + struct.pack("<IIII", 0, 0, 0x7FFF_FFFF, 0x7FFF_FFFF),
    "packed": gzip.compress(mixed().pcap(), 1)[:-30],
    "cut short": mixed().pcap()[:-5],
}
WHOLE = {"plain": mixed().pcap()}


def damaged(kind: str, folder: Path) -> Path:
    path = folder / "in.pcap"
    path.write_bytes({**DAMAGED, **WHOLE}[kind])
    return path


@pytest.mark.parametrize("kind", [*DAMAGED, *WHOLE])
def test_packets_of_a_damaged_capture_are_written_and_the_status_says_so(kind: str, tmp_path: Path) -> None:
    path, failed = damaged(kind, tmp_path), int(kind in DAMAGED)

    forms = [("-Y", "tcp.stream == 0", "--count"), ("-e", "frame.number"), ()]
    for more in forms if kind == "record" else forms[1:2]:
        code, said, complaint = run("packets", path, *more)
        assert (code, bool(said)) == (failed, True)
        assert complaint.count("in.pcap") == int(kind != "plain")


@pytest.mark.parametrize("kind", DAMAGED)
def test_slice_of_a_damaged_capture_is_written_and_the_status_says_so(kind: str, tmp_path: Path) -> None:
    path, out = damaged(kind, tmp_path), tmp_path / "out.pcapng"

    code, _, complaint = run("slice", path, "--packets", "1-5", "-w", out)

    assert code == 1
    assert "tcptui: 5 of " in complaint
    assert open_file(out).store.count == 5


@pytest.mark.parametrize(
    ("kind", "rule"), [("record", "no udp"), ("record", "no tcp"), ("packed", "no udp"), ("cut short", "no tcp")]
)
def test_rules_over_a_damaged_capture_are_judged_and_the_status_says_so(kind: str, rule: str, tmp_path: Path) -> None:
    path = damaged(kind, tmp_path)

    code, said, _ = run("assert", path, rule, "--junit", tmp_path / "out.xml", "--slice", tmp_path / "broken")

    assert code == 3
    assert said.startswith("unknown no udp" if rule == "no udp" else "BROKEN  no tcp")
    assert ElementTree.parse(tmp_path / "out.xml").getroot().get("tests") == "1"
    assert (tmp_path / "broken").exists() == (rule == "no tcp")


# -- packets ---------------------------------------------------------------------------


def test_packets_that_match_have_a_line_each(capture: Path) -> None:
    code, said, complaint = run("packets", capture, "-Y", "tcp.stream == 1 and tcp.analysis.flags")

    assert (code, complaint) == (0, "")
    assert said.splitlines() == [
        "14     0.252000 192.0.2.10 → 10.0.0.1 TCP 1040 [Previous segment not captured] "
        "80 → 40002 [ACK] Seq=2001 Ack=1 Win=64240 Len=1000",
        "15     0.252100 10.0.0.1 → 192.0.2.10 TCP 40 [Dup ACK #1] 40002 → 80 [ACK] Seq=1 Ack=1001 Win=64240 Len=0",
        "17     0.253100 10.0.0.1 → 192.0.2.10 TCP 40 [Dup ACK #2] 40002 → 80 [ACK] Seq=1 Ack=1001 Win=64240 Len=0",
        "19     0.254100 10.0.0.1 → 192.0.2.10 TCP 40 [Dup ACK #3] 40002 → 80 [ACK] Seq=1 Ack=1001 Win=64240 Len=0",
        "20     0.255000 192.0.2.10 → 10.0.0.1 TCP 1040 [Fast Retransmission] [Retransmission] "
        "80 → 40002 [ACK] Seq=1001 Ack=1 Win=64240 Len=1000",
    ]


def test_fields_stand_between_tabs_and_several_values_between_commas(capture: Path) -> None:
    words = ("packets", capture, "--display-filter=tcp.stream == 2", "-e", "frame.number", "-e", "tcp.port", "--header")
    code, said, _ = run(*words, "-e", "tcp.analysis.ack_rtt", "-e", "tcptui.finding")

    assert code == 0
    assert said == (
        "frame.number\ttcp.port\ttcp.analysis.ack_rtt\ttcptui.finding\n"
        "22\t40003,8443\t\tconnection-refused\n"
        "23\t8443,40003\t0.001000000\tconnection-refused\n"
    )


def test_marks_and_notes_beside_a_file_are_fields_of_its_packets(tmp_path: Path) -> None:
    path, other = tmp_path / "a.pcap", tmp_path / "b.pcap"
    for one in (path, other):
        one.write_bytes(mixed().pcap())
    book = Notebook(path)
    book.set_packet(2, Note(marked=True, text="why\tso \x1b[31m late?"))
    book.save()

    assert run("packets", path, "-Y", "tcptui.marked", "-e", "frame.number", "-e", "tcptui.note") == (
        0, "2\twhy\\tso ␛[31m late?\n", "",
    )  # fmt: skip
    assert run("packets", path, "-e", "tcptui.note", "-e", "tcptui.marked", "--jsonl")[1].count("late?") == 1
    assert run("assert", path, "no tcptui.marked")[0] == 1
    assert run("assert", other, "no tcptui.marked")[0] == 0
    code, said, complaint = run("packets", path, other, "-Y", "tcptui.marked")
    assert (code, said, complaint.count("\n")) == (1, "", 1)
    assert "tcptui.marked" in complaint
    notes_path(other).write_bytes(notes_path(path).read_bytes()[:-9])
    code, said, complaint = run("packets", other, "-Y", "tcptui.note")
    assert (code, said, complaint.count("\n")) == (1, "", 1)
    assert "is damaged" in complaint
    assert run("assert", other, "no tcptui.note")[0] == 3


def test_requests_are_fields_and_p90_of_round_trips_is_over_connections(tmp_path: Path) -> None:
    turns = [(0, "C", GET), (1500, "S", response(b"no", status="502 Bad"))]
    path = record(tmp_path, turns)

    words = ("packets", path, "-Y", "tcptui.request.status >= 500 and tcptui.request.duration > 1")
    code, said, _ = run(*words, "-e", "frame.number", "-e", "tcptui.request.operation", "-e", "tcptui.request.duration")
    assert (code, said) == (0, "4\tGET /a\t1.600000000\n6\tGET /a\t1.600000000\n")
    assert run("assert", path, "p90 tcptui.rtt < 1")[0] == 0
    assert run("assert", path, "all tcptui.request.duration < 1")[0] == 1


def test_count_csv_and_json_lines(capture: Path) -> None:
    assert run("packets", capture, "--count", "-Y", "tcp.len > 0")[:2] == (0, "7\n")
    assert run("packets", capture, "--count", "-Y", "udp")[:2] == (0, "0\n")

    code, said, _ = run("packets", capture, "--csv", "--header", "-Y", "frame.number == 2")
    head, row = csv.reader(io.StringIO(said))
    assert code == 0
    assert head == ["number", "time", "source", "destination", "protocol", "length", "info"]
    assert row[:6] == ["2", "0.040000", "192.0.2.10", "10.0.0.1", "TCP", "44"]
    assert row[6].startswith("80 → 40001 [SYN, ACK] Seq=0 Ack=1")

    code, said, _ = run("packets", capture, "--jsonl", "-e", "tcp.port", "-e", "http.host", "-Y", "http")
    assert [json.loads(line) for line in said.splitlines()] == [
        {"tcp.port": ["40001", "80"], "http.host": ["a.example"]}
    ]


def test_bytes_of_which_there_are_none_are_written_as_tshark_writes_them(tmp_path: Path) -> None:
    hello = tls_record(22, client_hello(extension(0x0A0A, b"") + extension(0x1A1A, b"ab")))
    path = record(tmp_path, [(0, "C", hello)])
    words = ("packets", path, "-Y", "tls", "-e", "tls.handshake.extension.data", "-e", "http.host")

    assert run(*words)[:2] == (0, "<MISSING>,6162\t\n")
    assert json.loads(run(*words, "--jsonl")[1])["tls.handshake.extension.data"] == ["", "6162"]


def test_columns_of_the_list_are_asked_for_as_tshark_names_them(capture: Path) -> None:
    names = ("_ws.col.No.", "_ws.col.Info", "tcp.len", "_ws.col.protocol", "_ws.col.Source")
    words = [word for name in names for word in ("-e", name)]

    (line,) = run("packets", capture, "-Y", "frame.number == 2", *words)[1].splitlines()
    number, info, *others = line.split("\t")
    assert (number, others) == ("2", ["0", "TCP", "192.0.2.10"])
    assert info.startswith("80 → 40001 [SYN, ACK] Seq=0 Ack=1")
    (line,) = run("packets", capture, "-Y", "frame.number == 2", *words, "--jsonl")[1].splitlines()
    assert list(json.loads(line)) == list(names)
    assert run("packets", capture, "-e", "_ws.col.Nonsense")[0] == 2


def test_causes_are_concluded_before_the_filter_asks(capture: Path) -> None:
    code, said, _ = run("packets", capture, "-Y", "tcptui.cause", "-e", "frame.number", "-e", "tcptui.cause")

    assert (code, said) == (0, "20\tfast-recovery\n")


def test_packets_bring_nothing_to_the_terminal_that_it_obeys(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())
    for more in ((), ("-e", "http.request.line", "-e", "http.server", "-e", "data.data")):
        code, said, complaint = run("packets", path, *more)
        assert code == 0
        assert all(
            sign == "\n" or sign == "\t" or (sign.isprintable() and sign != "\u202e") for sign in said + complaint
        )


#: Printable by Python, and nothing to print: a letter that draws as blank, a variation selector, a tag, piled marks.
SLY = "\u3164\ufe0f\U000e0101e" + "\u0301" * 40 + "\u4e2d\u6587"
FIELDS = ("-e", "http.request.uri", "-e", "http.user_agent")
SHOWN = "\ufffd\ufffd\ufffde" + "\u0301" * 4 + "\ufffd"


@pytest.mark.parametrize(("form", "fields"), [((), ()), *((form, FIELDS) for form in ((), ("--csv",), ("--jsonl",)))])
def test_what_is_printable_and_draws_nothing_is_replaced_in_every_form(
    form: tuple[str, ...], fields: tuple[str, ...], tmp_path: Path
) -> None:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "192.0.2.1:80", f"GET /{SLY} HTTP/1.1\r\nUser-Agent: {SLY}\r\n\r\n".encode())
    (tmp_path / "a.pcap").write_bytes(tape.pcap())

    code, said, _ = run("packets", tmp_path / "a.pcap", *form, *fields)

    said = "".join(map(str, map(json.loads, said.splitlines()))) if form == ("--jsonl",) else said
    assert code == 0
    assert not {*"\u3164\ufe0f\U000e0101"} & set(said)
    assert "\u0301" * 5 not in said
    if fields:
        assert said.count(SHOWN) == 2
        assert said.count("\u4e2d\u6587") == 2, "letters stay as they are"


def test_long_values_are_whole_in_every_form(tmp_path: Path) -> None:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "192.0.2.1:9999", bytes(range(256)) * 20)
    (tmp_path / "a.pcap").write_bytes(tape.pcap())
    whole = (bytes(range(256)) * 20).hex()

    for form in ((), ("--csv",), ("--jsonl",)):
        code, said, _ = run("packets", tmp_path / "a.pcap", "-Y", "tcp.len > 0", "-e", "tcp.payload", *form)
        assert (code, said) == (0, f'{{"tcp.payload": ["{whole}"]}}\n' if form == ("--jsonl",) else whole + "\n")


def test_ascii_arrows_in_every_form(capture: Path) -> None:
    for form in ((), ("--csv",), ("--jsonl",)):
        code, said, _ = run("packets", capture, "--ascii", *form)
        assert (code, said.isascii()) == (0, True)
        assert "40001 -> 80 [SYN]" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-Y", "tcp.prot == 80"), "There is no field tcp.prot. Try: tcp.port == 80"),
        (("-Y", "(" * 10_000), "nests deeper"),
        (("-Y", "tcp or " * 15_000 + "tcp"), "the limit is 65536"),
        (("-e", "tcp.prot"), "there is no field tcp.prot; similar: tcp.port"),
    ],
)
def test_mistake_is_one_line_and_status_2(words: tuple[str, ...], message: str, capture: Path) -> None:
    code, said, complaint = run("packets", capture, *words)

    assert (code, said, complaint.count("\n")) == (2, "", 1)
    assert message in complaint
    assert len(complaint) < 500


def test_page_of_each_command_in_both_languages() -> None:
    for lang in ("en", "zh"):
        for command in ("packets", "slice", "assert", "export"):
            code, said, _ = run(command, "--help", lang=lang)
            assert code == 0
            assert f"tcptui {command}" in said.splitlines()[1]


def test_disk_that_fails_while_packets_are_read_again_is_a_message(capture: Path) -> None:
    with pytest.raises(InputError) as told, packets_read_again(open_file(capture)):
        raise OSError(5, "Input/output error")

    assert told.value.key == "messages.read_failed"


# -- slice -----------------------------------------------------------------------------


def test_slice_of_a_connection_says_where_its_packets_were(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"

    code, said, complaint = run("slice", capture, "--stream", "1,2", "-w", out)

    assert (code, said) == (0, "")
    assert complaint == f"tcptui: 15 of 31 packets written to {out}\n"
    again = open_file(out)
    assert [again.reader.packet(row).comments for row in (0, 14)] == [
        ("packet 9 of mixed.pcap",), ("packet 23 of mixed.pcap",),
    ]  # fmt: skip
    assert [finding.id for finding in again.findings(1)] == ["connection-refused"]


def test_slice_has_the_fragments_of_the_segments_that_were_chosen(tmp_path: Path) -> None:
    """As tshark -2 -w does: else nobody could read these again.  Who names packets means these."""
    packets = [whole(segment(5000, 1000, b"", flags=2), six=False)]
    packets += pieces(segment(5000, 1001, b"x" * 64), 7, protocol=6, at=(24, 48), six=False)
    path = write_raw(tmp_path / "in.pcapng", packets)
    for place, (words, count) in enumerate({
        ("--stream", "0"): 4, ("-Y", "tcp.len > 0"): 3, ("--packets", "4"): 1,
    }.items()):  # fmt: skip
        out = tmp_path / f"{place}.pcapng"
        assert run("slice", path, *words, "-w", out)[0] == 0
        assert open_file(out).store.count == count


def test_slice_never_writes_over_a_file_unasked_nor_over_its_input(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcap"
    out.write_text("mine")
    own = tmp_path / "own.pcap"
    own.write_bytes(capture.read_bytes())

    assert run("slice", capture, "--packets", "1-2", "-w", out)[0] == 1
    assert out.read_text() == "mine"
    assert run("slice", own, "--packets", "1-2", "-w", own, "--overwrite")[0] == 1
    assert own.read_bytes() == capture.read_bytes()
    assert run("slice", own, "--packets", "1-2,31", "-w", out, "--overwrite")[0] == 0
    assert open_file(out).store.count == 3


def test_slice_that_is_refused_leaves_the_file_that_it_was_to_replace(tmp_path: Path) -> None:
    capture, out = tmp_path / "in.pcapng", tmp_path / "out.pcap"
    first, ethernet = mixed().records[0][1], bytes(14)
    capture.write_bytes(
        section("<") + interface("<", 101) + interface("<", 1) + enhanced("<", 0, 1, first)
        + enhanced("<", 1, 2, ethernet + first)
    )  # fmt: skip
    out.write_text("mine")

    code, _, complaint = run("slice", capture, "--packets", "1-2", "-w", out, "--overwrite")

    assert (code, complaint.count("\n")) == (1, 1)
    assert "2 link types" in complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.pcapng", "out.pcap"]
    assert out.read_text() == "mine"
    code, said, _ = run("slice", capture, "--packets", "1-2", "-w", tmp_path / "new.pcap")
    assert (code, said, (tmp_path / "new.pcap").exists()) == (1, "", False)


#: Runs the program; a signal comes once so many pieces have been given to a file.
_SIGNALLED = """
import os, signal, sys
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.main import main
pieces, write = [], Sink.write
def signalled(sink, data):
    write(sink, data)
    pieces.append(data)
    if len(pieces) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGTERM)
Sink.write = signalled
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("pieces", "words", "left"),
    [
        (5, ("slice", "in.pcap", "--packets", "1-9", "-w", "out.pcapng"), ["in.pcap", "old.pcapng"]),
        (5, ("slice", "in.pcap", "--packets", "1-9", "-w", "old.pcapng", "--overwrite"), ["in.pcap", "old.pcapng"]),
        (1, ("assert", "in.pcap", "no tcp", "--junit", "out.xml"), ["in.pcap", "old.pcapng"]),
        (5, ("assert", "in.pcap", "no tcp", "--slice", "."), ["in.pcap", "old.pcapng"]),
    ],
)
def test_sigterm_leaves_no_part_of_a_file(pieces: int, words: tuple[str, ...], left: list[str], tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_bytes(mixed().pcap())
    (tmp_path / "old.pcapng").write_bytes(b"mine")

    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED, str(pieces), *words], cwd=tmp_path, capture_output=True, timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, check=False,
    )  # fmt: skip

    assert done.returncode == 128 + signal.SIGTERM
    assert b"Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert (tmp_path / "old.pcapng").read_bytes() == b"mine"


def test_slice_around_a_finding_in_a_pipeline(capture: Path) -> None:
    words = ("slice", "-", "--finding", "connection-refused", "--around", "0.1", "-w", "-")
    code, said, complaint = run(*words, stdin=capture.read_bytes())
    assert code == 0
    assert "3 of 31 packets" in complaint

    code, said, _ = run("packets", "-", "-e", "frame.comment", stdin=said.encode("utf-8", "surrogateescape"))
    assert (code, said.splitlines()) == (0, ["packet 22 of -", "packet 23 of -", "packet 24 of -"])


def test_slice_of_nothing_is_a_capture_without_packets(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "none.pcapng"

    code, _, complaint = run("slice", capture, "-Y", "udp", "-w", out)

    assert (code, complaint) == (0, f"tcptui: 0 of 31 packets written to {out}\n")
    assert open_file(out).store.count == 0


def test_notes_beside_a_capture_become_comments(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    capture.write_bytes(mixed().pcap())
    book = Notebook(capture)
    book.set_packet(10, Note(text="who answers?"))
    book.set_packet(11, Note(marked=True))
    book.set_connection(9, Note(text="the slow one"))
    book.save()
    out = tmp_path / "out.pcapng"

    assert run("slice", capture, "--packets", "10-12", "-w", out)[0] == 0

    again = open_file(out)
    assert [again.reader.packet(row).comments for row in range(3)] == [
        ("who answers?", "connection: the slow one", "packet 10 of a.pcap"),
        ("marked", "packet 11 of a.pcap"),
        ("packet 12 of a.pcap",),
    ]


def test_damaged_notes_are_one_line_and_the_slice_is_written(tmp_path: Path) -> None:
    capture, out = tmp_path / "a.pcap", tmp_path / "out.pcapng"
    capture.write_bytes(mixed().pcap())
    notes_path(capture).write_bytes(b'{"format": "tcptui-notes", "sche')

    code, _, complaint = run("slice", capture, "--packets", "1", "-w", out)

    assert code == 0
    assert "is damaged" in complaint.splitlines()[0]
    assert len(complaint.splitlines()) == 2
    assert notes_path(capture).read_bytes() == b'{"format": "tcptui-notes", "sche'


# -- assert ----------------------------------------------------------------------------


def test_capture_that_keeps_its_rules(capture: Path) -> None:
    code, said, complaint = run("assert", capture, "no udp", "all tcp", "count tcp.analysis.retransmission < 5%")

    assert (code, complaint) == (0, "")
    assert said.splitlines() == ["ok      no udp", "ok      all tcp", "ok      count tcp.analysis.retransmission < 5%"]


def test_broken_rules_name_their_packets_and_write_them(capture: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "quick <\\"&>"\nrule = "p99 tcptui.duration < 0.1"\n[[rule]]\nrule = "all tcp"\n'
    )

    code, said, complaint = run(
        "assert", capture, "no tcp.len > 500", "count tcp.analysis.retransmission < 1%", "--rules", rules,
        "--junit", tmp_path / "out.xml", "--slice", tmp_path / "broken",
    )  # fmt: skip

    assert code == 1
    assert said.splitlines() == [
        "BROKEN  no tcp.len > 500: 5 packets match; packets 12, 14, 16, 18, 20",
        "BROKEN  count tcp.analysis.retransmission < 1%: 1 packet matches, 3.226 % of 31 TCP packets; packets 20",
        'BROKEN  quick <"&> (p99 tcptui.duration < 0.1): p99 is 0.1401, of 4 connections; packets 1, 24',
        "ok      all tcp",
    ]
    assert complaint.count("written to") == 3
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    assert [case.get("name") for case in suite.iter("testcase")][2:] == ['quick <"&>', "all tcp"]
    assert len(list(suite.iter("failure"))) == 3
    names = sorted(path.name for path in (tmp_path / "broken").iterdir())
    assert names == ["01-no-tcp.len-500.pcapng", "02-count-tcp.analysis.retransmission-1.pcapng", "03-quick.pcapng"]
    broken = open_file(tmp_path / "broken" / names[0])
    assert [broken.reader.packet(row).comments for row in range(5)] == [
        (f"packet {number} of mixed.pcap",) for number in (12, 14, 16, 18, 20)
    ]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("no tcp.prot == 1",), 2, "There is no field tcp.prot"),
        (("no " + "(" * 10_000,), 2, "nests deeper"),
        (("count tcp",), 2, "has no limit"),
        (("p99 ip.src < 1",), 2, "is neither a number nor a time"),
        (("--rules", "MISSING"), 3, "cannot be read"),
        (("no tcp", "--junit", "MISSING/x.xml"), 3, "there is no directory"),
    ],
)
def test_what_cannot_be_asked_is_one_line(words: tuple[str, ...], code: int, message: str, capture: Path) -> None:
    missing = str(capture.parent / "missing")
    found, said, complaint = run("assert", capture, *(word.replace("MISSING", missing) for word in words))

    assert found == code
    assert complaint.count("\n") == 1
    assert message in complaint
    assert len(complaint) < 500
    assert not said or "junit" in str(words)


def test_a_wrong_filter_in_a_file_of_rules_is_told_with_the_file(tmp_path: Path, capture: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        'rules = ["no tcp.prot == 1", "no tcp", "maybe tcp"]\n[[rule]]\nname = "quick"\nrule = "p99 tcp.pdu.size < 1"\n'
    )
    code, said, complaint = run("assert", capture, "--rules", rules, "count tcp")

    assert (code, said) == (2, "")
    of_command, *lines = (line.partition("rules.toml, ")[2] or line for line in complaint.splitlines())
    assert "“count tcp” has no limit" in of_command
    assert lines[0].startswith("rule 1, no tcp.prot == 1: There is no field tcp.prot. Try: tcp.port == 1")
    assert lines[1].startswith("rule 3: “maybe tcp” is no rule")
    assert lines[2].startswith("rule 4 (quick), p99 tcp.pdu.size < 1: ")
    assert len(lines) == 3


def test_capture_that_cannot_be_read_is_status_3(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("this is no capture at all")

    assert run("assert", tmp_path / "a.txt", "no tcp")[0] == 3
    assert run("assert", tmp_path / "missing.pcap", "no tcp")[0] == 3
    assert run("assert", tmp_path / "a.txt")[0] == 2


# -- -Y --------------------------------------------------------------------------------


def test_report_shows_connections_that_match_and_judges_all(capture: Path) -> None:
    code, said, _ = run("report", capture, "-Y", "tcp.port == 8443")
    assert code == 0
    assert "Shown: 1 connection of 4" in said
    assert "1 of 1 connection with problems" in said.replace("\n ", "")
    assert "Port 8443 refused" in said
    assert "retransmission" not in said.lower()

    full = json.loads(run("report", capture, "--json")[1])
    part = json.loads(run("report", capture, "--json", "-Y", "tcp.port == 8443 or tcptui.cause")[1])
    assert [stream["stream"] for stream in part["streams"]] == [1, 2]
    assert part["streams"] == full["streams"][1:3]
    assert part["capture"] == full["capture"]


def test_verdicts_show_packets_that_match(capture: Path) -> None:
    code, said, _ = run("verdicts", capture, "--jsonl", "-Y", "tcp.analysis.retransmission")
    whole = run("verdicts", capture, "--jsonl")[1].splitlines()

    assert code == 0
    assert said.splitlines() == [whole[0], whole[20]]


def test_follow_the_connection_that_matches(capture: Path) -> None:
    assert run("follow", capture, "-Y", "tcp.dstport == 2222")[1].endswith("▶ hello\n")
    for words, message in (
        (("-Y", "tcp"), "matches 4 connections (0, 1, 2, 3)"),
        (("-Y", "udp"), "no connection"),
        (("-Y", "tcp.port == 80", "--stream", "3"), "no packet of connection 3"),
    ):
        code, said, complaint = run("follow", capture, *words)
        assert (code, said) == (1, "")
        assert message in complaint


def test_findings_without_a_screen_are_those_of_connections_that_match(capture: Path) -> None:
    code, said, _ = run("--no-screen", capture, "-Y", 'tcp.port == 8443 or tcptui.cause == "fast-recovery"')

    assert code == 0
    assert {json.loads(line)["stream"] for line in said.splitlines()} == {1, 2}


def test_export_lists_files_of_connections_that_match(tmp_path: Path) -> None:
    tape = Tape()
    for number, port in enumerate((80, 8080)):
        asked = f"GET /{port} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        answered = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
        tape.clean(300 * number, "10.0.0.1:4000", f"192.0.2.1:{port}", asked, answered)
    (tmp_path / "a.pcap").write_bytes(tape.pcap())

    def exported(*words: str) -> list[str]:
        return [file["uri"] for file in json.loads(run("export", tmp_path / "a.pcap", "--json", *words)[1])]

    assert exported() == ["/80", "/8080"]
    assert exported("-Y", "tcp.port == 8080") == ["/8080"]
    assert exported("-Y", 'http.request.uri contains "/80" and tcp.stream == 0') == ["/80"]
    assert exported("-Y", "tcp.port == 8080", "--stream", "0") == []


def test_packets_beyond_what_is_read_of_a_connection_are_said(tmp_path: Path) -> None:
    header, each = bytes((0x82, 0x84, 0x86, 0x41, 1, 0x61)), 300
    requests = [frame(1, 5, 2 * number + 1, header) for number in range(50_700)]
    said = [(0, PREFACE + frame(4, 0, 0)), (1, frame(4, 0, 0))]
    said += [(0, b"".join(requests[first : first + each])) for first in range(0, len(requests), each)]
    path = tmp_path / "long.pcap"
    path.write_bytes(taped(8080, said).pcap())
    behind = "frame.number > 160 and http2"
    counted = run("packets", path, "-Y", f"{behind}.header.count", "--count")
    plain = run("packets", path, "-Y", "tcp.len > 0", "--count")
    chosen = run("slice", path, "-w", tmp_path / "out.pcap", "-Y", f"{behind}.header.count < 1", lang="zh")
    judged = run("assert", path, f"no {behind}.header.count > 90")
    written = run("packets", path, "-Y", "frame.number == 173", "-e", "http2.r")
    more = "tcptui: 1 connection has more messages than tcptui reads:"

    assert counted == (0, "14\n", f"{more} the filter may miss fields of 3 packets\n")
    assert plain == (0, "171\n", "")
    assert "1 条连接的消息数超过读取上限：其中 3 个包的内容没有查找，结果可能有遗漏\n" in chosen[2]
    assert (judged[0], judged[2]) == (0, f"{more} rules may miss fields of 3 packets\n")
    assert written[2] == f"{more} fields of 1 packet may be missing\n"
