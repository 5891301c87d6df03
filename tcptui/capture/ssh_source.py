"""``ssh://[user@]host[:port]/interface``: runs tcpdump on another host and reads its packets here.

Nothing is installed there: a few lines of shell start tcpdump and exclude the SSH connection that
carries its output from the capture, because every packet would cause the next.  When we close ssh's
standard input, the shell on the other host terminates tcpdump, which then writes what it still holds
and reports how many packets the kernel there dropped.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from tcptui.capture.bpf.packet_filter import require_whole
from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.source import JOIN_SECONDS, Announce, SourceStatus
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import CaptureError, InputError, OutputError, UsageError
from tcptui.model.safe_text import reason_of, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.spool.named import Remains

SCHEME: Final = "ssh://"
#: Upper bound of the last lines of ssh's and tcpdump's standard error that are kept, and of a line's bytes.
_LINES_MOST: Final = 40
_LINE_BYTES: Final = 2000
#: … of a line's characters, and of the lines that are shown to the user.
_LINE_TEXT: Final = 300
_LINES_SHOWN: Final = 200
#: How often is looked whether ssh should have ended, in seconds.
_LOOK_SECONDS: Final = 0.5
#: After how many such looks at which it should have ended it gets SIGTERM, then SIGKILL, and is waited for no longer.
_LOOKS_UNTIL_TERM, _LOOKS_UNTIL_KILL, _LOOKS_AFTER_KILL = 6, 10, 16
#: How long all that takes at most, in seconds, and a margin.
_END_SECONDS: Final = (_LOOKS_AFTER_KILL + 2) * _LOOK_SECONDS
_COUNT: Final = re.compile(r"(?<!\d)(\d++) packets? (received by filter|dropped by kernel|dropped by interface)")
#: Lines of standard error that are no reason for a failure.
_SAYS_NOTHING: Final = re.compile(r"listening on |packets? (captured|received|dropped)|Warning: Permanently added")
#: Options of ssh where nobody sits in front of it: no questions, and an end within 15 s when the other host is gone.
_UNATTENDED: Final = (
    "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3",
)  # fmt: skip
#: The shell script for the other host; $1 is the filter, which `require_whole` has checked, so that the brackets around
#: it hold all of it; the rest are tcpdump's options.  It sends TERM, because background processes of a shell without
#: job control ignore INT.  `sudo -n` never asks for a password; where it fails, tcpdump runs with the user's own
#: privileges.
_SCRIPT: Final = r"""
exec 3<&0
filter=$1; own=; shift
c=$SSH_CONNECTION
if [ -n "$c" ]; then
  peer=${c%% *}; c=${c#* }; from=${c%% *}; c=${c#* }; here=${c%% *}; to=${c#* }
  peer=${peer%%\%*}; here=${here%%\%*}; peer=${peer#::ffff:}; here=${here#::ffff:}
  own="not (tcp and host $peer and host $here and port $from and port $to)"
fi
if [ -n "$filter" ]; then filter="${own:+$own and }($filter)"; else filter=$own; fi
as=; if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then as="sudo -n"; fi
LC_ALL=C $as tcpdump "$@" -- "$filter" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; $as kill -TERM $child; $as kill -CONT $child; } >/dev/null 2>&1 &
watcher=$!
wait $child; code=$?
kill $watcher 2>/dev/null
exit $code
"""
#: A host's name, or its alias in ssh's configuration; ssh puts it into commands of its own (ProxyCommand, Match exec).
_HOST: Final = re.compile(r"\w[\w.+-]*")
#: The zone of an IPv6 address: the name or the number of an interface (RFC 4007, section 11).
_ZONE: Final = re.compile(r"\w[\w.-]*")
#: A user's name, also one with a domain, `user@example.org`.
_USER: Final = re.compile(r"\w[\w.+@-]*")


@dataclass(frozen=True, slots=True)
class RemoteTarget:
    """The parts of an ``ssh://`` URL."""

    host: str
    interface: str
    user: str | None = None
    port: int | None = None

    @property
    def label(self) -> str:
        """Host and interface, as safe text for the status bar."""
        return safe_text(f"{self.host}/{self.interface}")


def parse_target(text: str) -> RemoteTarget:
    """Parse `ssh://[user@]host[:port]/interface`; raises UsageError for anything else.

    Host and user are names that no shell and no configuration of ssh reads as anything else.
    """
    if not text.isprintable():  # `urlsplit` would leave tabs and line ends out
        raise UsageError("remote_target", target=safe_text(text))
    try:
        parts = urlsplit(text)
        host, port = _host(parts.hostname or ""), parts.port
        user = None if parts.username is None else _matching(_USER, unquote(parts.username, errors="strict"))
        interface = unquote(parts.path.removeprefix("/"), errors="strict")
    except ValueError as error:
        raise UsageError("remote_target", target=safe_text(text)) from error
    # An interface that begins with a dash would be taken as an option by tcpdump.
    is_interface = interface.isprintable() and not interface.startswith("-") and not set(interface) & set(" /")
    is_complete = bool(host and interface) and user != ""
    if (
        not (is_complete and is_interface and text.startswith(SCHEME))
        or parts.query
        or parts.fragment
        or parts.password
    ):
        raise UsageError("remote_target", target=safe_text(text))
    return RemoteTarget(host, interface, user, port)


def _host(text: str) -> str:
    """The host as ssh takes it; raises ValueError for what is neither a name nor an address."""
    if ":" not in text:
        return _matching(_HOST, unquote(text, errors="strict"))
    address, percent, zone = text.partition("%")
    ipaddress.IPv6Address(address)
    if not percent:
        return address
    return f"{address}%{_matching(_ZONE, re.sub('^25(?=.)', '', zone))}"  # %25 is a % in a URL (RFC 6874)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """The options of the remote tcpdump; ``snaplen`` in bytes, 0: whole packets."""

    filter_words: str = ""
    snaplen: int = 0
    count: int | None = None
    buffer_kib: int | None = None
    promiscuous: bool = True
    limit_bytes: int | None = None
    """Maximum size of the local spool; None: a share of the free disk (`spool_limit`)."""
    unattended: bool = False
    """Whether nobody answers questions of ssh, and a connection that has gone silent is to break."""


def login(target: RemoteTarget, *, unattended: bool = False) -> list[str]:
    """The words that log in at ``target``; what is to be run there follows."""
    port = ["-p", str(target.port)] if target.port is not None else []
    user = ["-l", target.user] if target.user is not None else []
    return ["ssh", "-T", *(_UNATTENDED if unattended else ()), *port, *user, "--", target.host]


def ssh_command(target: RemoteTarget, options: RemoteOptions) -> list[str]:
    """The command that captures at ``target`` and writes pcap to its standard output."""
    dump = ["-i", target.interface, "-U", "-n", "-w", "-", "-s", str(options.snaplen)]
    if options.count is not None:
        dump += ["-c", str(options.count)]
    if options.buffer_kib is not None:
        dump += ["-B", str(options.buffer_kib)]
    if not options.promiscuous:
        dump.append("-p")
    script = shlex.join(["exec", "sh", "-c", _SCRIPT.strip(), "tcptui", options.filter_words, *dump])
    return [*login(target, unattended=options.unattended), script]


class RemoteSource:
    """Packets of another host's interface, from now until stopped or the connection breaks.

    Raises UsageError for a filter that is no expression, CaptureError when ssh cannot be started.  ssh asks for a
    password or about a new host key on the terminal: create this before the screen starts, and wait for the first byte
    at ``descriptor_of_stream``.
    """

    growing: Final = True
    live: Final = True

    def __init__(
        self,
        target: RemoteTarget,
        options: RemoteOptions,
        command: Sequence[str] | None = None,
        *,
        show_line: Callable[[str], None] | None = None,
    ) -> None:
        """``show_line`` is called, from a thread, with each line that ssh or the other host says, as safe text."""
        self.label = target.label
        require_whole(options.filter_words)
        try:
            self._process = subprocess.Popen(
                list(command or ssh_command(target, options)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise CaptureError("remote_no_ssh", reason=reason_of(error)) from error
        _out: IO[bytes] | None = self._process.stdout
        if _out is None or self._process.stderr is None or self._process.stdin is None:
            raise RuntimeError("Popen was asked for three pipes")
        self.show_line = show_line
        """As of the constructor; None: nobody is shown anything (any more)."""
        self._shown = 0
        self._said: deque[str] = deque(maxlen=_LINES_MOST)
        self._end: SourceStatus | None = None
        self._announce: Announce = lambda: None
        self._stopping = False
        self._was_ended = False
        """Whether ssh was running when it was to end because its packets were not wanted any more."""
        descriptor = os.dup(_out.fileno())
        _out.close()
        self.descriptor_of_stream = descriptor
        """tcpdump's output: others may poll it, but only this source may read it."""
        try:
            self._stream = StreamSource(descriptor, self.label, limit_bytes=options.limit_bytes)
        except OutputError:  # no room for a spool
            self._process.kill()
            self._process.communicate()
            raise
        self.descriptor = self._stream.descriptor
        self._listener = threading.Thread(target=self._listen, name=f"ssh {self.label}", daemon=True)
        self._listener.start()

    @property
    def limit_bytes(self) -> int | None:
        """Maximum size of the spool."""
        return self._stream.limit_bytes

    def count_from(self, packets: int) -> None:
        """Do nothing: the program on the other host counts, and cannot be told to begin anew."""

    def analysed(self, offset: int, *, held: bool = False) -> None:
        """Have ssh, and by it the program on the other host, wait while too much is not analysed."""
        self._stream.analysed(offset, held=held)

    def release(self, offset: int) -> bool:
        """Free the disk space of the records before ``offset``; False where that is impossible."""
        return self._stream.release(offset)

    def start(self, announce: Announce) -> None:
        """Start reading; ``announce`` is called from the reading threads."""
        self._announce = announce
        self._stream.start(announce)

    def failure(self) -> CaptureError:
        """The error for a capture without output: the last message of ssh or tcpdump.  Waits for ssh to end."""
        self._listener.join(JOIN_SECONDS)
        return self._failure(self._process.returncode)

    def refusal(self) -> CaptureError | None:
        """The error where something else than a capture came first; None: nothing did, or it is not known yet."""
        if not self._stream.refused:
            return None
        text = safe_text(self._stream.refused.strip().partition(b"\n")[0])
        return CaptureError("remote_noise", target=self.label, text=text)

    def _failure(self, code: int | None) -> CaptureError:
        reason = self._reason()
        return CaptureError("remote_failed", target=self.label, reason=reason or f"ssh: exit {code}")

    def _reason(self) -> str | None:
        """The last line that says why a capture ended; None: none does."""
        return next((line for line in reversed(self._said) if not _SAYS_NOTHING.search(line)), None)

    def status(self) -> SourceStatus:
        """The current status; complete only when ssh has ended too, then with the counters that tcpdump printed."""
        status = self._stream.status()
        if not status.complete:
            return status
        counts = self._end
        if counts is None:
            return replace(status, complete=False)
        error = status.error or counts.error or self.refusal()
        if isinstance(status.error, InputError) and not status.end:
            error = self._failure(self._process.returncode)  # says more than that the stream was empty
        return replace(counts, end=status.end, error=error, stopped=status.stopped)

    def stop(self) -> None:
        """Have the remote tcpdump end, and read what it still holds."""
        if self._stopping:
            return
        self._stopping = True
        self._stream.read_on()
        self._close_input()
        self._listener.join(_END_SECONDS)
        self._stream.wait_for_end(JOIN_SECONDS)  # what ssh has written last may still be in the pipe
        self._stream.stop()

    def close(self) -> None:
        """Stop, end ssh, and close the spool."""
        self.stop()
        self._stream.close()

    @property
    def is_saved(self) -> bool:
        """False: the packets are in the local spool alone."""
        return self._stream.is_saved

    @property
    def remains(self) -> Remains | None:
        """The local spool, unless it was discarded."""
        return self._stream.remains

    def discard(self) -> None:
        """Have `close` remove the local spool."""
        self._stream.discard()

    def _close_input(self) -> None:
        """Have the shell on the other host end tcpdump."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _listen(self) -> None:
        """Keep the last lines of standard error; when ssh has ended, set the final status from them."""
        with contextlib.suppress(OSError):
            self._hear()
        code = self._process.poll()
        counts = {match.group(2): int(match.group(1)) for line in self._said if (match := _COUNT.search(line))}
        error, reason = None, self._reason()
        # What tcpdump says of a pipe that was closed because of what came first is no reason.
        is_noise = bool(self._stream.refused) and (reason is None or "Broken pipe" in reason)
        if code and not (self._stopping or self._was_ended or is_noise):
            error = CaptureError("remote_ended", target=self.label, reason=reason or f"ssh: exit {code}")
        self._end = SourceStatus(
            end=0,
            complete=True,
            received=counts.get("received by filter"),
            kernel_dropped=counts.get("dropped by kernel"),
            interface_dropped=counts.get("dropped by interface"),
            error=error,
        )
        self._announce()

    def _hear(self) -> None:
        """Read standard error until ssh has ended, and have it end once its packets are not wanted any more.

        What ssh has left running may have the pipe, too, and what it waits for may never come: looks are counted, in
        which neither ssh nor the stream ends.
        """
        pipe = self._process.stderr
        if pipe is None:
            return
        with pipe:
            begun, is_open, looks, looked_at = b"", True, 0, time.monotonic()
            while is_open or self._process.poll() is None:
                if is_open and wait_readable(pipe.fileno(), _LOOK_SECONDS):
                    data = os.read(pipe.fileno(), 1 << 16)
                    is_open = bool(data)
                    begun = self._note(begun + data, whole=not data)
                elif not is_open:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(_LOOK_SECONDS)
                if time.monotonic() - looked_at < _LOOK_SECONDS:
                    continue
                looked_at = time.monotonic()
                looks += self._stopping or self._stream.status().complete or self._process.poll() is not None
                if looks > _LOOKS_AFTER_KILL or (looks > 1 and self._process.poll() is not None):
                    return
                self._end_ssh(looks)

    def _end_ssh(self, looks: int) -> None:
        """What is done about ssh after so many looks at which it should have ended."""
        if looks == 1:
            self._was_ended = bool(self._stream.refused) and self._process.poll() is None
            self._close_input()
            self._process.send_signal(signal.SIGCONT)  # somebody may have stopped it
        elif looks == _LOOKS_UNTIL_TERM:
            self._was_ended = True
            self._process.terminate()
        elif looks == _LOOKS_UNTIL_KILL:
            self._process.kill()

    def _note(self, text: bytes, *, whole: bool) -> bytes:
        """Keep the lines of ``text``, the last one only if it is ``whole``; returns what is left."""
        *lines, rest = text.split(b"\n")
        if whole or len(rest) > _LINE_BYTES:
            lines, rest = [*lines, rest], b""
        for line in lines:
            shown = safe_text(line[:_LINE_BYTES].decode("utf-8", "replace").strip(), _LINE_TEXT)
            if not shown:
                continue
            self._said.append(shown)
            if self.show_line is not None and self._shown < _LINES_SHOWN and not _SAYS_NOTHING.search(shown):
                self._shown += 1
                self.show_line(shown)
        return rest
