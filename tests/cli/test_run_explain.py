"""``tcptui explain``: a connection with its evidence, whose packets and filters are there."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from run_command import run

from tcptui.cli.commands import ExplainCommand, ReportFormat
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.report.evidence_pack import QUOTED_OF_EACH, packets_filter

CASES: Final = Path(__file__).parents[2] / "cases"


def capture_of(case: str) -> Path:
    return min(CASES.glob(f"{case}-*/*.pcap*"))


TIMEOUT: Final = capture_of("61")
#: Several connections stall together.
STALL: Final = capture_of("120")


def explained(capture: Path, stream: int = 0, *words: str) -> dict[str, Any]:
    code, out, err = run("explain", capture, "--stream", str(stream), "--json", *words)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def selected(capture: Path, display_filter: str) -> list[int]:
    _, out, _ = run("packets", capture, "-e", "frame.number", "-Y", display_filter)
    return list(map(int, out.split()))


def test_command_line_is_parsed() -> None:
    command = parse(["explain", "a", "--stream", "3", "--markdown"], {})

    assert isinstance(command, ExplainCommand)
    assert (command.file, command.stream, command.format) == ("a", 3, ReportFormat.MARKDOWN)


@pytest.mark.parametrize(
    "words",
    ["a", "--stream 1", "a b --stream 1", "a --stream 1 --json --markdown", "a --stream -1", "a --stream 1 -Y tcp"],
)
def test_wrong_command_line_is_refused(words: str) -> None:
    with pytest.raises(CommandLineError):
        parse(["explain", *words.split()], {})


def test_connection_that_is_not_there_is_named() -> None:
    code, out, err = run("explain", TIMEOUT, "--stream", "7")

    assert (code, out) == (1, "")
    assert "7" in err


def test_connection_is_told_as_the_report_tells_it() -> None:
    _, out, _ = run("report", STALL, "--json", "--stream", "2")

    assert explained(STALL, 2)["connection"] == json.loads(out)["streams"][0]


@pytest.mark.parametrize("case", ["61", "82", "120", "140", "39", "99", "74"])
def test_each_finding_has_texts_evidence_and_a_filter_of_it(case: str) -> None:
    capture = capture_of(case)
    told = explained(capture)

    assert [one["id"] for one in told["findings"]]
    assert sorted(one["id"] for one in told["findings"]) == sorted(one["id"] for one in told["connection"]["findings"])
    quoted = {one["frame"]: one for one in told["packets"]}
    for finding in told["findings"] + told["shared"]:
        for key in ("title", "meaning", "how_we_know", "how_sure", "look_next"):
            assert finding[key], (finding["id"], key)
        assert all(one["text"] for one in finding["alternatives"])
        cited = finding["packets"][:QUOTED_OF_EACH]
        assert all(finding["id"] in quoted[frame]["cited_by"] for frame in cited)
        assert not finding["filter"] or selected(capture, finding["filter"]) == sorted(set(finding["packets"]))
    assert selected(capture, told["filters"]["cited"]) == sorted(quoted)
    assert len(selected(capture, told["filters"]["connection"])) == told["connection"]["packets"]
    assert set(selected(capture, told["filters"]["problems"])) <= set(
        selected(capture, told["filters"]["connection"])
    )  # fmt: skip


def test_quoted_packets_are_those_of_the_packet_list() -> None:
    listed = {}
    for line in run("packets", TIMEOUT, "--jsonl")[1].splitlines():
        one = json.loads(line)
        listed[one["number"]] = one

    told = explained(TIMEOUT)
    packets, client = told["packets"], told["connection"]["client"]["address"]
    assert packets
    for one in packets:
        same = listed[one["frame"]]
        assert [one[name] for name in ("time", "source", "destination", "protocol", "length", "info")] == [
            same[name] for name in ("time", "source", "destination", "protocol", "length", "info")
        ]
        assert one["from"] == ("client" if one["source"] == client else "server")


def test_what_connections_share_is_told_of_those_that_show_it() -> None:
    whole = json.loads(run("report", STALL, "--json")[1])
    shared = {one["id"]: one["streams"] for one in whole["capture"]["findings"]}

    assert shared
    for stream in (one["stream"] for one in whole["streams"]):
        told = {one["id"]: one["streams"] for one in explained(STALL, stream)["shared"]}
        assert told == {name: streams for name, streams in shared.items() if stream in streams}


def test_evidence_beyond_what_is_quoted_is_counted() -> None:
    for case in ("60", "63", "82", "67", "88"):
        told = explained(capture_of(case))
        beyond = [max(len(one["packets"]) - QUOTED_OF_EACH, 0) for one in told["findings"] + told["shared"]]

        assert told["packets_left_out"] == sum(beyond), case


def test_text_and_markdown_name_packets_and_filters() -> None:
    _, text, _ = run("explain", TIMEOUT, "--stream", "0")
    _, markdown, _ = run("explain", TIMEOUT, "--stream", "0", "--markdown")

    words = " ".join(text.split())
    assert "tcp.stream == 0 && tcp.analysis.flags" in words
    assert packets_filter([one["frame"] for one in explained(TIMEOUT)["packets"]]) in words
    assert "Packets cited" in text
    assert "[Retransmission]" in text
    assert "| 12 | 0.487574 | client |" in markdown


def test_chinese_pack_is_chinese() -> None:
    _, text, _ = run("explain", TIMEOUT, "--stream", "0", "--lang", "zh")

    assert "引用的数据包" in text
    assert "Packets cited" not in text


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
@pytest.mark.parametrize("case", ["61", "82", "120", "39"])
def test_filters_show_the_same_packets_in_wireshark(case: str) -> None:
    capture = capture_of(case)
    told = explained(capture)

    for name in ("connection", "problems", "cited"):
        wanted = told["filters"][name]
        command = ["tshark", "-r", str(capture), "-Y", wanted, "-T", "fields", "-e", "frame.number"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
        assert list(map(int, done.stdout.split())) == selected(capture, wanted), (name, wanted)


def test_name_in_other_programs_chooses_the_connection(tmp_path: Path) -> None:
    name = explained(STALL, 2)["community_id"]
    out, same = tmp_path / "out.pcapng", tmp_path / "same.pcapng"

    assert run("slice", STALL, "--community-id", name, "-w", out)[0] == 0
    assert run("slice", STALL, "--stream", "2", "-w", same)[0] == 0
    assert out.read_bytes() == same.read_bytes()
    assert run("packets", STALL, "--count", "-Y", f'tcptui.community_id == "{name}"')[1].strip() == "33"
