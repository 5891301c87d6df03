"""`tcptui.api.Capture`: what it says is what the commands say, and what is wrong is said in one kind of error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from run_command import run
from two_points import Path as TwoPoints
from two_points import World

from tcptui.api import Capture, CaptureError, FilterError
from tcptui.api.columns import COLUMNS, VERDICT_BITS

CASES: Final = Path(__file__).parents[2] / "cases"


def path_of(case: str) -> Path:
    return min(CASES.glob(f"{case}-*/*.pcap*"))


STALL: Final = path_of("120")
#: Errors, no findings at all, other packets than TCP, cut short, mid-stream, databases.
CHOSEN: Final = ("120", "61", "01", "13", "39", "74", "97", "99", "127", "143")


@pytest.mark.parametrize("case", CHOSEN)
def test_report_and_evidence_are_those_of_the_commands(case: str) -> None:
    path = path_of(case)
    with Capture.open(path) as capture:
        assert capture.report() == json.loads(run("report", path, "--json")[1])
        assert capture.report(0) == json.loads(run("report", path, "--json", "--stream", "0")[1])
        assert capture.explain(0) == json.loads(run("explain", path, "--stream", "0", "--json")[1])


@pytest.mark.parametrize("case", CHOSEN)
def test_connections_and_findings_are_those_of_the_report(case: str) -> None:
    with Capture.open(path_of(case)) as capture:
        told = capture.report()
        notes = capture.findings("note")

        assert len(capture.connections) == len(told["streams"])
        for one, other in zip(capture.connections, told["streams"], strict=True):
            assert (one.client.address, one.client.port) == tuple(other["client"].values())
            assert (one.server.address, one.server.port) == tuple(other["server"].values())
            assert (one.packets, one.bytes) == (other["packets"], other["bytes"])
            assert one.closed_by == other["closed_by"]
            assert (one.client_state, one.server_state) == (other["client_state"], other["server_state"])
            assert one.duration_ns / 1e9 == pytest.approx(other["duration"], abs=1e-9)
            assert {name: ns / 1e9 for name, ns in one.time_budget.items()} == pytest.approx(other["time_budget"])
            mine = [(found.id, found.packets) for found in notes if found.streams == (one.stream,)]
            assert all((found["id"], tuple(found["packets"])) in mine for found in other["findings"])
        shared = [(found["id"], tuple(found["streams"])) for found in told["capture"]["findings"]]
        assert [(found.id, found.streams) for found in notes[: len(shared)]] == shared
        every = sum(len(other["findings"]) for other in told["streams"]) + len(shared)
        assert len(notes) == every


def test_severity_and_name_choose_findings() -> None:
    with Capture.open(path_of("16")) as capture:
        errors = capture.findings("error")

        assert errors
        assert all(one.severity == "error" for one in errors)
        assert set(errors) <= set(capture.findings()) <= set(capture.findings("note"))
        assert capture.findings(named=errors[0].id)
        assert capture.findings(named="no-such-finding") == ()
        with pytest.raises(FilterError, match="warning"):
            capture.findings("bad")


def test_finding_says_what_it_is_where_an_assertion_fails() -> None:
    with Capture.open(path_of("61"), language="zh") as capture:
        (found,) = capture.findings(named="retransmission-timeout")

    assert repr(found).startswith("<warning retransmission-timeout: 超时重传")
    assert repr(found).endswith("connections 0, packets 5, 10, 12, 13, 14, 15, 17, 18>")


def test_requests_are_those_of_the_command() -> None:
    path = path_of("127")
    told = [json.loads(line) for line in run("requests", path, "--jsonl")[1].splitlines()]
    with Capture.open(path) as capture:
        found = list(capture.requests())
        of_one = list(capture.requests(3))

    assert [(one.stream, one.operation, one.status) for one in found] == [
        (one["stream"], one["operation"], one["status"]) for one in told
    ]
    assert [one.stream for one in of_one] == [3]
    for one, other in zip(found, told, strict=True):
        assert sum(one.time.values()) == one.duration_ns
        assert one.request is not None
        assert one.request.first == other["request"]["first"]


def test_columns_have_what_the_packets_have() -> None:
    fields = ["frame.number", "tcp.stream", "tcp.len", "tcp.analysis.ack_rtt", "ip.src", "tcp.srcport", "frame.len"]
    with Capture.open(STALL) as capture:
        columns = capture.packets(fields=fields)
        clients = [str(one.client) for one in capture.connections]

    assert set(columns) == {*COLUMNS, "from_client", *fields}
    assert {len(column) for column in columns.values()} == {len(columns["frame"])}
    assert [str(number) for number in columns["frame"]] == columns["frame.number"].tolist()
    assert [str(number) for number in columns["stream"]] == columns["tcp.stream"].tolist()
    assert [str(number) for number in columns["payload"]] == columns["tcp.len"].tolist()
    assert [str(number) for number in columns["bytes"]] == columns["frame.len"].tolist()
    rtt = [f"{ns / 1e9:.9f}" if ns >= 0 else "" for ns in columns["ack_rtt_ns"].tolist()]
    assert rtt == columns["tcp.analysis.ack_rtt"].tolist()
    senders = map(":".join, zip(columns["ip.src"], columns["tcp.srcport"], strict=True))
    assert [sender == clients[stream] for sender, stream in zip(senders, columns["stream"], strict=True)] == columns[
        "from_client"
    ].tolist()
    assert columns["from_client"].any()
    assert not columns["from_client"].all()


@pytest.mark.parametrize(("name", "case"), [("retransmission", "120"), ("duplicate_ack", "60"), ("zero_window", "82")])
def test_bits_of_verdicts_are_wiresharks_fields(name: str, case: str) -> None:
    with Capture.open(path_of(case)) as capture:
        columns = capture.packets()
        marked = columns["frame"][columns["verdicts"] & VERDICT_BITS[name] != 0]

        assert marked.tolist() == capture.frames(f"tcp.analysis.{name}").tolist()
        assert len(marked)


def test_what_is_not_tcp_has_no_connection(tmp_path: Path) -> None:
    with Capture.open(path_of("164")) as capture:
        columns = capture.packets("dns")

    assert len(columns["frame"])
    assert set(columns["stream"].tolist()) == {-1}
    assert not columns["from_client"].any()
    assert not columns["payload"].any()


def test_slice_has_the_packets_and_replaces_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    with Capture.open(STALL) as capture:
        count = capture.slice(out, "tcp.stream == 1")
        assert count == len(capture.frames("tcp.stream == 1"))
        with pytest.raises(CaptureError, match="exists"):
            capture.slice(out, streams=[2])
        with Capture.open(out) as again:
            assert again.packet_count == count
        assert capture.slice(out, streams=[1, 2], overwrite=True) > count
        with pytest.raises(ValueError, match="either"):
            capture.slice(out, "tcp", streams=[1], overwrite=True)
        with pytest.raises(IndexError):
            capture.slice(out, streams=[99], overwrite=True)


def test_slice_never_replaces_what_was_read(tmp_path: Path) -> None:
    copy = tmp_path / "copy.pcapng.gz"
    copy.write_bytes(STALL.read_bytes())
    with Capture.open(copy) as capture, pytest.raises(CaptureError):
        capture.slice(copy, overwrite=True)

    assert copy.read_bytes() == STALL.read_bytes()


def test_several_files_are_one_capture() -> None:
    one, other = (min(CASES.glob(f"{case}-*/*.pcap*")) for case in ("61", "127"))
    with Capture.open(one) as first, Capture.open(other) as second, Capture.open(one, other) as both:
        assert both.packet_count == first.packet_count + second.packet_count
        assert len(both.connections) == len(first.connections) + len(second.connections)
        assert np.all(np.diff(both.packets()["time_ns"]) >= 0)


def test_damaged_capture_is_read_up_to_there(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(path_of("127").read_bytes()[:-20])
    with Capture.open(cut) as capture:
        assert capture.packet_count
        assert capture.notice is not None
        assert "middle of a record" in capture.notice
    with Capture.open(path_of("127")) as capture:
        assert capture.notice is None


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no capture\n")

    with pytest.raises(CaptureError, match="there is no such file"):
        Capture.open(tmp_path / "absent")
    with pytest.raises(CaptureError):
        Capture.open(text)
    with pytest.raises(CaptureError):
        Capture.open(STALL, text)
    with pytest.raises(ValueError, match="no file"):
        Capture.open()


def test_wrong_filters_and_fields_are_said() -> None:
    with Capture.open(STALL) as capture:
        with pytest.raises(FilterError):
            capture.frames("tcp.prot == 1")
        with pytest.raises(FilterError, match=r"tcp\.seq"):
            capture.packets(fields=["tcp.sequ"])
        with pytest.raises(IndexError):
            capture.connection(99)
        with pytest.raises(IndexError):
            capture.explain(-1)
        assert capture.connections[-1].stream == len(capture.connections) - 1
        assert [one.stream for one in capture.connections[1:3]] == [1, 2]


def test_closed_capture_reads_nothing_more() -> None:
    """The number of its file may be that of another one by then."""
    capture = Capture.open(STALL)
    connections = capture.connections
    assert capture.doubts
    capture.close()
    capture.close()

    assert capture.closed
    assert repr(capture) == f"<Capture {STALL}: closed>"
    for use in (
        capture.findings, capture.packets, capture.frames, capture.report, lambda: capture.explain(0),
        lambda: list(capture.requests()), lambda: capture.doubts, lambda: connections[0], lambda: capture.packet_count,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="closed"):
            use()


def test_connection_that_does_not_exist_is_named() -> None:
    with Capture.open(STALL) as capture:
        for use in (capture.connection, capture.report, capture.explain, lambda one: list(capture.requests(one))):
            with pytest.raises(IndexError, match="no connection 99: there are"):
                use(99)


def test_settings_of_the_user_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tcptui").mkdir()
    (tmp_path / "tcptui" / "findings.toml").write_text("this is no TOML [")
    (tmp_path / "tcptui" / "config.toml").write_text("language = 'zh'\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    with Capture.open(path_of("61")) as capture:
        assert "Retransmission timeout" in repr(capture.findings(named="retransmission-timeout"))


def test_merging_is_that_of_the_command(tmp_path: Path) -> None:
    first, second = World(TwoPoints(loss=0.05, translated=True, missed_by_a=0.02), 3, connections=3).write(tmp_path)
    with Capture.open(first) as a, Capture.open(second) as b:
        assert a.merge(b) == json.loads(run("merge", first, second, "--json")[1])
        assert a.merge(b, assume_symmetric=True)["assumed_symmetric"]
        with pytest.raises(CaptureError, match="copy"), Capture.open(first) as again:
            a.merge(again)
        with pytest.raises(CaptureError, match="in common"), Capture.open(STALL) as other:
            a.merge(other)
