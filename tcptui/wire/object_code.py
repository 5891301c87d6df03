"""Machine code of a kernel as an object file: made by numba once on a machine, loaded by LLVM alone ever after.

numba takes a third of a second and 60 MB to import, and more to look up what it has cached, only to hand over code that
it made long ago.  The kernels need nothing of it when they run: they are functions of integers, and of arrays of
integers, that call nobody.  So their code is kept without what numba puts around it for Python, and called here by its
calling convention (numba developer manual, "Calling conventions": result and error by pointer, an array as its parts).
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from tcptui.wire.inline_calls import inlined

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

#: What may be among the arguments beside arrays, as `kinds_of` names them.
_INTEGER: Final = "int"
_TRUTH: Final = "bool"
#: Functions of the C library that LLVM calls by itself.
_LIBRARY: Final = frozenset({"memcpy", "memmove", "memset"})
_DIGEST: Final = 32

#: Held while LLVM loads code, which is not safe for several threads.
_busy: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """A compiled kernel for arguments of certain kinds, as it is kept on disk."""

    symbol: str
    kinds: tuple[str, ...]
    results: int
    """How many integers it returns; 0: one that is not in a tuple."""
    code: bytes
    """An object file of this machine's format."""

    def packed(self) -> bytes:
        """As bytes for a file, from which `unpacked` reads it."""
        head = json.dumps([self.symbol, self.kinds, self.results]).encode() + b"\n"
        return hashlib.sha256(head + self.code).digest() + head + self.code

    @classmethod
    def unpacked(cls, data: bytes) -> Self | None:
        """What `packed` made ``data``; None where it is damaged."""
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
            return None
        head, _, code = data[_DIGEST:].partition(b"\n")
        symbol, kinds, results = json.loads(head)
        return cls(symbol, tuple(kinds), results, code)


def kinds_of(arguments: tuple[Any, ...]) -> tuple[str, ...]:
    """The kind of each of ``arguments``: ``int``, ``bool``, or type and dimensions of an array (``int64-2``).

    Raises TypeError for others, and for an array whose numbers do not lie one behind the other.
    """
    return tuple([_kind_of(argument) for argument in arguments])


def _kind_of(argument: Any) -> str:
    if isinstance(argument, np.ndarray):
        if not argument.flags.c_contiguous or argument.dtype.kind not in "iu":
            raise TypeError(f"a kernel takes contiguous arrays of integers, not {argument.dtype}")
        return f"{argument.dtype.name}-{argument.ndim}"
    if isinstance(argument, bool):
        return _TRUTH
    if isinstance(argument, int | np.integer):
        return _INTEGER
    raise TypeError(f"a kernel does not take {type(argument).__name__}")


def made_by_numba(kernel: FunctionType, kinds: tuple[str, ...]) -> ObjectCode:
    """``kernel``, compiled for arguments of ``kinds``; its indexes are not checked.

    Raises TypeError where it needs more than its arguments, or does not return integers.
    """
    from numba.core import compiler, types
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    def numba_type(kind: str) -> Any:
        if kind in (_INTEGER, _TRUTH):
            return types.int64 if kind == _INTEGER else types.boolean
        name, dimensions = kind.split("-")
        return types.Array(getattr(types, name), int(dimensions), "C")

    numba: Any = compiler  # of some versions without types
    flags = numba.Flags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.nrt = flags.boundscheck = False
    typing, target = cpu_target.typing_context, cpu_target.target_context
    with global_compiler_lock:
        typing.refresh()
        target.refresh()
        given = tuple(map(numba_type, kinds))
        made = numba.compile_extra(typing, target, inlined(kernel), given, None, flags, {})
        made.library.finalize()  # links what it calls, and optimizes
        module, returned = made.library._final_module, made.signature.return_type
        needed = {each.name for each in module.functions if each.is_declaration and not each.name.startswith("llvm.")}
        if needed - _LIBRARY:
            raise TypeError(f"{kernel.__name__} needs {', '.join(sorted(needed - _LIBRARY))}")
        if returned != types.int64 and (not isinstance(returned, types.UniTuple) or returned.dtype != types.int64):
            raise TypeError(f"{kernel.__name__} returns {returned}")
        results = 0 if returned == types.int64 else len(returned)
        code = target.codegen()._tm.emit_object(module)
    return ObjectCode(made.fndesc.llvm_func_name, kinds, results, code)


