"""A terminal with a person's hands: tmux on a private socket, keys in, screen text out.

The program runs from an interactive shell, as people run it, so that what it leaves behind (alternate
screen, terminal modes, exit status, stopped jobs) shows where they would see it.  Nothing sleeps for a
fixed time: every wait polls the screen for a text and fails, showing the screen, after `DEADLINE_S`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plain_settings import plain_settings
from process_work import Rest

from tcptui.capture.spool.files import FALLBACK_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
#: Far above what anything takes; only a failing test waits so long.
DEADLINE_S: Final = float(os.environ.get("TCPTUI_TEST_DEADLINE_S", "600"))
_POLL_S: Final = 0.03
#: The shell's prompt shows the status of the last command; a key that came too late for that stands before it.
_PROMPT: Final = re.compile(r"^q*<(\d+)>", re.MULTILINE)
#: What asks before a capture is given up.
_QUESTION: Final = re.compile("Press again|再按一次")
#: A key that leaves has led to the question or the end after so long.
_ASKED_S: Final = 60.0
#: A key that answers the question has ended the program after so long, unless it was not taken for an answer.
_ANSWERED_S: Final = 8.0
_NUMBERS: Final = count()
_OURS: Final = ("-m tcptui", "bin/tcptui")
PROGRAM: Final = (sys.executable, "-m", "tcptui")


class Terminal:
    """One shell in one tmux pane."""

    def __init__(
        self,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        *,
        term: str = "tmux-256color",
        prefix: Sequence[str] = (),
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """``prefix`` is what the shell is started through: a namespace, another user."""
        self._socket = f"tcptui-{os.getpid()}-{next(_NUMBERS)}"
        self.program = program
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TERM": term,
            "LANG": "C.UTF-8",
            "PS1": "<$?> ",
            "PYTHONPATH": str(ROOT),
            "TEXTUAL_ANIMATIONS": "none",
        } | {name: os.environ[name] for name in ("XDG_CACHE_HOME", FALLBACK_VARIABLE) if name in os.environ}
        # What a killed program leaves behind is gone with the terminal.
        self._spools = Path(tempfile.mkdtemp(prefix="e2e-"))
        self._spools.chmod(0o1777)  # the shell may be another user's
        clean["XDG_CONFIG_HOME"] = str(plain_settings(self._spools / "config"))
        said = clean | {"TMPDIR": str(self._spools)} | dict(environ or {})
        inner = [*prefix, "env", "-i", *(f"{name}={value}" for name, value in said.items()), "sh", "-i"]
        # The server's own locale decides whether it passes on what is not ASCII.
        self._environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        self._environ["TMUX_TMPDIR"] = str(self._spools)  # its socket
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), shlex.join(inner))
        for option, value in (("status", "off"), ("escape-time", "0")):
            self._tmux("set-option", "-g", option, value)
        self.wait(lambda screen: _PROMPT.search(screen) is not None, "a prompt")

    def _tmux(self, *words: str) -> str:
        ran = self._ask(*words)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode("utf-8", "replace")

    def _ask(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = ["tmux", "-u", "-L", self._socket, *words]
        return subprocess.run(command, capture_output=True, env=self._environ, timeout=DEADLINE_S, check=False)

    def outside(self, *words: str) -> str:
        """Run a command of tmux, as somebody at the terminal outside could; what it prints."""
        return self._tmux(*words)

    def hang_up(self) -> None:
        """Close the window, as a lost connection does."""
        self._ask("kill-server")

    def close(self) -> None:
        """End the server and everything that runs in it; wait until nothing of it is left."""
        tree = self.processes() if self._is_open() else {}
        for pid, line in tree.items():
            if any(mark in line for mark in _OURS) and "capture.child" not in line and "capture.owners" not in line:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # they must notice by themselves
        self.hang_up()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in tree), "the processes to end")
        shutil.rmtree(self._spools)

    def _is_open(self) -> bool:
        return self._ask("has-session").returncode == 0

    # -- what a person does ----------------------------------------------------------------
    def type(self, text: str) -> None:
        """Type ``text``, character by character."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys, named as tmux names them (``Down``, ``Enter``, ``C-c``), or single characters."""
        self._tmux("send-keys", *(";" if key == ";" else key for key in keys))

    def leave_unsaved(self) -> None:
        """Leave a capture that is in no file: `q`, and again once the question stands on the screen.

        Where nothing would be lost, there is no question.
        """
        self.insist("q", lambda: not self.alternate)

    def insist(self, key: str, done: Callable[[], bool]) -> None:
        """Press ``key``, and again once its question stands on the screen, until ``done``.

        A key that the program takes for one typed before the question was there answers nothing; it is pressed again.
        """
        end = time.monotonic() + DEADLINE_S
        while not done() and time.monotonic() < end:
            if not self._is_asked():
                self.press(key)
            self._wait_up_to(_ASKED_S, lambda: done() or self._is_asked())
            if not done():
                self.press(key)
                self._wait_up_to(_ANSWERED_S, done)

    def _is_asked(self) -> bool:
        return _QUESTION.search(self.screen()) is not None

    @staticmethod
    def _wait_up_to(seconds: float, met: Callable[[], bool]) -> None:
        """Poll until ``met``, or for so long."""
        end = time.monotonic() + seconds
        while not met() and time.monotonic() < end:
            time.sleep(_POLL_S)

    def run(self, line: str) -> None:
        """Type a command line and Enter on a cleared screen."""
        mark = f"#{next(_NUMBERS)}"
        self.type(f"printf '\\033[H\\033[2J%s\\n' '{mark}'\n")  # clear(1) gives up on a dumb terminal
        self.wait(lambda screen: screen.startswith(f"{mark}\n<"), "a cleared screen")
        self.type(f"{line}\n")

    def start(self, *words: str, environ: str = "") -> None:
        """Run the program with ``words``; ``environ`` is what a shell line puts before it."""
        self.run(f"{environ} {shlex.join([*self.program, *words])}".strip())

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def click(self, column: int, row: int) -> None:
        """Press and release the left button on a cell, counted from 0."""
        self.type(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")

    # -- what a person sees ----------------------------------------------------------------
    def screen(self) -> str:
        """The text on the screen."""
        return self._tmux("capture-pane", "-p")

    def styled(self) -> str:
        """The text on the screen with its colours as escape sequences."""
        return self._tmux("capture-pane", "-p", "-e")

    def wait(self, met: Callable[[str], bool] | str | re.Pattern[str], what: str = "") -> str:
        """Poll until the screen holds a text, matches a pattern, or meets a condition; that screen."""
        if isinstance(met, str):
            condition: Callable[[str], bool] = lambda screen: met in screen  # noqa: E731
        elif isinstance(met, re.Pattern):
            condition = lambda screen: met.search(screen) is not None  # noqa: E731
        else:
            condition = met
        end = time.monotonic() + DEADLINE_S
        while not condition(screen := self.screen()):
            if time.monotonic() > end:
                raise AssertionError(f"{what or met!r} did not come; on the screen:\n{screen}")
            time.sleep(_POLL_S)
        return screen

    def wait_gone(self, text: str) -> str:
        """Poll until the screen no longer holds ``text``."""
        return self.wait(lambda screen: text not in screen, f"{text!r} to go")

    def wait_rest(self, rows: int | None = None) -> list[str]:
        """Wait until nothing more is drawn or worked on; the screen's lines, the first ``rows`` of them.

        A screen that stands still is not enough: on a busy machine a program may get no processor for a second.
        """
        end = time.monotonic() + DEADLINE_S
        rest = Rest(self.processes)
        while not rest.has_come(seen := self.screen().splitlines()[:rows]):
            assert time.monotonic() < end, "\n".join(["no rest; on the screen:", *seen])
            time.sleep(_POLL_S)
        return seen

    def wait_prompt(self) -> int:
        """Wait until the shell prompts again below the line of `run`; the status of what ran."""

        def prompts(screen: str) -> bool:
            lines = screen.strip().splitlines()
            return len(lines) > 2 and self.alternate == 0 and _PROMPT.fullmatch(lines[-1].strip()) is not None

        return int(_PROMPT.findall(self.wait(prompts, "the prompt"))[-1])

    def state(self, variable: str) -> str:
        """A format variable of tmux about the pane: ``alternate_on``, ``mouse_any_flag``, ``cursor_flag`` …"""
        return self._tmux("display-message", "-p", f"#{{{variable}}}").strip()

    @property
    def alternate(self) -> int:
        """1 while a full-screen program has the alternate screen."""
        return int(self.state("alternate_on"))

    def modes(self) -> dict[str, str]:
        """What a program may leave behind in a terminal."""
        names = ("alternate_on", "mouse_any_flag", "mouse_sgr_flag", "cursor_flag", "wrap_flag", "keypad_flag")
        return {name: self.state(name) for name in names} | {"stty": self.stty()}

    def stty(self) -> str:
        """The line settings of the pane's terminal, seen from outside."""
        device = self.state("pane_tty")
        return _output("stty", "-g", "-F", device).strip()

    def record(self, path: Path) -> None:
        """From now on keep the very bytes that the program sends to the terminal."""
        path.touch()
        self._tmux("pipe-pane", f"cat >> {shlex.quote(str(path))}")

    def processes(self) -> dict[int, str]:
        """Every process of the pane's shell, the shell included: id and command line."""
        root = int(self.state("pane_pid"))
        rows = [line.split(None, 2) for line in _output("ps", "-e", "-ww", "-o", "pid=,ppid=,args=").splitlines()]
        found = {root}
        for _ in range(8):
            found |= {int(pid) for pid, parent, *_ in rows if int(parent) in found}
        return {int(pid): " ".join(words) for pid, _parent, *words in rows if int(pid) in found}

    def app_pid(self) -> int:
        """The process of the screens."""
        return self._only(*_OURS)

    def child_pid(self) -> int:
        """The process that captures."""
        return self._only("capture.child")

    def _only(self, *marks: str) -> int:
        found: list[int] = []

        def is_one() -> bool:  # for a moment, a process that is being started has the command of who starts it
            found[:] = [
                pid
                for pid, line in self.processes().items()
                if any(mark in line for mark in marks) and not line.startswith(("sudo ", "sh ", "env "))
            ]
            return len(found) == 1

        until(is_one, f"one process of {marks}")
        return found[0]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=True).stdout


def until(met: Callable[[], bool], what: str, seconds: float = DEADLINE_S) -> None:
    """Poll until ``met``; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(_POLL_S)
