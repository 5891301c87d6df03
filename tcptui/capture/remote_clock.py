"""How another host's clock stands to this one's: an interval that is sure, measured over ssh.

The other host is asked for its time several times over one login.  Its answer was made after the question was sent and
before it came here, so each answer bounds the offset, and all of them together do; nothing is assumed of which way
takes how long.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.ssh_source import login
from tcptui.model.errors import CaptureError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.ssh_source import RemoteTarget

#: How often the time is asked for.
_QUESTIONS: Final = 8
#: The longest wait for the login, and for an answer, in seconds.
_LOGIN_SECONDS, _ANSWER_SECONDS = 30.0, 5.0
_END_SECONDS: Final = 3.0
#: Answers each line with the time; where date knows no %N, with whole seconds.
_SCRIPT: Final = "while read -r _; do date +%s.%N; done"
_ANSWER: Final = re.compile(rb"(\d{1,12})(?:\.(\d{9}))?")
_LINE_BYTES: Final = 400


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What must be added to the other clock to get this host's, in nanoseconds: surely between both ends."""

    low_ns: int
    high_ns: int
    round_trip_ns: int
    """The shortest time between a question and its answer."""


def measure_clock(target: RemoteTarget, command: Sequence[str] | None = None) -> ClockOffset | None:
    """Log in at ``target`` and measure its clock; None where it tells no time that can be read.

    ``command``: what is run in place of ssh.  Raises CaptureError where the login fails, with what ssh says.
    """
    try:
        process = subprocess.Popen(
            list(command or [*login(target, unattended=True), shlex.join(["exec", "sh", "-c", _SCRIPT])]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise CaptureError("remote_no_ssh", reason=reason_of(error)) from error
    try:
        offset, answered = _ask(process, time.time_ns)
    finally:
        said = _end(process)
    if not answered and process.returncode:
        reason = safe_text(said[-1], 300) if said else f"ssh: exit {process.returncode}"
        raise CaptureError("remote_failed", target=target.label, reason=reason)
    return offset


def _ask(process: subprocess.Popen[bytes], now_ns: Callable[[], int]) -> tuple[ClockOffset | None, bool]:
    """The offset by the answers of ``process``, and whether it said anything."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("Popen was asked for pipes")
    known: ClockOffset | None = None
    for number in range(_QUESTIONS):
        sent = now_ns()
        with suppress(OSError):
            process.stdin.write(b"\n")
            process.stdin.flush()
        if not wait_readable(process.stdout.fileno(), _ANSWER_SECONDS if number else _LOGIN_SECONDS):
            return known, bool(number)
        line = process.stdout.readline(_LINE_BYTES)
        came = now_ns()
        if not line:
            return known, bool(number)
        match = _ANSWER.fullmatch(line.strip())
        if match is None:  # a login shell that greets, or a system without such a date
            return None, True
        if came >= sent:  # else this host's clock was set meanwhile
            known = within(known, bounds(sent, came, match[1], match[2]))
    return known, True


def bounds(sent_ns: int, came_ns: int, seconds: bytes, fraction: bytes | None) -> ClockOffset:
    """What one answer says: its seconds, and its nanoseconds (None: it may be any of that second)."""
    there = int(seconds) * NS_PER_S
    first = there + int(fraction or 0)
    last = first if fraction else there + NS_PER_S - 1
    return ClockOffset(sent_ns - last, came_ns - first, came_ns - sent_ns)


def within(before: ClockOffset | None, newest: ClockOffset) -> ClockOffset:
    """What ``before`` and ``newest`` say together; where they contradict each other, a clock was set: ``newest``."""
    if before is None:
        return newest
    low, high = max(before.low_ns, newest.low_ns), min(before.high_ns, newest.high_ns)
    if low > high:
        return newest
    return ClockOffset(low, high, min(before.round_trip_ns, newest.round_trip_ns))


def _end(process: subprocess.Popen[bytes]) -> list[str]:
    """End ``process``; returns the lines that it said on standard error."""
    try:
        _out, errors = process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        _out, errors = process.communicate()
    except ValueError:
        process.kill()
        process.wait()
        return []
    return [line for line in errors[-4096:].decode("utf-8", "replace").splitlines() if line.strip()]