def loaded(made: ObjectCode) -> Callable[..., Any]:
    """``made`` as a function, which runs without the GIL.  It raises RuntimeError where the kernel fails."""
    import llvmlite.binding as llvm

    with _busy:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(made.code))
        engine.finalize_object()
        address = engine.get_function_address(made.symbol)
    return _Function(engine, address, made)


class _Function:
    def __init__(self, engine: object, address: int, made: ObjectCode) -> None:
        self._engine = engine
        """Owns the code."""
        parts: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
        for kind in made.kinds:
            parts += _parts(kind)
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *parts)(address)
        self._results = made.results

    def __call__(self, *arguments: Any) -> Any:
        given: list[Any] = []
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                place = argument.__array_interface__["data"][0]
                given += (None, None, argument.size, argument.itemsize, place, *argument.shape, *argument.strides)
            else:
                given.append(int(argument))
        results = (ctypes.c_int64 * max(self._results, 1))()
        failed = ctypes.c_void_p()
        if self._call(ctypes.addressof(results), ctypes.addressof(failed), *given):
            raise RuntimeError("the kernel failed")
        return tuple(results) if self._results else results[0]


def _parts(kind: str) -> list[Any]:
    """C types of what an argument of ``kind`` is handed over as."""
    if kind in (_INTEGER, _TRUTH):
        return [ctypes.c_int64 if kind == _INTEGER else ctypes.c_uint8]
    dimensions = int(kind.split("-")[1])
    # Owner of the memory and of the object (none), numbers, bytes of each, the data, shape and strides.
    return [*[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2, ctypes.c_void_p, *[ctypes.c_int64] * (2 * dimensions)]


def processor() -> str:
    """What machine code depends on beside its source: LLVM's names of this system, its processor and what that can."""
    import llvmlite.binding as llvm

    return f"{llvm.get_default_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


class CompiledKernel:
    """A kernel that is compiled, or loaded, when it is first called with arguments of some kinds."""

    def __init__(self, kernel: FunctionType, folder: Path | None) -> None:
        """``folder``: where its machine code is kept, which nobody else can write; None: nowhere."""
        self._kernel = kernel
        self._folder = folder
        self._made: dict[tuple[str, ...], Callable[..., Any]] = {}
        self.kept = False
        """Whether all code that was called so far is in the folder, to be loaded by the next process."""

    def __call__(self, *arguments: Any) -> Any:
        """What the kernel returns for ``arguments``.  Raises TypeError for such as it does not take."""
        kinds = kinds_of(arguments)
        made = self._made.get(kinds)
        if made is None:
            made = self._made[kinds] = self._function(kinds)
        return made(*arguments)

    def _function(self, kinds: tuple[str, ...]) -> Callable[..., Any]:
        path = None if self._folder is None else self._folder / f"{_name(kinds)}.o"
        found = None if path is None else _read(path)
        if found is None or found.kinds != kinds:
            try:
                found = made_by_numba(self._kernel, kinds)
            except (AttributeError, ImportError):  # another version of numba, in which things are elsewhere
                self.kept = False
                return self._only_here()
            if path is not None:
                with suppress(OSError):
                    _write(path, found.packed())
        self.kept = path is not None and path.is_file()
        return loaded(found)

    def _only_here(self) -> Callable[..., Any]:
        """The kernel as numba offers it, compiled anew by every process."""
        import numba

        made: Callable[..., Any] = numba.njit(nogil=True, boundscheck=False)(inlined(self._kernel))
        return made


def _name(kinds: tuple[str, ...]) -> str:
    """A file name for code of ``kinds`` that runs on this processor."""
    return hashlib.sha256(repr((kinds, processor())).encode()).hexdigest()[:16]


def _read(path: Path) -> ObjectCode | None:
    """What `_write` wrote to ``path``; None where there is nothing, or it is damaged."""
    try:
        return ObjectCode.unpacked(path.read_bytes())
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, which others find whole or not at all.  Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
