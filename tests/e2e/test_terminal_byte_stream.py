"""Hostile text everywhere that text can be, and every byte that the program then sends to a terminal.

The same is done with a capture that says the same in plain letters: what escape sequences that draws, and no
others, may come when packets, names, words and the environment are hostile.
"""

from __future__ import annotations

import re
import stat
import sys
from typing import TYPE_CHECKING, Final

import pytest
from captures import hostile as small_capture
from drawn_screen import CURSOR_POSITION_QUERY
from hostile_captures import ATTACKS, HOSTILE_NAME, HOSTILE_WORD, Voice, clipboard_text, pcapng
from pty_run import PtyRun, Word, environment
from terminal_bytes import LINE_CONTROLS, SCREEN_CONTROLS, offences, skeletons, unprintable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.e2e

#: What is copied with `y`, and nothing else, may be put on the clipboard.
_COPIED: Final = re.compile(rb"\x1b\]52;c;[A-Za-z0-9+/=]*(?:\x07|\x1b\\)")
#: Rung where a key can do nothing; a packet's would have come with what follows it.
_BELL: Final = 7
_COLOURS: Final = {b"\x1b[#m"}
_COMMANDS: Final[tuple[tuple[str, ...], ...]] = (
    ("report", "F"), ("report", "F", "--json"), ("report", "F", "--markdown"), ("verdicts", "F", "--jsonl"),
    ("report", "F", "--stream", "0"), ("report", "F", "--stream", "2", "--lang", "zh"),
    ("export", "F", "--json"), ("export", "F", "--out", "written"),
    *(("follow", "F", "--stream", stream, *form) for stream in "0126" for form in ((), ("--decoded",))),
    ("follow", "F", "--stream", "0", "--hex"), ("follow", "F", "--stream", "4"),
    ("follow", "F", "--stream", "0", "--raw", "--side", "server"),
    ("graph", "F", "--stream", "0"), ("graph", "F", "--stream", "0", "--kind", "rtt", "--svg", "-"),
    ("graph", "F", "--stream", "0", "--csv"),
    *(("explain", "F", "--stream", stream, *form) for stream in "014" for form in ((), ("--json",), ("--markdown",))),
)  # fmt: skip
_ESCAPE, _ENTER, _PALETTE, _INTERRUPT = b"\x1b", b"\r", b"\x10", b"\x03"
_PASTE: Final = b"\x1b[200~" + HOSTILE_WORD + b"\x1b[201~"


@pytest.fixture(scope="module")
def captures() -> dict[bool, bytes]:
    """The hostile capture and the plain one."""
    return {hostile: pcapng(Voice(hostile)) for hostile in (True, False)}


def run(words: Sequence[Word], folder: Path, **environ: Word) -> tuple[int, bytes]:
    """One command on a terminal: exit code, and what it wrote."""
    with PtyRun(words, environment(folder, **environ), folder=folder, columns=160) as program:
        code = program.wait()
        return code, bytes(program.drawn)


@pytest.mark.some(14)
@pytest.mark.parametrize("words", _COMMANDS, ids=" ".join)
def test_text_command_sends_nothing_but_text_and_colours(
    captures: dict[bool, bytes], tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "F").write_bytes(captures[True])

    code, drawn = run(words, tmp_path)

    assert offences(drawn, _COLOURS, LINE_CONTROLS) == []
    assert code == (2 if "--raw" in words else 0)  # raw bytes are refused a terminal
    if words[0] == "follow" and not {"--raw", "--hex"} & set(words):
        assert b"[@click=app.bell]" in drawn  # the text itself is shown
    if "--out" in words:
        names = [path.name for path in (tmp_path / "written").iterdir()]
        assert len(names) > len(ATTACKS)
        assert [name for name in names if unprintable(name)] == []


def walk(program: PtyRun, streams: Sequence[int]) -> None:
    """Everything in the app that shows what is in packets, names or what was typed."""
    program.until(b"1 Connections")
    program.rest(0.4)
    for stream in streams:
        program.press(b"1g" + b"j" * stream, b"2", b"gjjj", b"3G", b"y", b"4G", b"y", b"2G", b"34")
        program.press(b"t", b"n", b"G", b"3", b"s", b"y", b"+", _ESCAPE)
        program.press(b"F", b"G", b"y", b"x", b"d", b"G", b"Y", b"g", _ESCAPE, _ESCAPE)
    program.press(
        b"x", b"j", b"jj", b"y", b" ", b"w", _ESCAPE, b"sG", _ESCAPE, b"2g", b"p", b"r", _ESCAPE, b"o", _ESCAPE
    )
    program.press(b"?", _ESCAPE, _PALETTE, _ESCAPE, b"#", b"zz")
    for prompt in (b"/", b":", b"w"):
        program.press(prompt, _PASTE, _ENTER, _ESCAPE)
    program.press(b"n", b"N", b"c", _ESCAPE, b"F", b"/", _PASTE, _ENTER, _ESCAPE)


