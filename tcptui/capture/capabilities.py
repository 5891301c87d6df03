"""Linux capabilities of this process, through ctypes: the standard library has no call for them.

Imports little, because the capture child imports it before it drops its privileges.
See capabilities(7), prctl(2) and capset(2).  On other systems than Linux nothing here applies:
`SUPPORTED` is False, the calls do nothing and `effective` is empty.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

SUPPORTED: Final = sys.platform == "linux"

CAP_DAC_OVERRIDE: Final = 1
CAP_DAC_READ_SEARCH: Final = 2
CAP_KILL: Final = 5
CAP_SETPCAP: Final = 8
CAP_NET_RAW: Final = 13
CAP_SYS_PTRACE: Final = 19

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_KEEPCAPS: Final = 8
_PR_CAPBSET_READ: Final = 23
_PR_CAPBSET_DROP: Final = 24
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
#: _LINUX_CAPABILITY_VERSION_3 of linux/capability.h: two 32-bit words for each set.
_VERSION_3: Final = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Word(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _prctl(option: int, first: int = 0, second: int = 0) -> int:
    """Call prctl(2); returns its result, -1 where the kernel refused or does not know the option."""
    if not SUPPORTED:
        return -1
    arguments = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    return int(ctypes.CDLL(None, use_errno=True).prctl(ctypes.c_int(option), *arguments))


def keep_through_setuid() -> None:
    """Let permitted capabilities survive the next change from uid 0 to another."""
    _prctl(_PR_SET_KEEPCAPS, 1)


def drop_bounding_set() -> bool:
    """Empty the bounding set, so that no program started later can gain a capability; returns whether it is empty.

    Needs CAP_SETPCAP; without it the set stays as it is.
    """
    capability = 0
    while (present := _prctl(_PR_CAPBSET_READ, capability)) >= 0:
        if present and _prctl(_PR_CAPBSET_DROP, capability) < 0:
            return False
        capability += 1
    return True


def clear_ambient() -> None:
    """Empty the ambient set."""
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


def no_new_privileges() -> bool:
    """Set no_new_privs: set-uid bits and file capabilities have no effect on this thread and its children, for good.

    Returns whether the kernel did.
    """
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1) == 0


def adopt_orphans() -> None:
    """Have what descends from this process become its children when their parents end (PR_SET_CHILD_SUBREAPER)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent(signal_number: int) -> None:
    """Have the kernel send ``signal_number`` when the parent dies.

    A change of credentials clears this setting, so call it after that change.
    """
    _prctl(_PR_SET_PDEATHSIG, signal_number)


def keep_only(*capabilities: int) -> None:
    """Set the permitted and effective sets to exactly ``capabilities``, and empty the inheritable set.

    Acts on the calling thread.  Raises PermissionError where one of them is not permitted now.
    """
    if not SUPPORTED:
        return
    mask = sum(1 << capability for capability in capabilities)
    words = (_Word * 2)(
        *(_Word(part, part, 0) for part in (mask & 0xFFFF_FFFF, mask >> 32)),
    )
    header = _Header(_VERSION_3, 0)
    if ctypes.CDLL(None, use_errno=True).capset(ctypes.byref(header), words) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _granted() -> tuple[int, int]:
    """The effective and permitted capabilities of the calling thread, as bits (capget(2)): /proc may be missing."""
    words = (_Word * 2)()
    header = _Header(_VERSION_3, 0)
    if not SUPPORTED or ctypes.CDLL(None, use_errno=True).capget(ctypes.byref(header), words) != 0:
        return 0, 0
    low, high = words
    return low.effective | high.effective << 32, low.permitted | high.permitted << 32


def _permitted(status: Path) -> int:
    """The permitted capabilities in a thread's status file (proc_pid_status(5)), as bits; 0 when it has ended."""
    try:
        text = status.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("CapPrm:"):
            return int(line.partition(":")[2], 16)
    return 0


def effective() -> frozenset[int]:
    """The effective capabilities of this thread; empty on other systems than Linux."""
    mask, _permitted_too = _granted()
    return frozenset(bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def threads_with_capabilities() -> int:
    """How many threads of this process still have a permitted capability; without /proc only the calling one is known.

    capset(2) acts on the calling thread alone, so this is how to verify that all threads dropped theirs.
    """
    if not SUPPORTED:
        return 0
    try:
        tasks = list(Path("/proc/self/task").iterdir())
    except OSError:
        return int(_granted()[1] != 0)
    return sum(1 for task in tasks if _permitted(task / "status"))
