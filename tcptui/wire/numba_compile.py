"""Scalar kernels: one Python source, compiled by numba where that is installed.

A kernel is a function over preallocated integer arrays, written in the subset of
Python that numba compiles.  Without numba (or until the compiled code is ready) the very same
source runs over lists, which plain Python reads and writes faster than arrays.

Machine code is cached in the user's cache folder (`wire.kernel_cache`, `wire.object_code`), from where it is loaded
without numba; where that fails the kernel is compiled anew by each process.

LLVM, the compiler's library, is the largest thing that is loaded: 150 MB.  Python's import would load it in one call
that holds the GIL, and no key would be answered for a tenth of a second, so it is loaded beforehand without the GIL.
Compiling touches 50 MB of it, as much memory as half a million packets take; these pages are backed by the library's
file, so they are released afterwards and read again when needed.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.sparse_array import give_back

if TYPE_CHECKING:
    from tcptui.wire.object_code import CompiledKernel

#: Set to any value to run the plain source even when numba is installed.
PLAIN_VARIABLE: Final = "TCPTUI_PLAIN"

Kernel = Callable[..., Any]


def compiler_available() -> bool:
    """Whether kernels will be compiled in this process."""
    return PLAIN_VARIABLE not in os.environ and _is_installed()


@cache
def _is_installed() -> bool:
    return find_spec("numba") is not None  # looks through all folders that modules are imported from


def is_in_cache(kernel: Kernel) -> bool:
    """Whether `compile_kernel` will find the machine code of ``kernel``; answers without importing the compiler."""
    from importlib.metadata import PackageNotFoundError

    from tcptui.wire.kernel_cache import is_noted

    assert isinstance(kernel, FunctionType)
    try:
        return is_noted(kernel, *_compiler())
    except PackageNotFoundError:
        return False


def note_in_cache(kernel: Kernel) -> None:
    """Note for `is_in_cache` that ``kernel`` has been compiled."""
    from tcptui.wire.kernel_cache import note_compiled

    assert isinstance(kernel, FunctionType)
    note_compiled(kernel, *_compiler())


def compile_kernel(kernel: Kernel) -> CompiledKernel:
    """``kernel`` as machine code that runs without the GIL; call `compiler_available` first."""
    from tcptui.wire.kernel_cache import cache_folder
    from tcptui.wire.object_code import CompiledKernel

    assert isinstance(kernel, FunctionType)
    load_compiler()
    return CompiledKernel(kernel, cache_folder(kernel, *_compiler()))


def _compiler() -> tuple[object, ...]:
    """What machine code depends on beside the kernel.  Raises PackageNotFoundError without the compiler."""
    from importlib.metadata import version

    from tcptui.wire.object_code import FORMAT

    return version("numba"), FORMAT


_NAME: Final = "libllvmlite"
_PLACE: Final = Path("binding", _NAME + (".dylib" if sys.platform == "darwin" else ".so"))
#: Access of code in proc_pid_maps(5): it can only be read and run.  Other parts of a library may have been written to
#: since it was loaded, so their pages must stay.
_PROGRAM: Final = "r-xp"
_MAPS: Final = Path("/proc/self/maps")


def load_compiler() -> None:
    """Load the compiler's library while other threads run; importing the compiler finds it loaded."""
    spec = find_spec("llvmlite")
    library = Path(spec.origin).parent / _PLACE if spec is not None and spec.origin is not None else None
    if library is None or not library.is_file():
        return  # not at the known place: the import loads it, or says what is wrong
    # ctypes calls foreign functions without the GIL, but holds the GIL while it loads a library itself.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)


def release_compiler() -> None:
    """Release the pages that hold the code of the compiler's library, if it is loaded (Linux)."""
    if sys.platform != "linux":
        return
    try:
        lines = _MAPS.read_text(errors="replace").splitlines()
    except OSError:
        return  # without /proc the pages stay, which does no harm
    for line in lines:
        if f"/{_NAME}" not in line:
            continue
        places, access = line.split()[:2]
        if access == _PROGRAM:
            begin, end = (int(place, 16) for place in places.split("-"))
            give_back(begin, end - begin)
