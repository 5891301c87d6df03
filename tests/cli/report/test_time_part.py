"""Where the time went, as a report tells it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from captures import Tape, mixed
from traces import write_trace

from tcptui.cli.commands import Detail
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.blocks import Paragraph, Table
from tcptui.cli.report.compose import compose_connection, compose_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

EN = Words(Language.EN)


def slow_server(tmp_path: Path, turns: int) -> Session:
    """One connection whose server takes 0.5 s for each of its answers."""
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
    for turn in range(turns):
        begin, asked, answered = 41 + 600 * turn, 1 + 100 * turn, 1 + 200 * turn
        lines.append(f"{begin} C PA {asked} {answered} 100")
        lines.append(f"{begin + 540} S PA {answered} {asked + 100} 200")
        lines.append(f"{begin + 540.1} C A {asked + 100} {answered + 200}")
    return open_file(write_trace(tmp_path / "slow.pcap", lines))


def parsed(summary: Summary, stream: int | None = None) -> dict[str, object]:
    """The report, with numbers exactly as they were written."""
    text = b"".join(json_report(summary, stream, Telling(EN)))
    report: dict[str, object] = json.loads(text, parse_float=Decimal)
    return report


def test_parts_of_every_connection_add_up_to_its_duration_to_the_last_digit(tmp_path: Path) -> None:
    (tmp_path / "mixed.pcap").write_bytes(mixed().pcap())
    streams = parsed(Summary(open_file(tmp_path / "mixed.pcap")))["streams"]

    assert isinstance(streams, list)
    assert len(streams) == 4
    for stream in streams:
        assert sum(stream["time_budget"].values()) == stream["duration"]


def test_one_connection_alone_tells_each_turn(tmp_path: Path) -> None:
    (stream,) = parsed(Summary(slow_server(tmp_path, 3)), 0)["streams"]  # type: ignore[misc]

    assert [turn["request"] for turn in stream["turns"]] == [4, 7, 10]
    assert [turn["response"] for turn in stream["turns"]] == [5, 8, 11]
    assert stream["turns"][1]["time_budget"]["server_think"] == Decimal("0.5")


def test_text_names_the_largest_part_first_with_its_share(tmp_path: Path) -> None:
    blocks = list(compose_report(Summary(slow_server(tmp_path, 3)), EN, None, Detail.EXPLAIN))
    blocks += list(compose_connection(Summary(slow_server(tmp_path, 3)), 0, EN, None))
    told = [block.text for block in blocks if isinstance(block, Paragraph) and "Where the time" in block.label]

    assert told[0].startswith("server processing 1.5 s (84 %), network 160 ms (9 %)")


def test_turns_are_a_table_of_the_slowest_only(tmp_path: Path) -> None:
    blocks = list(compose_connection(Summary(slow_server(tmp_path, 30)), 0, EN, None))
    (table,) = (block for block in blocks if isinstance(block, Table))

    assert len(table.rows) == 20
    assert table.rows[0][:3] == ("1", "4", "540 ms")


def test_capture_without_a_connection_has_no_times(tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(Tape().pcap())

    assert parsed(Summary(open_file(tmp_path / "empty.pcap")))["streams"] == []