def test_app_sends_what_it_sends_for_plain_packets(captures: dict[bool, bytes], tmp_path: Path) -> None:
    drawn: dict[bool, bytes] = {}
    for hostile in (False, True):
        folder = tmp_path / str(hostile)
        folder.mkdir()
        name = HOSTILE_NAME if hostile else b"plain"
        (folder / name.decode("utf-8", "surrogateescape")).write_bytes(captures[hostile])
        with PtyRun([name], environment(folder), columns=160, rows=50, folder=folder) as program:
            walk(program, (0, 2, 4) if hostile else (0,))
            assert program.leave(_INTERRUPT) == 0
            assert program.is_as_before()
            drawn[hostile] = bytes(program.drawn)

    copied = _COPIED.findall(drawn[True])
    assert len(copied) > 10
    assert [text for text in map(clipboard_text, copied) for line in text.splitlines() if unprintable(line)] == []
    known = skeletons(_COPIED.sub(b"", drawn[False]))
    assert not any(sequence.startswith(b"\x1b]") for sequence in known - {b"\x1b]22;default\x07"})
    assert offences(_COPIED.sub(b"", drawn[True]), known, SCREEN_CONTROLS | {_BELL}) == []
    assert b"URL-all" in drawn[True]  # the text itself is shown


_FILE: Final = b"./" + HOSTILE_NAME
_MISTAKES: Final[dict[str, tuple[Word, ...]]] = {
    "missing file": ("missing" + "/", HOSTILE_NAME),
    "file to show": (_FILE,),
    "report": ("report", _FILE),
    "verdicts": ("verdicts", _FILE, "--jsonl"),
    "follow": ("follow", _FILE, "--stream", "0"),
    "export": ("export", _FILE, "--out", HOSTILE_NAME),
    "no such stream": ("report", b"good-" + HOSTILE_NAME[:200], "--stream", "99"),
    "export into a file": ("export", b"good-" + HOSTILE_NAME[:200], "--out", _FILE),
    "filter": ("-r", "good", HOSTILE_WORD),
    "option": (b"--" + HOSTILE_WORD,),
    "language": ("--lang", HOSTILE_WORD),
    "case": ("case", HOSTILE_WORD),
    "cases": ("cases", HOSTILE_WORD),
    "stream": ("report", "good", "--stream", HOSTILE_WORD),
    "kind of graph": ("graph", "good", "--stream", "0", "--kind", HOSTILE_WORD),
    "graph that is there": ("graph", b"good-" + HOSTILE_NAME[:200], "--stream", "0", "--svg", _FILE),
    "side": ("follow", "good", "--stream", "0", "--side", HOSTILE_WORD),
    "interface": ("-i", HOSTILE_WORD),
    "interface and file": ("-i", "lo", "-w", HOSTILE_NAME + b"/x", "-c", "1"),
    "live filter": ("-i", "lo", HOSTILE_WORD),
    "count": ("-i", "lo", "-c", HOSTILE_WORD),
    "remote host": (b"ssh://" + HOSTILE_WORD + b"/eth0",),
    "remote interface": (b"ssh://host/" + HOSTILE_WORD,),
}


@pytest.mark.some(10)
@pytest.mark.parametrize("mistake", _MISTAKES)
def test_message_about_hostile_words_is_text(tmp_path: Path, mistake: str) -> None:
    (tmp_path / HOSTILE_NAME.decode("utf-8", "surrogateescape")).write_bytes(b"no capture, but longer than its header")
    good = small_capture().pcap()
    (tmp_path / "good").write_bytes(good)
    (tmp_path / (b"good-" + HOSTILE_NAME[:200]).decode("utf-8", "surrogateescape")).write_bytes(good)
    words = [word if isinstance(word, bytes) else word.encode() for word in _MISTAKES[mistake]]

    code, drawn = run(words, tmp_path)

    assert offences(drawn, _COLOURS, LINE_CONTROLS) == []
    assert code in (1, 2)
    assert drawn.strip()


_EVERYWHERE: Final = (
    "COLORTERM", "HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "TZ", "SSH_CONNECTION",
    "SSH_TTY", "TMUX", "STY", "SUDO_USER", "SUDO_UID", "COLUMNS", "LINES", "USER", "NO_COLOR",
)  # fmt: skip


