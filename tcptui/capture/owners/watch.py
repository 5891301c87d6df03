"""The sockets of this host as they come and go, with who has them open: looked at again and again, within bounds."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.capture.owners.dump import cookie_of, ends_of, group_of, key_of, user_and_inode
from tcptui.capture.owners.messages import Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.capture.owners.dump import Part
    from tcptui.capture.owners.holders import Holders
    from tcptui.capture.owners.messages import Process

#: Sockets that are remembered, the newest, and for how long after they have gone, in nanoseconds.
_MOST: Final = 1 << 18
_KEPT_NS: Final = 120 * 10**9
#: How often it is tried to find who has a socket open.
_MOST_TRIES: Final = 3
_GROUPS: Final = Path("/sys/fs/cgroup")
#: Control groups whose paths are remembered, and how long an unknown one is not looked for again, in seconds.
_MOST_GROUPS: Final = 65_536
_GROUPS_REST: Final = 2.0


class ControlGroups:
    """The paths of control groups by their numbers, which are the inodes of their directories."""

    def __init__(self, root: Path = _GROUPS) -> None:
        unified = root / "unified"
        self._root = unified if unified.is_dir() else root
        self._paths: dict[int, str] = {}
        self._next_look = 0.0

    def path(self, number: int) -> str:
        """The path; empty where there is none, or it has not been looked for again yet."""
        if number and number not in self._paths and time.monotonic() >= self._next_look:
            paths = dict[int, str]()
            for folder, _names, _files in os.walk(self._root):
                if len(paths) >= _MOST_GROUPS:
                    break
                try:
                    paths[Path(folder).stat().st_ino] = folder.removeprefix(str(self._root)) or "/"
                except OSError:
                    continue  # removed meanwhile
            self._paths = paths
            self._next_look = time.monotonic() + _GROUPS_REST
        return self._paths.get(number, "")


@dataclass(slots=True)
class _Socket:
    """A socket, by all looks that had it."""

    cookie: int
    key: bytes
    first: tuple[int, int]
    last: tuple[int, int]
    uid: int = -1
    inode: int = 0
    group: str = ""
    process: Process | None = None
    tries: int = 0


class Table(Protocol):
    """Sockets of one or more network namespaces."""

    def parts(self) -> Iterator[Part]:
        """All that are there now.  Raises OSError where it cannot be read any more."""


class SocketWatch:
    """Sockets of one or more network namespaces; `look` when there is time, `sightings` whenever."""

    def __init__(self, tables: Sequence[Table], holders: Holders, groups: ControlGroups) -> None:
        self._tables, self._holders, self._groups = [*tables], holders, groups
        self._known: dict[bytes, _Socket] = {}
        self._by_key: dict[bytes, list[_Socket]] = {}
        self._unresolved: dict[bytes, _Socket] = {}

    def look(self, clock: Callable[[], int] = time.time_ns) -> int:
        """Dump what is there, and find who has what is new open; returns how many sockets are new."""
        before, begun_ns = len(self._known), clock()
        for table in [*self._tables]:
            try:
                for part in table.parts():
                    self._take(part.sockets, (part.asked_ns, part.heard_ns))
                self._resolve(everywhere=False)  # at once: the shortest are gone soon
            except OSError:
                self._tables.remove(table)
        self._resolve(everywhere=True)
        for name, one in [*self._unresolved.items()]:
            if one.last[0] < begun_ns:  # gone: nobody has it open any more
                del self._unresolved[name]
        new = len(self._known) - before
        if len(self._known) > _MOST or new:
            self._forget(clock() - _KEPT_NS)
        return new

    def sightings(self, key: bytes) -> list[Sighting]:
        """All sockets with these addresses and ports that are remembered, the oldest first."""
        return [
            Sighting(one.cookie, *one.first, *one.last, one.uid, one.group, one.process)
            for one in self._by_key.get(key, ())
        ]

    def _take(self, messages: tuple[bytes, ...], when: tuple[int, int]) -> None:
        known = self._known
        for message in messages:
            name = ends_of(message)
            one = known.get(name)
            if one is None:
                key = key_of(message)
                one = known[name] = _Socket(
                    cookie_of(message), key, when, when, group=self._groups.path(group_of(message))
                )
                self._by_key.setdefault(key, []).append(one)
                self._unresolved[name] = one
            else:
                one.last = when
            if not one.inode:
                one.uid, one.inode = user_and_inode(message)

    def _resolve(self, *, everywhere: bool) -> None:
        """Find who has them open, of sockets that somebody has; else among those alone that had some lately."""
        wanted = {one.inode for one in self._unresolved.values() if one.inode and (everywhere or not one.tries)}
        found = self._holders.find(wanted, everywhere=everywhere)
        for name, one in [*self._unresolved.items()]:
            if not one.inode:
                continue
            one.process = found.get(one.inode)
            one.tries += everywhere
            if one.process is not None or one.tries >= _MOST_TRIES:
                del self._unresolved[name]

    def _forget(self, before_ns: int) -> None:
        """Forget sockets that were seen last before that, and of too many the oldest ones."""
        too_many = len(self._known) - _MOST
        for at, (name, one) in enumerate([*self._known.items()]):
            if at >= too_many and one.last[1] >= before_ns:
                continue
            del self._known[name]
            self._unresolved.pop(name, None)
            others = self._by_key[one.key]
            others.remove(one)
            if not others:
                del self._by_key[one.key]
