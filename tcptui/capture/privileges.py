"""Giving up root, and verifying it.

Only the capture child keeps a privilege, CAP_NET_RAW alone.  The app becomes the user who
called sudo before a packet is parsed.  Where root itself called it, it stays uid 0 with empty
capability sets, and so can open only what the file modes allow.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import pwd
import shlex
import signal
import sys
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture import capabilities
from tcptui.capture.byte_reader import wait_readable
from tcptui.model.errors import CaptureError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.places import take_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping, Sequence

#: How long files may take to be opened, in seconds: they may be on another machine.
_READ_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Identity:
    """The user, group and supplementary groups that a process becomes."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    name: str
    home: str | None


class PrivilegeState(Enum):
    """As whom the app runs after `drop_root`."""

    ORDINARY = auto()
    """An ordinary user: it never was root; single capabilities, if any, were dropped."""
    GAVE_UP_ROOT = auto()
    """It became the user who called sudo."""
    ROOT_WITHOUT_RIGHTS = auto()
    """It is still uid 0, without any capability."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """The result of `drop_root`; ``user`` is the user's name as safe text."""

    footing: PrivilegeState
    user: str


def invoking_identity(environment: Mapping[str, str] = os.environ) -> Identity | None:
    """The user who called sudo, by SUDO_UID and SUDO_GID; None without sudo, or when root called it."""
    try:
        uid, gid = int(environment["SUDO_UID"]), int(environment["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    if uid <= 0 or gid < 0:
        return None
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Identity(uid, gid, (gid,), str(uid), None)
    return Identity(uid, gid, tuple(os.getgrouplist(entry.pw_name, gid)), entry.pw_name, entry.pw_dir)


def can_capture() -> bool:
    """Whether this process may open a capture: CAP_NET_RAW, or root where there are no capabilities."""
    if capabilities.SUPPORTED:
        return capabilities.CAP_NET_RAW in capabilities.effective()
    return os.geteuid() == 0


def give_up(identity: Identity | None, keep: Iterable[int] = (), *, for_good: bool = True) -> None:
    """Become ``identity`` if this is root, and drop all capabilities except ``keep``.

    Empties the bounding set and, if ``for_good``, sets no_new_privs, so that no program started later gains a
    privilege.  Raises OSError where the kernel refuses.
    """
    held = capabilities.effective()
    kept = held.intersection(keep)
    if capabilities.CAP_SETPCAP in held:
        capabilities.drop_bounding_set()
    if identity is not None and os.geteuid() == 0:
        if kept:
            capabilities.keep_through_setuid()
        os.setgroups(identity.groups)
        os.setgid(identity.gid)  # as root these set the real, effective and saved id of every thread
        os.setuid(identity.uid)
    capabilities.clear_ambient()
    if for_good:
        forbid_sudo()
    capabilities.keep_only(*kept)


def forbid_sudo() -> None:
    """Set no_new_privs: nothing that this thread starts gains a privilege, not even through sudo.  Irreversible."""
    capabilities.no_new_privileges()


def drop_root(
    identity: Identity | None, environment: MutableMapping[str, str] = os.environ, *, may_offer_sudo: bool = False
) -> Privileges:
    """Give up every privilege of this process for good, and verify it.

    ``may_offer_sudo`` keeps sudo usable for an ordinary user, who has no privilege to give up; the caller must
    then call `forbid_sudo` before a packet is parsed.

    ``identity`` is whom to become, normally `invoking_identity()`; the capture child must have been given the
    same one.  Call this after that child is started, before any thread is started (capabilities belong to
    threads), and after importing what cannot be read later (`readable_after_drop`, `preload`).  Sets
    HOME, USER and LOGNAME to those of the new user.  Raises CaptureError when root could not be given up.
    """
    was_root = os.geteuid() == 0
    identity = identity if was_root else None
    try:
        give_up(identity, for_good=was_root or not may_offer_sudo)
    except OSError as error:
        raise CaptureError("root_kept", reason=reason_of(error)) from error
    if capabilities.effective() or capabilities.threads_with_capabilities():
        raise CaptureError("root_kept", reason="a thread kept its capabilities")
    if identity is None:
        user = _user_name(os.geteuid())
        return Privileges(PrivilegeState.ROOT_WITHOUT_RIGHTS if was_root else PrivilegeState.ORDINARY, user)
    if _can_become_root():
        raise CaptureError("root_kept", reason="uid 0 could be taken back")
    take_home(environment, identity.home, identity.name)
    return Privileges(PrivilegeState.GAVE_UP_ROOT, safe_text(identity.name))


def _user_name(uid: int) -> str:
    try:
        return safe_text(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


def _can_become_root() -> bool:
    for take_back in (os.setuid, os.seteuid):
        try:
            take_back(0)
        except PermissionError:
            continue
        return True
    return False


def interpreter_files() -> tuple[Path, ...]:
    """One file of each place that modules are imported from: the standard library, this package, site-packages.

    From the standard library a module that is not frozen into the interpreter; ``os``, for example, is.
    """
    specs = (importlib.util.find_spec(name) for name in ("queue", "tcptui", "numpy", "textual"))
    return tuple(Path(spec.origin) for spec in specs if spec is not None and spec.origin not in {None, "frozen"})


def readable_after_drop(paths: Sequence[Path], identity: Identity | None) -> bool:
    """Whether ``identity`` can read all of ``paths``; an interpreter in another user's 0700 home, for example, is not.

    ``identity`` None: root without its capabilities.  A forked child becomes ``identity`` and tries; where this
    process is not root, the child tries as the current user.  False where that takes longer than `_READ_SECONDS`.
    """
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no process, or no memory for one more
        os.close(reading)
        os.close(writing)
        return False
    if child == 0:
        code = 1
        try:
            give_up(identity)
            for path in paths:
                os.close(os.open(path, os.O_RDONLY))
            code = 0
        except OSError:
            code = 1
        finally:
            os._exit(code)
    os.close(writing)
    if not wait_readable(reading, _READ_SECONDS):  # the child's end of the pipe is closed when it has ended
        os.kill(child, signal.SIGKILL)
    os.close(reading)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def preload(packages: Iterable[str]) -> int:
    """Import ``packages`` and all their modules, so that nothing has to be read later; returns how many.

    Skips what cannot be imported (an optional part, another platform's), because it could not be imported later
    either, and ``__main__`` modules, which run when imported.
    """
    loaded = 0
    for package in packages:
        names = [package]
        for name in names:
            try:
                module = importlib.import_module(name)
            except ImportError:
                continue
            loaded += 1
            inner = pkgutil.iter_modules(getattr(module, "__path__", []), name + ".")
            names += [found.name for found in inner if not found.name.endswith(".__main__")]
    return loaded


def sudo_command(arguments: Sequence[str] | None = None) -> str:
    """The shell command that runs this program again with the right to capture.

    With full paths, because sudo searches a PATH of its own.  ``arguments`` are those after the
    program's name (default: this run's).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    return safe_text(shlex.join(["sudo", *program(), *words]))


def program() -> list[str]:
    """The command that starts this program from any directory: the installed script, or interpreter and module."""
    called = sys.argv[0] if sys.argv else ""
    import shutil  # every start would wait for the archives that it knows to pack

    script = Path(called).absolute() if os.sep in called else Path(shutil.which(called) or "/")
    if script.is_file() and script.suffix != ".py" and os.access(script, os.X_OK):
        return [str(script)]
    return [sys.executable, "-m", "tcptui"]
