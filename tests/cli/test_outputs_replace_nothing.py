"""Whatever goes wrong before there is something to write: the file that was there is as it was, and so is the input."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from captures import Tape
from run_command import run as run_forked

import tcptui

ROOT = Path(tcptui.__file__).parent.parent
OLD: Final = b"an old capture"
#: Commands with an output, by what it is called: ``{out}`` is the output, ``{file}`` the capture.
COMMANDS: Final = {
    "slice": "slice {file} -Y tcp -w {out} --overwrite",
    "page": "report {file} --html {out} --overwrite",
    "har": "requests {file} --har {out} --overwrite",
    "graph": "graph {file} --stream 0 --svg {out}",
    "junit": "assert {file} RULE --junit {out}",
    "pipe": "- -w {out} --overwrite --no-screen",
    "ring": "- -w {out} --overwrite --no-screen -C 1 -W 1",
}
PIPED: Final = {"pipe", "ring"}


def state(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_ino


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    tape = Tape()
    tape.clean(0, "10.0.0.1:4000", "10.0.0.2:80", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
    path = tmp_path / "in" / "all.pcap"
    path.parent.mkdir()
    path.write_bytes(tape.pcap())
    path.chmod(0o644)
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "old.pcap"
    path.parent.mkdir()
    path.write_bytes(OLD)
    path.chmod(0o644)
    return path


def run(*words: str | Path, piped: bytes = b"") -> tuple[int, str]:
    """Exit code, and what was said on standard error without the remark on root."""
    code, _out, said = run_forked(*words, stdin=piped)
    return code, "\n".join(line for line in said.splitlines() if "as root" not in line)


def run_with_file(*words: str | Path, stdin: Path) -> tuple[int, str]:
    """The same, in which standard input is a file."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    with stdin.open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-m", "tcptui", *map(str, words)],
            env={**plain, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8"},
            timeout=600, check=False, capture_output=True, stdin=source,
        )  # fmt: skip
    said = [line for line in done.stderr.decode().splitlines() if "as root" not in line]
    return done.returncode, "\n".join(said)


def command(name: str, capture: Path, out: Path) -> list[str]:
    words = COMMANDS[name].replace("RULE", "no~tcp.port==1").split()
    return [word.format(file=capture, out=out).replace("~", " ") for word in words]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in PIPED])
@pytest.mark.parametrize("way", ["itself", "hard link", "symbolic link"])
def test_input_is_never_an_output(name: str, way: str, capture: Path) -> None:
    before = state(capture)
    out = capture.with_name("same.pcap")
    if way == "hard link":
        out.hardlink_to(capture)
    elif way == "symbolic link":
        out.symlink_to(capture)
    else:
        out = capture

    code, said = run(*command(name, capture, out))

    assert (code, said) == (
        3 if name == "junit" else 1,
        f"tcptui: {out} is itself an input; name another file to write",
    )
    assert state(capture) == before


@pytest.mark.parametrize("name", sorted(PIPED))
@pytest.mark.parametrize("way", ["itself", "hard link"])
def test_standard_input_is_never_an_output(name: str, way: str, capture: Path) -> None:
    before = state(capture)
    out = capture.with_name("same.pcap")
    if way == "hard link":
        out.hardlink_to(capture)
    else:
        out = capture

    code, said = run_with_file(*command(name, capture, out), stdin=capture)

    assert (code, said) == (1, f"tcptui: {out} is itself an input; name another file to write")
    assert state(capture) == before


@pytest.mark.parametrize("way", ["/dev/stdin", "/proc/self/fd/0"])
def test_standard_input_by_a_name_of_the_system_is_no_output(way: str, capture: Path) -> None:
    before = state(capture)
    code, _said = run_with_file("-", "-w", way, "--overwrite", "--no-screen", stdin=capture)
    assert code == 1
    assert state(capture) == before


@pytest.mark.parametrize("option", ["--keylog", "--proto", "--findings"])
def test_other_files_that_a_command_reads_are_no_output(option: str, capture: Path, old: Path) -> None:
    old.write_bytes(b"")
    before = state(old)
    code, said = run("slice", capture, "-Y", "tcp", option, old, "-w", old, "--overwrite")
    assert (code, said) == (1, f"tcptui: {old} is itself an input; name another file to write")
    assert state(old) == before


