from __future__ import annotations

import base64
import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from tcptui.ui import clipboard
from tcptui.ui.clipboard import MOST, Way, clipboard_route, give_to_tmux, keep, parent_names, sequence
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from conftest import Shown

    from tcptui.session.session import Session

PLAIN = re.compile(r"\A\x1b\]52;c;([A-Za-z0-9+/]*=*)\x07\Z")


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-256color"}, Way.DIRECT),
        ({"TERM": "screen-256color"}, Way.DIRECT),
        ({"TERM": "screen-256color", "STY": "1.pts"}, Way.SCREEN),
        ({"TERM": "screen", "TMUX": "/tmp/tmux-0/default,1,0"}, Way.TMUX),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "STY": "1.pts"}, Way.TMUX),
        ({"TERM": "linux"}, Way.NONE),
        ({"TERM": "vt100"}, Way.NONE),
    ],
)
def test_way_out_is_seen_by_the_environment(environ: dict[str, str], way: Way) -> None:
    assert clipboard_route(environ, lambda: ("sh", "sshd")) is way


@pytest.mark.parametrize(
    ("parents", "way"),
    [
        (("sudo", "bash", "SCREEN", "systemd"), Way.SCREEN),
        (("sudo", "bash", "tmux: server"), Way.TMUX),
        (("sudo", "bash", "sshd"), Way.DIRECT),
    ],
)
def test_way_out_is_seen_by_the_parents_where_sudo_hid_it(parents: tuple[str, ...], way: Way) -> None:
    assert clipboard_route({"TERM": "screen-256color"}, lambda: parents) is way


def test_parents_are_named_nearest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getppid", lambda: 700_000)  # it may be 1 here
    for number, stat_line in ((700_000, "(bash) S 700001 1"), (700_001, "(tmux: (server) S 1 1")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "stat").write_text(f"{number} {stat_line}")

    assert parent_names(tmp_path) == ("bash", "tmux: (server")
    assert parent_names(tmp_path / "nothing") == ()


def test_terminal_is_asked_in_base64() -> None:
    found = PLAIN.match(sequence("ab 中\x1b]", Way.DIRECT))

    assert found is not None
    assert base64.b64decode(found[1]).decode() == "ab 中\x1b]"


@pytest.mark.parametrize("size", [1, 400, 5_000, MOST])
def test_screen_gets_pieces_that_it_can_take_and_the_terminal_the_whole(size: int) -> None:
    text = sequence("x" * size, Way.SCREEN)
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", text, re.DOTALL)

    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == text
    assert max(map(len, pieces)) < 768
    assert "".join(pieces) == sequence("x" * size, Way.DIRECT)


def test_longest_text_makes_a_sequence_that_terminals_take() -> None:
    assert len(sequence("x" * MOST, Way.DIRECT)) <= 100_000
    assert sequence("x" * (MOST + 1), Way.DIRECT) == ""
    assert sequence("中" * (MOST // 2), Way.DIRECT) == ""


def test_console_without_a_clipboard_is_asked_nothing() -> None:
    assert sequence("x", Way.NONE) == ""


def test_text_is_kept_where_only_the_user_reads_it(tmp_path: Path) -> None:
    path = keep("秘密\n", {"XDG_RUNTIME_DIR": str(tmp_path)})

    assert path == tmp_path / "tcptui" / "copied.txt"
    assert path.read_text() == "秘密\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to own nothing")
def test_runtime_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    other, state = tmp_path / "run", tmp_path / "state"
    other.mkdir()
    os.chown(other, 65534, 65534)

    path = keep("x", {"XDG_RUNTIME_DIR": str(other), "XDG_STATE_HOME": str(state)})

    assert path == state / "tcptui" / "copied.txt"
    assert not list(other.iterdir())


def test_link_put_in_the_way_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "tcptui").mkdir()
    (tmp_path / "tcptui" / "copied.txt").symlink_to(target)

    keep("x", {"XDG_RUNTIME_DIR": str(tmp_path)})

    assert target.read_text() == "precious"


def test_place_that_cannot_be_written_gives_no_path(tmp_path: Path) -> None:
    (tmp_path / "tcptui").write_text("a file")

    assert keep("x", {"XDG_RUNTIME_DIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}) is None


def _fake_tmux(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "tmux"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(clipboard, "_TMUX_PATIENCE_S", 600.0)


def test_old_tmux_keeps_the_text_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_tmux(tmp_path, f'[ "$2" = -w ] && exit 1; cat > {tmp_path}/buffer', monkeypatch)

    assert give_to_tmux("two\nlines")
    assert (tmp_path / "buffer").read_text() == "two\nlines"


def test_tmux_that_fails_or_is_missing_did_not_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_tmux(tmp_path, "exit 1", monkeypatch)
    assert not give_to_tmux("x")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert not give_to_tmux("x")


@pytest.mark.parametrize(
    ("term", "said"),
    [("xterm-256color", "Copied, terminal permitting; also in"), ("linux", "No clipboard on this terminal; it is in")],
)
async def test_screen_says_what_became_of_it(
    show: Callable[..., AbstractAsyncContextManager[Shown]], mixed_session: Session, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, term: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("TERM", term)
    async with show(mixed_session, (120, 40)) as shown:
        await shown.press("y")
        line = shown.lines()[-1]

    assert said in line
    head = "mixed.pcap, connection 0, 10.0.0.1:40001 → 192.0.2.10:80, began 2023-11-14 22:13:20.000000 +0000\n"
    assert head in (tmp_path / "state" / "tcptui" / "copied.txt").read_text()


async def test_too_long_a_text_is_kept_and_said_to_be(
    show: Callable[..., AbstractAsyncContextManager[Shown]], mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "MOST", 10)
    monkeypatch.setattr("tcptui.ui.screens.noticing.MOST", 10)
    async with show(mixed_session, (120, 40), Language.ZH) as shown:
        await shown.press("y")
        line = shown.lines()[-1]

    assert "剪贴板最多容纳 10；全文在" in line
