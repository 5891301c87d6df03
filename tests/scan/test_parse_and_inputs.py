"""Words of ``scan`` on the command line, what it finds, and what it is without pyarrow."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from traces import write_trace

from tcptui.cli.commands import ScanCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.scan import progress_text, run_scan
from tcptui.scan import inputs, processes
from tcptui.scan.judge import Judge, warm_up
from tcptui.scan.run import Progress, Scan, Settings
from tcptui.scan.work import judge_files
from tcptui.words.catalogue import Words
from tcptui.words.errors import CommandFailedError
from tcptui.words.language import Language

LINES = ("0 C S 0 0", "20 S SA 0 1", "40 C A 1 1", "50 C PA 1 1 100", "70 S A 1 101")
BOTH = [Words(language) for language in Language]


def scan_of(*words: str) -> ScanCommand:
    command = parse(["scan", *words], {})
    assert isinstance(command, ScanCommand)
    return command


def test_words_become_a_command() -> None:
    command = scan_of("a", "b", "-o", "out", "--packets", "--resume", "--workers", "3")
    assert command[1:] == (("a", "b"), "out", 3, True, True)
    assert scan_of("--packets", "a", "-o", "out").paths == ("a",)


@pytest.mark.parametrize(
    "words",
    [(), ("a",), ("-", "-o", "x"), ("a", "-o", "-"), ("s3://b/k", "-o", "x"), ("a", "-o", "x", "--json"),
     ("a", "-o", "x", "--packets=5"), ("a", "-o", "x", "-o", "y")],
)  # fmt: skip
def test_wrong_words_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandLineError):
        parse(["scan", *words], {})


def test_packets_of_slice_still_have_a_value() -> None:
    with pytest.raises(CommandLineError):
        parse(["slice", "a.pcap", "-w", "o.pcap", "--packets"], {})


@pytest.mark.parametrize("words", BOTH, ids=lambda words: words.language.value)
def test_without_pyarrow_one_line_says_what_to_install(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.cli.run.scan.find_spec", lambda _: None)
    with pytest.raises(CommandFailedError) as caught:
        run_scan(scan_of("a", "-o", "out"), words)
    assert "pip install" in words(caught.value.key)


@pytest.mark.parametrize("words", BOTH, ids=lambda words: words.language.value)
def test_progress_names_rate_and_rest(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(files=3, files_total=12, bytes=1 << 20, bytes_total=4 << 20, began_s=100.0)
    progress.done.packets = 5_000
    monkeypatch.setattr("tcptui.scan.run.time.monotonic", lambda: 110.0)
    text = progress_text(progress, words)
    assert "500" in text
    assert "30" in text


def test_folders_links_patterns_and_rings_are_found(tmp_path: Path) -> None:
    for name in (
        "a.pcap",
        "deep/b.cap",
        "deep/c.txt",
        "deep/t_00001_20260101000000.pcap",
        "deep/t_00002_20260101000001.pcap",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_trace(tmp_path / name, list(LINES))
    (tmp_path / "notes").write_text("no capture")
    (tmp_path / "deep" / "back").symlink_to(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    write_trace(out / "mine.pcap", list(LINES))
    found = inputs.find([str(tmp_path)], str(out))
    names = sorted(tuple(Path(path).name for path in task.files) for task in found.tasks)
    assert names == [
        ("a.pcap",), ("b.cap",), ("c.txt",), ("t_00001_20260101000000.pcap", "t_00002_20260101000001.pcap"),
    ]  # fmt: skip
    assert (found.passed_over, found.unreadable) == (1, [])
    found = inputs.find([str(tmp_path / "*.pcap"), str(tmp_path / "*.none"), str(tmp_path / "a.pcap")], str(out))
    assert [task.files for task in found.tasks] == [(str(tmp_path / "a.pcap"),)]
    assert found.unreadable == [str(tmp_path / "*.none")]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
def test_files_of_a_folder_that_cannot_be_read_are_not_passed_over(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are captures nobody can tell; a scan that leaves them out must not look done."""
    write_trace(tmp_path / "a.pcap", list(LINES))
    (tmp_path / "notes").write_text("no capture")
    open_ = os.open

    def refuse(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).endswith("a.pcap"):
            raise OSError(code, os.strerror(code), path)
        return open_(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    found = inputs.find([str(tmp_path)], str(tmp_path / "out"))

    assert [task.files for task in found.tasks] == [(str(tmp_path / "a.pcap"),)]
    assert found.passed_over == 1


def test_a_ring_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inputs, "RING_FILES_MOST", 2)
    for number in range(5):
        write_trace(tmp_path / f"x.pcap{number}", list(LINES))
    assert [len(task.files) for task in inputs.find([str(tmp_path)], "none").tasks] == [2, 2, 1]


def test_the_process_that_judges_has_no_scapy(tmp_path: Path) -> None:
    write_trace(tmp_path / "a.pcap", list(LINES))

    def loaded(_: object) -> list[str]:
        warm_up()
        judge_files(tmp_path, Judge(BOTH[0], packets=True), (str(tmp_path / "a.pcap"),), ())
        return [name for name in sys.modules if name.partition(".")[0] == "scapy"]

    bounds = processes.Bounds(1 << 40, 100)
    assert list(processes.Processes(1, loaded, lambda _: bounds).run(["a"], lambda: None)) == [("a", [])]


def test_rows_are_filed_here_as_in_forks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What forks do, in this process, where its lines are counted."""
    (tmp_path / "in").mkdir()
    write_trace(tmp_path / "in" / "a.pcap", list(LINES))
    write_trace(tmp_path / "in" / "b.pcap", [*LINES, "90 S PA 1 101 7"])
    monkeypatch.setattr("tcptui.scan.run.alone", lambda work: work())
    monkeypatch.setattr("tcptui.scan.run.os.umask", lambda _: 0)

    class Here(processes.Processes):
        def run(self, tasks, tick):  # type: ignore[no-untyped-def]
            for task in tasks:
                yield task, self._work(task)
                tick()

    monkeypatch.setattr("tcptui.scan.run.Processes", Here)

    def run(*, resume: bool) -> tuple[int, int]:
        settings = Settings((str(tmp_path / "in"),), tmp_path / "out", 1, resume, packets=True)
        outcome = Scan(settings, BOTH[0], lambda _: None).run()
        return outcome.already, sum(outcome.progress.done.captures.values())

    assert run(resume=False) == (0, 2)
    assert run(resume=True) == (2, 0)
    write_trace(tmp_path / "in" / "b.pcap", [*LINES, "90 S PA 1 101 8", "95 S PA 9 101 8"])
    assert run(resume=True) == (1, 1)
