"""The compiler's own program, LLVM: the largest thing that is loaded.

Its 150 MB come from the disk by one call; made by Python's import that call lets no other thread run, and no key is
answered for a tenth of a second.  50 MB are read of it to find a kernel in the cache, as much as half a million
packets take.  These pages hold what is in its file: given back, they are read again if it is used again.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tcptui.model.paged import give_back

_NAME: Final = "libllvmlite"
_PLACE: Final = Path("binding", _NAME + (".dylib" if sys.platform == "darwin" else ".so"))
#: proc_pid_maps(5): what can only be read and run.  Other parts of a library may have been written to once.
_PROGRAM: Final = "r-xp"
_MAPS: Final = Path("/proc/self/maps")


def load_compiler() -> None:
    """Load the compiler's library while other threads run; importing the compiler finds it loaded."""
    spec = find_spec("llvmlite")
    library = Path(spec.origin).parent / _PLACE if spec is not None and spec.origin is not None else None
    if library is None or not library.is_file():
        return  # not where it is known to lie: importing it tells
    # Foreign functions are called without the interpreter's lock; loading by ctypes itself keeps it.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


def release_compiler() -> None:
    """Give the system back the pages of the compiler's program, where there is one (Linux)."""
    if sys.platform != "linux":
        return
    try:
        lines = _MAPS.read_text(errors="replace").splitlines()
    except OSError:
        return  # no /proc here: they stay, and nothing is wrong
    for line in lines:
        if f"/{_NAME}" not in line:
            continue
        places, access = line.split()[:2]
        if access == _PROGRAM:
            begin, end = (int(place, 16) for place in places.split("-"))
            give_back(begin, end - begin)
