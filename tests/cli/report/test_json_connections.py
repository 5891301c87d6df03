"""The JSON of one connection, written straight as text: the same numbers as the report in words has."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
from captures import mixed
from traces import write_trace

from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.json_findings import Telling, finding_text
from tcptui.cli.report.json_text import Seconds, seconds
from tcptui.cli.report.summary import Summary
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import Finding


EN = Words(Language.EN)


class Escaping(Telling):
    """Words that a terminal must not see."""

    def __call__(self, finding: Finding) -> str:
        return f"{super().__call__(finding)} \x1b% \\"


@pytest.fixture
def summary(tmp_path: Path) -> Summary:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return Summary(open_file(path))


def test_each_connection_has_the_numbers_of_the_report_in_words(summary: Summary) -> None:
    report = json.loads(b"".join(json_report(summary, None, Escaping(EN))))

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


def ordinary(number: int, *, closer: str, three: bool, whole: bool) -> list[str]:
    """Lines of one ordinary connection."""
    other, port = "SC"[closer == "S"], f"port={40_000 + number}"
    start, step = number * 100.0, 0.0037 * (number + 1) ** 2
    lines = ["C S 0 0 0", "S SA 0 1 0", "C A 1 1 0", "C PA 1 1 100", "S PA 1 101 900"]
    sent = {"C": 101, "S": 901}
    lines.append(f"{closer} FA {sent[closer]} {sent[other]} 0")
    if not three:
        lines.append(f"{other} A {sent[other]} {sent[closer] + 1} 0")
    lines.append(f"{other} FA {sent[other]} {sent[closer] + 1} 0")
    lines += [f"{closer} A {sent[closer] + 1} {sent[other] + 1} 0"] if whole else []
    return [f"{start + at * step:.4f} {line} {port}" for at, line in enumerate(lines)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [Telling, Escaping])
def test_findings_written_together_are_those_written_one_by_one(
    tmp_path: Path, language: Language, kind: type[Telling]
) -> None:
    ways = itertools.product("CS", (True, False), (True, False), range(6))
    talks = [
        ordinary(number, closer=closer, three=three, whole=whole)
        for number, (closer, three, whole, _again) in enumerate(ways)
    ]
    session = open_file(write_trace(tmp_path / "talks.pcap", list(itertools.chain(*talks))))
    tell = kind(Words(language))
    (together,) = session.all_findings.judged()
    lines = b"".join(json_report(Summary(session), None, tell)).decode().splitlines()[1:-1]

    assert len(lines) == len(talks)
    assert sum(map(len, together.kinds)) > len(talks) // 2
    assert len(together.kinds) >= 8  # closed by either, in three packets or four, to the end or not
    for stream, line in enumerate(lines):
        findings = ", ".join([finding_text(finding, tell) for finding in session.findings(stream)])
        assert line.rstrip(",").endswith(f', "findings": [{findings}]}}')
        json.loads(line.rstrip(","))


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
