"""The JSON of one connection, written straight as text: the same numbers as the report in words has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from captures import mixed
from traces import write_trace

from tcptui.report.json_report import json_report
from tcptui.report.json_text import Seconds, seconds
from tcptui.report.summary import Summary
from tcptui.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def summary(tmp_path: Path) -> Summary:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return Summary(open_file(path))


def test_each_connection_has_the_numbers_of_the_report_in_words(summary: Summary) -> None:
    report = json.loads("".join(json_report(summary, None, lambda finding: f"told {finding.id} \x1b")))

    assert len(report["streams"]) == summary.count == 4
    for told in report["streams"]:
        known = summary.connection(told["stream"])
        assert told["client"] == {"address": known.client.endpoint.host, "port": known.client.endpoint.port}
        assert told["server"] == {"address": known.server.endpoint.host, "port": known.server.endpoint.port}
        assert (told["client_state"], told["server_state"]) == (known.client.state.label, known.server.state.label)
        measures = told["measures"]
        assert measures["client"] == {
            "packets": known.client.packets,
            "payload_bytes": known.client.payload_bytes,
            "state_known": known.client.state_known,
        }
        assert measures["server"]["packets"] == known.server.packets
        assert (told["packets"], told["bytes"]) == (known.packets, known.wire_bytes)
        assert measures["retransmissions"] == known.resent
        assert (measures["ack_rtt"] is None) == (known.ack_rtt is None)
        assert sum(told["time_budget"].values()) == pytest.approx(told["duration"], abs=1e-12)
        assert [finding["id"] for finding in told["findings"]] == [str(finding.id) for finding in known.findings]
        assert all("\x1b" not in finding["text"] for finding in told["findings"])


def test_median_of_an_even_number_of_round_trips_is_the_mean_of_both_in_the_middle(tmp_path: Path) -> None:
    lines = ["0 C S 0 0", "40 S SA 0 1", "41 C A 1 1", "50 C PA 1 1 10", "60 S A 1 11"]
    odd = Summary(open_file(write_trace(tmp_path / "odd.pcap", lines))).connection(0).ack_rtt
    lines += ["70 C PA 11 1 10", "100 S A 1 21"]
    even = Summary(open_file(write_trace(tmp_path / "even.pcap", lines))).connection(0).ack_rtt

    assert odd is not None
    assert even is not None
    assert (odd.minimum_ns, odd.median_ns, odd.maximum_ns) == (1_000_000, 10_000_000, 40_000_000)
    assert (even.minimum_ns, even.median_ns, even.maximum_ns) == (1_000_000, 20_000_000, 40_000_000)


def test_capture_without_a_round_trip_has_none(tmp_path: Path) -> None:
    assert Summary(open_file(write_trace(tmp_path / "one.pcap", ["0 C S 0 0"]))).connection(0).ack_rtt is None


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0.0"), (1, "0.000000001"), (2_000_000_000, "2.0"), (-1_500_000_000, "-1.5"), (-3_000_000_000, "-3.0")],
)
def test_times_are_written_digit_for_digit(ns: int, text: str) -> None:
    assert seconds(ns) == str(Seconds(ns)) == text