@pytest.mark.some(2)
@pytest.mark.parametrize("names", [("LANG",), ("LC_ALL",), ("TERM",), _EVERYWHERE], ids=" ".join)
def test_hostile_environment_stays_out_of_what_is_drawn(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "good").write_bytes(small_capture().pcap())
    known = skeletons(_shown(tmp_path, {})) | _COLOURS
    environ: dict[str, Word] = {name: HOSTILE_WORD.replace(b"MARKER", name.encode()) for name in names}

    assert offences(_shown(tmp_path, environ), known) == []
    code, drawn = run(["report", "missing"], tmp_path, **environ)
    assert (code, offences(drawn, known, LINE_CONTROLS)) == (1, [])


def _shown(folder: Path, environ: dict[str, Word]) -> bytes:
    """What the app draws of a small capture, and what it says after it."""
    with PtyRun(["good"], environment(folder, **environ), folder=folder) as program:
        program.until(CURSOR_POSITION_QUERY)  # a frame was drawn
        program.rest(2.0)
        program.press(b"2", b"?")
        assert program.leave(_INTERRUPT) in (0, 1)
        return bytes(program.drawn)


def _fake_ssh(folder: Path, script: bytes) -> dict[str, Word]:
    """An environment whose ssh does ``script``, a piece of shell with ``$folder`` for this folder."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "ssh"
    program.write_bytes(b"#!/bin/sh\nfolder=" + bytes(folder) + b"\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "said").write_bytes(HOSTILE_WORD.replace(b"\n", b"") + b"\n")
    (folder / "good").write_bytes(small_capture().pcap())
    return {"PATH": f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def test_other_hosts_error_messages_are_text(tmp_path: Path) -> None:
    environ = _fake_ssh(tmp_path, b'cat "$folder/said" >&2\nexit 255\n')

    code, drawn = run(["ssh://host/eth0"], tmp_path, **environ)

    assert code == 1
    assert b"MARKER" in drawn
    assert offences(drawn, _COLOURS, LINE_CONTROLS) == []


def test_what_the_other_hosts_tcpdump_says_is_text_on_the_screen_and_after_it(tmp_path: Path) -> None:
    environ = _fake_ssh(tmp_path, b'cat "$folder/good"\ncat "$folder/said" >&2\nexit 1\n')
    known = skeletons(_shown(tmp_path, {})) | _COLOURS

    with PtyRun(["ssh://host/eth0"], environment(tmp_path, **environ), folder=tmp_path, columns=160) as program:
        program.until(b"1 Connections")
        program.until(b"MARKER")
        program.leave(_INTERRUPT)
        assert offences(bytes(program.drawn), known) == []


_CRASHING: Final = """
import sys
from tcptui.cli.main import main
from tcptui.ui.main.header_pane import HeaderPane
def show(pane, tree, data, *_rest):
    if data:  # at first there may be none
        packet = data.decode("utf-8", "surrogateescape")
        raise LookupError(f"unknown encoding: {packet}")
HeaderPane.show = show
sys.exit(main(sys.argv[1:]))
"""


def test_crash_of_a_widget_says_nothing_of_the_packet_and_restores_the_terminal(
    captures: dict[bool, bytes], tmp_path: Path
) -> None:
    (tmp_path / "F").write_bytes(captures[True])

    with PtyRun(["F"], environment(tmp_path), program=(sys.executable, "-c", _CRASHING), folder=tmp_path) as program:
        program.until(b"\x1b[?1049h")  # before, the line discipline has the keys
        program.press(b"2", b"jjj", b"3")
        code = program.wait()
        drawn, restored = bytes(program.drawn), program.is_as_before()

    assert code == 1
    assert restored
    left, _, last = drawn.rpartition(b"\x1b[?1049l")
    assert b"\x1b[?1049h" in left
    assert b"\x1b[?25h" in drawn
    assert b"LookupError: unknown encoding: \xe2\x80\xa6" in last
    known = skeletons(_shown_again(tmp_path, captures)) | _COLOURS
    assert offences(drawn, known) == []
    report = (tmp_path / ".local/state/tcptui/crash.txt").read_bytes()
    assert offences(report, set(), LINE_CONTROLS) == []
    assert [name for name in ("URL-all", "COOKIE", "X-NAME", "HOST-all") if name.encode() in report + last] == []


def _shown_again(folder: Path, captures: dict[bool, bytes]) -> bytes:
    (folder / "good").write_bytes(captures[False])
    return _shown(folder, {})
