"""`tcptui recover`: what was interrupted is listed, kept, deleted."""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.spool import recover as spool_recovery
from tcptui.capture.spool.named import NamedSpool
from tcptui.cli.commands import RecoverCommand
from tcptui.cli.main import main
from tcptui.cli.parse import CommandLineError, parse
from tcptui.cli.run.recover import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + struct.pack("<IIII", 1, 2, 4, 4) + b"abcd"
NOON = 1_700_000_000


@pytest.fixture(autouse=True)
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one folder where interrupted captures are looked for: this machine may have some of its own."""
    folder = tmp_path / "spools"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(spool_recovery, "_directories", lambda: [folder])
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)  # of this very process
    time.tzset()
    yield folder
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def running(*words: str, language: str = "en") -> tuple[int, str, str]:
        code = main(["--lang", language, *words])
        said = capfd.readouterr()
        return code, said.out, said.err

    return running


def interrupted(age_s: int = 0) -> Path:
    spool = NamedSpool()
    os.write(spool.descriptor, CAPTURE)
    os.close(spool.descriptor)
    os.utime(spool.path, (NOON - age_s,) * 2)
    return spool.path


def test_it_lists_newest_first_and_says_what_to_do(spools: Path, run: Run) -> None:
    older, newer = interrupted(60), interrupted()
    code, said, complaint = run("recover")

    lines = said.splitlines()
    ours = [line for line in lines if str(spools) in line]
    assert (code, complaint) == (0, "")
    assert [line.split()[-1] for line in ours] == [str(newer), str(older)]
    assert "2023-11-14 22:13" in ours[0]
    assert "44 B" in ours[0]
    assert "tcptui recover 1 -w FILE" in lines[-1]
    assert "tcptui recover --delete" in lines[-1]


def test_it_keeps_one_as_a_file(tmp_path: Path, run: Run) -> None:
    left = interrupted()
    code, said, _ = run("recover", "1", "-w", str(tmp_path / "kept.pcap"))

    assert code == 0
    assert "2023-11-14 22:13" in said
    assert (tmp_path / "kept.pcap").read_bytes() == CAPTURE
    assert not left.exists()


def test_of_several_it_wants_to_know_which(tmp_path: Path, run: Run) -> None:
    interrupted(60)
    interrupted()
    code, _, complaint = run("recover", "-w", str(tmp_path / "kept.pcap"))

    assert code == 1
    assert "say which" in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "kept.pcap").exists()


def test_it_never_writes_over_a_file(tmp_path: Path, run: Run) -> None:
    left = interrupted()
    (tmp_path / "dear").write_bytes(b"dear")
    code, _, complaint = run("recover", "1", "-w", str(tmp_path / "dear"))

    assert code == 1
    assert "exists" in complaint
    assert (tmp_path / "dear").read_bytes() == b"dear"
    assert left.exists()


def test_it_deletes_one_or_all(run: Run) -> None:
    older, newer, third = interrupted(60), interrupted(), interrupted(120)
    code, said, _ = run("recover", "2", "--delete")
    assert (code, older.exists(), newer.exists()) == (0, False, True)
    assert str(older) in said
    code, _, _ = run("recover", "--delete", language="zh")

    assert (code, newer.exists(), third.exists()) == (0, False, False)


def test_number_that_is_not_listed_is_said(run: Run) -> None:
    interrupted()
    code, _, complaint = run("recover", "99", "--delete", language="zh")

    assert code == 1
    assert "99" in complaint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("recover", (None, None, False)),
        ("recover 2 -w f", (2, "f", False)),
        ("recover -w f 2", (2, "f", False)),
        ("recover --delete", (None, None, True)),
    ],
)
def test_line_means_what_it_says(line: str, expected: tuple[int | None, str | None, bool]) -> None:
    command = parse(line.split(), {})

    assert isinstance(command, RecoverCommand)
    assert (command.number, command.write, command.delete) == expected


@pytest.mark.parametrize("line", ["recover 0", "recover x", "recover 1 2", "recover -w f --delete", "recover -n"])
def test_line_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(CommandLineError):
        parse(line.split(), {})


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (123_456, "123 kB"), (999_600, "1.0 MB"), (5 * 10**13, "50.0 TB")],
)
def test_size_is_short(octets: int, text: str) -> None:
    assert size_text(octets) == text
