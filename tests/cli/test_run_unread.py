"""A capture of which not every byte was read: every command says so and fails, and still writes what is there.

One with times that cannot be shown is read whole; that is said, too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from captures import many, mixed
from pcapng_blocks import enhanced, interface, section
from run_command import run

from tcptui.cli.main import main
from tcptui.session import memory as memory_room
from tcptui.wire import records

if TYPE_CHECKING:
    from pathlib import Path

#: Each command that reads a capture: what it writes of the part is not empty.
COMMANDS: Final = (
    ("report",), ("report", "--json"), ("report", "--markdown"), ("report", "--html", "-"), ("report", "--stream", "0"),
    ("verdicts", "--jsonl"), ("packets",), ("packets", "--count"), ("packets", "-e", "frame.number"),
    ("requests", "--jsonl"), ("requests", "--har", "-"), ("follow", "--stream", "1"), ("export", "--json"),
    ("graph", "--stream", "0", "--csv"), ("graph", "--stream", "0"), ("slice", "--stream", "0", "-w", "-"),
    ("explain", "--stream", "0"), ("explain", "--stream", "0", "--json"), ("--no-screen",),
)  # fmt: skip
CUT: Final = "ends in the middle of a record"


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """A capture that ends amid its last record."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(mixed().pcap()[:-1])
    return path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_command_on_a_cut_capture_says_so_and_fails(words: tuple[str, ...], cut: Path) -> None:
    code, out, complaint = run(words[0], cut, *words[1:])

    assert code == 1
    assert complaint.count(CUT) == 1
    assert out or words[0] in ("--no-screen", "requests")


def test_rules_on_a_cut_capture_are_not_said_to_hold(cut: Path, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"

    code, out, complaint = run("assert", cut, "no tcp.port == 1", "no tcp", "--junit", junit)

    assert (code, CUT in complaint) == (3, True)
    assert "ok " not in out
    assert out.startswith("unknown no tcp.port == 1: ")
    assert "BROKEN  no tcp" in out
    assert junit.read_text().count("<failure") == 2


@pytest.mark.parametrize("form", [(), ("--markdown",), ("--stream", "0"), ("--html", "-")])
def test_report_on_a_cut_capture_says_so_before_anything_else(form: tuple[str, ...], cut: Path) -> None:
    _, out, _ = run("report", cut, *form)

    text = " ".join(out.split())
    assert 0 < text.index(CUT) < text.index("packets, " if "--stream" not in form else "TCP connection")
    assert "No problems" not in text
    assert "no sign of missing" not in text


def test_json_of_a_cut_capture_has_it_in_its_trust(cut: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.pcap"
    whole.write_bytes(mixed().pcap())

    assert json.loads(run("report", cut, "--json")[1])["capture"]["trust"]["unread"] == "cut-short"
    assert "unread" not in json.loads(run("report", whole, "--json")[1])["capture"]["trust"]


@pytest.fixture
def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A capture that memory has room for a tenth of."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)
    monkeypatch.setattr(records, "BATCH_RECORDS", 100)
    monkeypatch.setattr(memory_room, "CHECK_EVERY", 100)
    left = iter([8 << 30])
    monkeypatch.setattr(memory_room, "available_memory", lambda: next(left, 0))
    path = tmp_path / "many.pcap"
    path.write_bytes(many(140).pcap())
    return path


@pytest.mark.parametrize(
    ("words", "status"),
    [(("report",), 1), (("report", "--json"), 1), (("packets", "--count"), 1), (("verdicts", "--jsonl"), 1),
     (("export",), 1), (("assert", "no tcp.port == 1"), 3)],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)  # fmt: skip
def test_capture_that_memory_ends_is_not_said_to_be_whole(
    words: tuple[str, ...], status: int, crowded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([words[0], str(crowded), *words[1:], "--lang", "en"]) == status

    said = capsys.readouterr()
    assert "has more packets than fit" in said.err
    assert not said.out.startswith("ok ")
    assert "No problems" not in said.out


@pytest.mark.parametrize("words", [("report",), ("packets",), ("verdicts", "--jsonl")], ids=" ".join)
@pytest.mark.parametrize(("offset", "notices"), [(-(2**32), 1), (2**33, 1), (-2, 0)])
def test_times_that_cannot_be_shown_are_reported_once(
    words: tuple[str, ...], offset: int, notices: int, tmp_path: Path
) -> None:
    path = tmp_path / "clock.pcapng"
    packets = b"".join(enhanced("<", 0, ticks, bytes(60)) for ticks in (1, 2))
    path.write_bytes(section("<") + interface("<", 1, offset=offset) + packets)

    code, _, complaint = run(words[0], path, *words[1:])

    assert (code, complaint.count("before 1896-12-06")) == (0, notices)