def test_notes_of_the_capture_are_no_output(capture: Path) -> None:
    notes = capture.with_name("all.pcap.notes.json")
    notes.write_text("{}")
    code, said = run("slice", capture, "-Y", "tcp", "-w", notes, "--overwrite")
    assert (code, said) == (1, f"tcptui: {notes} is itself an input; name another file to write")
    assert notes.read_text() == "{}"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--stop-on", "own:nobody-defined-this"), 2), (("tcp port port",), 2), (("--keylog", "/no/such/file"), 1),
        (("-Y", "no.such.field"), 2), (("--findings", "/no/such/file"), 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rotation", [(), ("-C", "1"), ("-C", "1", "-W", "3")])
def test_wrong_words_leave_the_old_file(
    words: tuple[str, ...], code: int, rotation: tuple[str, ...], capture: Path, old: Path
) -> None:
    first = old.rename(old.with_name("old.pcap0")) if "-W" in rotation else old
    before = state(first)
    done, said = run("-", "-w", old, "--overwrite", "--no-screen", *rotation, *words, piped=capture.read_bytes())
    assert done == code, said
    assert state(first) == before
    assert list(old.parent.iterdir()) == [first]


@pytest.mark.parametrize("piped", [b"", b"no capture at all, and longer than a header"], ids=["empty", "no capture"])
@pytest.mark.parametrize("rotation", [(), ("-C", "1"), ("-G", "60")])
def test_input_without_a_packet_leaves_the_old_file(piped: bytes, rotation: tuple[str, ...], old: Path) -> None:
    before = state(old)
    out = old.with_name("%Y.pcap") if "-G" in rotation else old
    code, said = run("-", "-w", out, "--overwrite", "--no-screen", *rotation, piped=piped)
    assert code == 1
    assert "all of it" not in said
    assert (
        said.splitlines()[-1]
        == f"tcptui: no packet came: {out} {'was not written' if rotation == ('-G', '60') else 'is unchanged'}"
    )
    assert state(old) == before
    assert list(old.parent.iterdir()) == [old]


def test_capture_without_packets_is_written_as_tcpdump_does(capture: Path, old: Path) -> None:
    code, said = run("-", "-w", old, "--overwrite", "--no-screen", piped=capture.read_bytes()[:24])
    assert (code, said.splitlines()[-1]) == (0, f"tcptui: all of them are in {old}")
    assert len(old.read_bytes()) == 24


def test_pipe_takes_the_old_files_place(capture: Path, old: Path) -> None:
    code, said = run("-", "-w", old, "--overwrite", "--no-screen", piped=capture.read_bytes())
    assert (code, said.splitlines()[-1]) == (0, f"tcptui: all of them are in {old}")
    assert old.read_bytes() == capture.read_bytes()
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_slice_of_nothing_leaves_the_old_file(suffix: str, capture: Path, old: Path) -> None:
    out = old.rename(old.with_suffix("." + suffix))
    before = state(out)
    code, said = run("slice", capture, "-Y", "tcp.port == 1", "-w", out, "--overwrite")
    assert code == 1
    assert said == f"tcptui: nothing matches, so {out} stays as it is; choose other packets, or remove the file"
    assert state(out) == before


def test_archive_of_nothing_leaves_the_old_file(capture: Path, old: Path) -> None:
    before = state(old)
    code, said = run("requests", capture, "-Y", "tcp.port == 1", "--har", old, "--overwrite")
    assert (code, said.count("\n")) == (1, 0)
    assert state(old) == before


@pytest.mark.parametrize("way", ["itself", "hard link"])
def test_packets_around_a_finding_do_not_replace_their_capture(way: str, tmp_path: Path) -> None:
    tape = Tape()
    tape.refused(0, "10.0.0.1:4001", "10.0.0.2:80")
    source = tmp_path / ("k-1-connection-refused.pcap" if way == "itself" else "all.pcap")
    source.write_bytes(tape.pcap())
    if way == "hard link":
        (tmp_path / "k-1-connection-refused.pcap").hardlink_to(source)
    before = state(source)

    words = ("--no-screen", "--keep-around", "connection-refused", "-w", tmp_path / "k.pcap", "--overwrite")
    code, said = run(source, *words)

    assert code == 1
    assert said.endswith("k-1-connection-refused.pcap is itself an input; name another file to write")
    assert state(source) == before


def test_constant_name_for_files_of_time_is_refused(capture: Path, old: Path) -> None:
    before = state(old)
    code, said = run("-", "-w", old, "-G", "60", "--overwrite", "--no-screen", piped=capture.read_bytes())
    assert (code, said.count("\n")) == (2, 0)
    assert "-G needs the time in the name" in said
    assert state(old) == before
    assert run("-", "-w", old, "-G", "60", "-W", "1", "--overwrite", "--no-screen", piped=capture.read_bytes())[0] == 0
    assert old.read_bytes() == capture.read_bytes()
