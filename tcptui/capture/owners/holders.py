"""The process that has a socket open, by the socket's inode, from /proc.

A process is read through its directory's descriptor, which stays that process's: of a number that another one has
got meanwhile nothing is read.  Inodes of sockets come from a counter, so one that is found is the very socket.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from tcptui.capture.owners.messages import Process

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINK: Final = "socket:["
#: Bytes of a command line that are read, and of other files.
_MOST_COMMAND: Final = 4096
_MOST_TEXT: Final = 8192
#: Parents that are named.
_MOST_PARENTS: Final = 4
#: Processes that had sockets lately, and are asked first.
_MOST_RECENT: Final = 64


class Holders:
    """Finds processes; remembers which ones had sockets, for those have the next ones, too."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = os.open(proc, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._proc_path = proc
        self._recent: dict[int, int] = {}
        """How many sockets each of them had: the fewest are looked through first."""

    def find(self, inodes: Iterable[int], *, everywhere: bool = True) -> dict[int, Process]:
        """The process that has each of ``inodes`` open; without those that nobody has who may be looked at.

        Without ``everywhere``, only processes are asked that had sockets lately.  Of a parent and a child that
        inherited its socket it is the parent.
        """
        wanted = set(inodes)
        holders: dict[int, set[int]] = {}
        listed: dict[int, set[int]] = {}
        for pid in self._in_order(everywhere=everywhere) if wanted else ():
            if held := self._sockets(pid, listed) & wanted:
                for inode in held:
                    holders.setdefault(self._eldest(pid, inode, listed), set()).add(inode)
                wanted -= held
                if not wanted:
                    break
        found: dict[int, Process] = {}
        for pid, held in holders.items():
            process = self._process(pid)
            if process is not None:  # what it still has now is of the process that was read
                sockets = self._sockets(pid, {})
                found |= dict.fromkeys(held & sockets, process)
                self._recent.pop(pid, None)
                self._recent[pid] = len(sockets)
        while len(self._recent) > _MOST_RECENT:
            del self._recent[next(iter(self._recent))]
        return found

    def _in_order(self, *, everywhere: bool) -> Iterable[int]:
        recent = sorted(self._recent, key=self._recent.__getitem__)
        yield from recent
        if not everywhere:
            return
        try:
            names = os.listdir(self._proc_path)  # noqa: PTH208 - as text, and faster
        except OSError:
            return
        known = set(recent)
        pids = [int(name) for name in names if name.isdigit()]
        yield from sorted((pid for pid in pids if pid not in known), reverse=True)  # the youngest ones first

    def _sockets(self, pid: int, listed: dict[int, set[int]]) -> set[int]:
        """The inodes of sockets that the process has open, none where it may not be looked at; once for ``listed``."""
        known = listed.get(pid)
        if known is not None:
            return known
        found = listed[pid] = set()
        folder = f"{self._proc_path}/{pid}/fd"
        try:
            names = os.listdir(folder)  # noqa: PTH208 - as text, and faster
        except OSError:
            return found
        for name in names:
            try:
                target = os.readlink(f"{folder}/{name}")  # noqa: PTH115 - the same
            except OSError:
                continue  # closed meanwhile
            if target.startswith(_LINK):
                found.add(int(target[len(_LINK) : -1]))
        return found

    def _eldest(self, pid: int, inode: int, listed: dict[int, set[int]]) -> int:
        """The process from which ``pid`` has inherited the socket, if that has it still open."""
        while (parent := _parent(self._read(pid, "stat"))) > 1 and inode in self._sockets(parent, listed):
            pid = parent
        return pid

    def _process(self, pid: int) -> Process | None:
        """The process ``pid``; None: it has ended."""
        try:
            directory = os.open(str(pid), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return None
        try:
            stat = _text(directory, "stat")
            program = _text(directory, "comm").removesuffix("\n")
            command = _text(directory, "cmdline", _MOST_COMMAND).rstrip("\0").replace("\0", " ")
            group = control_group(_text(directory, "cgroup"))
            users = _text(directory, "status").partition("\nUid:")[2].split(None, 2)
        finally:
            os.close(directory)
        if not stat or len(users) < 2:
            return None
        return Process(pid, _field(stat, 19), program, command, group, int(users[1]), self._parents(_parent(stat)))

    def _parents(self, pid: int) -> tuple[tuple[int, str], ...]:
        found: list[tuple[int, str]] = []
        while pid > 0 and len(found) < _MOST_PARENTS:
            stat = self._read(pid, "stat")
            if not stat:
                break
            found.append((pid, stat[stat.find("(") + 1 : stat.rfind(")")]))
            pid = _parent(stat)
        return tuple(found)

    def _read(self, pid: int, name: str) -> str:
        return _text(self._proc, f"{pid}/{name}")


def _text(directory: int, name: str, most: int = _MOST_TEXT) -> str:
    """The file as Latin-1, which every byte is; empty where it cannot be read."""
    with contextlib.suppress(OSError):
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
        try:
            return os.read(descriptor, most).decode("latin-1")
        finally:
            os.close(descriptor)
    return ""


def _field(stat: str, number: int) -> int:
    """A number of /proc/PID/stat, counted from behind the name, which may hold blanks and parentheses; 0: none."""
    fields = stat[stat.rfind(")") + 1 :].split()
    return int(fields[number]) if len(fields) > number else 0


def _parent(stat: str) -> int:
    return _field(stat, 1)


def control_group(text: str) -> str:
    """The path in a file /proc/PID/cgroup: of version 2, else the longest of the others."""
    paths = dict[str, str]()
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        paths["" if number == "0" else controllers] = path
    first = paths.pop("", "")
    if first not in ("", "/"):
        return first
    return max((*paths.values(), first), key=len)
