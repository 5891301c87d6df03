"""`tcptui recover`: what was interrupted is listed, kept, deleted."""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.spool import recover as spool_recovery
from tcptui.capture.spool.files import fallback_directory
from tcptui.capture.spool.named import NamedSpool
from tcptui.cli.commands import RecoverCommand
from tcptui.cli.main import main
from tcptui.cli.parse import CommandLineError, parse
from tcptui.cli.run.recover import size_text
from tcptui.cli.spool_folders import MOST, remember_spool_folder, remembered_spool_folders

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
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # other tests have folders remembered in theirs
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


def test_it_lists_oldest_first_and_says_what_to_do(spools: Path, run: Run) -> None:
    newer, older = interrupted(), interrupted(60)
    code, said, complaint = run("recover")

    lines = said.splitlines()
    ours = [line for line in lines if str(spools) in line]
    assert (code, complaint) == (0, "")
    assert [line.split()[-1] for line in ours] == [str(older), str(newer)]
    assert "2023-11-14 22:12" in ours[0]
    assert "44 B" in ours[0]
    assert "tcptui recover 1 -w FILE" in lines[-1]
    assert "tcptui recover --delete" in lines[-1]


def test_it_keeps_one_as_a_file(tmp_path: Path, run: Run) -> None:
    left = interrupted()
    code, said, _ = run("recover", "1", "-w", str(tmp_path / "kept.pcap"))

    assert code == 0
    assert "2023-11-14 22:13" in said
    assert "(1 packets, 44 B)" in said
    assert (tmp_path / "kept.pcap").read_bytes() == CAPTURE
    assert not left.exists()


def test_it_finds_what_was_left_where_tmpdir_led_before(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    left = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / name))
        remember_spool_folder()
        left[name] = interrupted()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "spools"))
    code, said, _ = run("recover")

    assert code == 0
    assert all(str(path) in said for path in left.values())


def test_folders_are_remembered_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for number in range(MOST + 3):
        folder = tmp_path / f"f{number}"
        folder.mkdir()
        monkeypatch.setenv("TMPDIR", str(folder))
        remember_spool_folder()

    assert len(remembered_spool_folders()) == MOST
    assert remembered_spool_folders()[0] == tmp_path / f"f{MOST + 2}"


def test_folder_that_is_looked_at_anyway_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TMPDIR", str(fallback_directory()))
    remember_spool_folder()

    assert remembered_spool_folders() == ()


def test_of_several_it_wants_to_know_which(tmp_path: Path, run: Run) -> None:
    interrupted(60)
    interrupted()
    code, _, complaint = run("recover", "-w", str(tmp_path / "kept.pcap"))

    assert code == 1
    assert "choose one" in complaint
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


def test_number_that_was_told_is_that_of_the_same_capture_after_another_was_interrupted(run: Run) -> None:
    told = interrupted(60)
    later = interrupted()
    code, said, _ = run("recover", "1", "--delete", "--yes")

    assert (code, told.exists(), later.exists()) == (0, False, True)
    assert str(told) in said


def test_it_is_written_over_a_file_that_may_be(tmp_path: Path, run: Run) -> None:
    left = interrupted()
    target = tmp_path / "old.pcap"
    target.write_bytes(b"old")
    code, _, _ = run("recover", "1", "-w", str(target), "--overwrite")

    assert (code, target.read_bytes(), left.exists()) == (0, CAPTURE, False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.pcap", "spools", "state"]


def test_damaged_one_is_saved_as_it_is_and_said_to_be(tmp_path: Path, run: Run) -> None:
    spool = NamedSpool()
    content = CAPTURE + bytes(8) + b"\xff" * 8 + CAPTURE[24:] * 3
    os.write(spool.descriptor, content)
    os.close(spool.descriptor)
    code, said, complaint = run("recover", "-w", str(tmp_path / "kept.pcap"))

    assert code == 0, complaint
    assert (tmp_path / "kept.pcap").read_bytes() == content
    assert f"(1 packets, {len(content)} B)" in said
    assert "damaged at byte 44: the 1 packets before" in complaint


def test_it_deletes_one_or_all(run: Run) -> None:
    older, newer, third = interrupted(60), interrupted(), interrupted(120)
    code, said, _ = run("recover", "2", "--delete", "--yes")
    assert (code, older.exists(), newer.exists()) == (0, False, True)
    assert str(older) in said
    code, _, _ = run("recover", "--delete", "--yes", language="zh")

    assert (code, newer.exists(), third.exists()) == (0, False, False)


def test_it_is_chosen_by_the_name_of_its_file_too(tmp_path: Path, run: Run) -> None:
    wanted, other, third = interrupted(60), interrupted(), interrupted(120)
    code, _, _ = run("recover", wanted.name, "--delete", "--yes")
    assert (code, wanted.exists(), other.exists(), third.exists()) == (0, False, True, True)
    code, _, _ = run("recover", str(other), "-w", str(tmp_path / "kept.pcap"))

    assert (code, other.exists(), third.exists()) == (0, False, True)


def test_without_a_terminal_nothing_is_deleted_unasked(run: Run) -> None:
    left = interrupted()
    code, _, complaint = run("recover", "--delete")

    assert (code, left.exists()) == (1, True)
    assert str(left) in complaint
    assert "--yes" in complaint


@pytest.mark.parametrize(("answer", "stays"), [("y", False), ("n", True), ("", True)])
def test_it_asks_before_it_deletes_and_names_what(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool
) -> None:
    left = interrupted()
    questions: list[str] = []

    def says_yes(question: str, _words: object) -> bool:
        questions.append(question)
        return answer == "y"

    monkeypatch.setattr("tcptui.cli.run.recover.says_yes", says_yes)
    code, _, complaint = run("recover", "1", "--delete")

    assert (code, left.exists()) == (int(stays), stays)
    assert str(left) in complaint
    assert questions == ["Delete these 1 for good (44 B)? [y/N] "]


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


@pytest.mark.parametrize(
    "line",
    [
        "recover 0", "recover x", "recover 1 2", "recover -w f --delete", "recover -n", "recover --yes",
        "recover --overwrite", "recover --delete --overwrite", "recover -w f --yes",
    ],
)  # fmt: skip
def test_line_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(CommandLineError):
        parse(line.split(), {})


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (123_456, "123 kB"), (999_600, "1.0 MB"), (5 * 10**13, "50.0 TB")],
)
def test_size_is_short(octets: int, text: str) -> None:
    assert size_text(octets) == text
