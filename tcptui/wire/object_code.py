"""Machine code of a kernel as an object file: made by numba once on a machine, loaded by LLVM alone ever after.

numba takes a third of a second and 60 MB to import, and more to look up what it has cached, only to hand over code that
it made long ago.  The kernels need nothing of it when they run: they are functions of integers, and of arrays of
integers, that call nobody.  So their code is kept without what numba puts around it for Python.  A function of ours
stands before it, which takes all arguments as one row of integers: numba's own takes each array as seven and more
(numba developer manual, "Calling conventions"), and to hand over three hundred by ctypes takes longer than the work.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import inspect
import json
import threading
from array import array
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from itertools import count
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.userdirs.directory import Directory

#: What may be among the arguments beside arrays, as `kinds_of` names them.
_INTEGER: Final = "int"
_TRUTH: Final = "bool"
#: Types of numbers in arrays; NumPy takes long to tell a name.
_NAMES: Final = {np.dtype(name): name for name in ("int64", "int32", "uint32", "uint16", "uint8")}
#: Functions of the C library that LLVM calls by itself.
_LIBRARY: Final = frozenset({"memcpy", "memmove", "memset"})
_DIGEST: Final = 32
#: A longer file (bytes) was not written by us.
_LARGEST: Final = 64 << 20
#: Part of the name of the folder for all code; incremented when what is in a file, or how it is called, changes.
FORMAT: Final = 1
#: Name of the function that is called here.
_ENTRY: Final = "tcptui_kernel"

#: Held while LLVM loads code, which is not safe for several threads.
_busy: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """A compiled kernel for arguments of certain kinds, as it is kept on disk."""

    kinds: tuple[str, ...]
    results: int
    """How many integers it returns; 0: one that is not in a tuple."""
    code: bytes
    """An object file of this machine's format."""

    def packed(self) -> bytes:
        """As bytes for a file, from which `unpacked` reads it."""
        head = json.dumps([self.kinds, self.results]).encode() + b"\n"
        return _digest(head + self.code) + head + self.code

    @classmethod
    def unpacked(cls, data: bytes) -> Self | None:
        """What `packed` made ``data``; None where it is damaged, or of another `FORMAT`."""
        if _digest(data[_DIGEST:]) != data[:_DIGEST]:
            return None
        head, _, code = data[_DIGEST:].partition(b"\n")
        kinds, results = json.loads(head)
        return cls(tuple(kinds), results, code)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(b"%d %b" % (FORMAT, data)).digest()


def kinds_of(arguments: tuple[Any, ...]) -> tuple[str, ...]:
    """The kind of each of ``arguments``: ``int``, ``bool``, or type and dimensions of an array (``int64-2``).

    Raises TypeError for others, and for an array whose numbers do not lie one behind the other.
    """
    return tuple([_kind_of(argument) for argument in arguments])


def _kind_of(argument: Any) -> str:
    if isinstance(argument, np.ndarray):
        name = _NAMES.get(argument.dtype)
        if name is None or not argument.flags.c_contiguous:
            raise TypeError(f"a kernel takes contiguous arrays of integers, not {argument.dtype}")
        return f"{name}-{argument.ndim}"
    if isinstance(argument, bool):
        return _TRUTH
    if isinstance(argument, int | np.integer):
        return _INTEGER
    raise TypeError(f"a kernel does not take {type(argument).__name__}")


def compile_kernel(kernel: FunctionType, kinds: tuple[str, ...]) -> ObjectCode:
    """``kernel``, compiled for arguments of ``kinds``; its indexes are not checked.

    Raises TypeError where it needs more than its arguments, or does not return integers.
    """
    import llvmlite.binding as llvm
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
        module.link_in(llvm.parse_assembly(_entry(made.fndesc.llvm_func_name, kinds)))
        code = target.codegen()._tm.emit_object(module)
    return ObjectCode(kinds, results, code)


def _entry(symbol: str, kinds: tuple[str, ...]) -> str:
    """LLVM's assembly of the function `_ENTRY`, which calls numba's function ``symbol``.

    It takes pointers to the arguments, as `_Function` packs them, to room for the results, and for numba's error.
    """
    from llvmlite import ir

    number, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
    module: Any = ir.Module()
    entry: Any = ir.Function(module, ir.FunctionType(ir.IntType(32), [number.as_pointer(), pointer, pointer]), _ENTRY)
    build: Any = ir.IRBuilder(entry.append_basic_block())
    places = count()

    def following() -> Any:
        return build.load(build.gep(entry.args[0], [number(next(places))]))

    handed: list[Any] = [entry.args[1], entry.args[2]]
    for kind in kinds:
        if kind in (_INTEGER, _TRUTH):
            value = following()
            handed.append(value if kind == _INTEGER else build.trunc(value, ir.IntType(8)))
            continue
        name, dimensions = kind.split("-")
        data, size = following(), number(np.dtype(name).itemsize)
        shape = [following() for _ in range(int(dimensions))]
        strides = [size]
        for length in reversed(shape[1:]):
            strides.insert(0, build.mul(strides[0], length))
        numbers = reduce(build.mul, shape)
        # Nobody owns the memory: no object, and no counter of references.
        handed += [pointer(None), pointer(None), numbers, size, build.inttoptr(data, pointer), *shape, *strides]
    called = ir.Function(module, ir.FunctionType(ir.IntType(32), [each.type for each in handed]), symbol)
    build.ret(build.call(called, handed))
    return str(module)


def loaded(compiled: ObjectCode) -> Callable[..., Any]:
    """``compiled`` as a function, which runs without the GIL.  It raises RuntimeError where the kernel fails."""
    import llvmlite.binding as llvm

    with _busy:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(compiled.code))
        engine.finalize_object()
        address = engine.get_function_address(_ENTRY)
    return _Function(engine, address, compiled.results)


class _Function:
    def __init__(self, engine: object, address: int, results: int) -> None:
        self._engine = engine
        """Owns the code."""
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 3)(address)
        self._results = results

    def __call__(self, *arguments: Any) -> Any:
        given = array("q")
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                given.append(argument.__array_interface__["data"][0])
                given.extend(argument.shape)
            else:
                given.append(argument)
        results = array("q", bytes(8 * max(self._results, 1)))
        failed = array("q", (0,))
        if self._call(*(each.buffer_info()[0] for each in (given, results, failed))):
            raise RuntimeError("the kernel failed")
        return tuple(results) if self._results else results[0]


def processor() -> str:
    """What machine code depends on beside its source: LLVM's names of this system, its processor and what that can."""
    import llvmlite.binding as llvm

    return f"{llvm.get_default_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


class CompiledKernel:
    """A kernel that is compiled, or loaded, when it is first called with arguments of some kinds."""

    def __init__(self, kernel: FunctionType, folder: Directory | None) -> None:
        """``folder``: where its machine code is kept; None: nowhere."""
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
        folder, name = self._folder, f"{_name(kinds)}.o"
        found = None if folder is None else _read(folder, name)
        if found is None or found.kinds != kinds:
            try:
                found = compile_kernel(self._kernel, kinds)
            except (AttributeError, ImportError):  # another version of numba, in which things are elsewhere
                self.kept = False
                return self._only_here()
            if folder is not None:
                with suppress(OSError):
                    folder.write(name, found.packed())
        self.kept = folder is not None and folder.has(name)
        return loaded(found)

    def _only_here(self) -> Callable[..., Any]:
        """The kernel as numba offers it, compiled anew by every process."""
        import numba

        made: Callable[..., Any] = numba.njit(nogil=True, boundscheck=False)(inlined(self._kernel))
        return made


def _name(kinds: tuple[str, ...]) -> str:
    """A file name for code of ``kinds`` that runs on this processor."""
    return hashlib.sha256(repr((kinds, processor())).encode()).hexdigest()[:16]


def _read(folder: Directory, name: str) -> ObjectCode | None:
    """The code in the file ``name``; None where there is none, it is damaged, or others could have written it."""
    try:
        return ObjectCode.unpacked(folder.read(name, _LARGEST))
    except OSError:
        return None


# Inlines the functions that a kernel calls into the kernel's source, before numba compiles it.
#
# A call, also one that numba inlines, changes the reference count of every array argument by an atomic instruction.
# That takes a quarter of the kernel's time.


def inlined(kernel: FunctionType) -> FunctionType:
    """``kernel`` with each statement ``targets = function(names)`` replaced by the body of that function.

    Raises TypeError where a call cannot be replaced: arguments must have the parameters' names, parameters are not
    assigned to, and the only ``return`` comes last.
    """
    called = {
        name: function
        for name in kernel.__code__.co_names
        if isinstance(function := kernel.__globals__.get(name), FunctionType)
    }
    if not called:
        return kernel
    module = ast.Module([_Inliner(called).visit(_definition(kernel))], [])
    space: dict[str, object] = {}
    for function in (*called.values(), kernel):
        space |= function.__globals__
    exec(compile(ast.fix_missing_locations(module), kernel.__code__.co_filename, "exec"), space)
    made = space[kernel.__name__]
    assert isinstance(made, FunctionType)
    return made


def _definition(function: FunctionType) -> ast.FunctionDef:
    definition = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    # numba's cache identifies a function by its first line.
    ast.increment_lineno(definition, function.__code__.co_firstlineno - definition.lineno)
    return definition


class _Inliner(ast.NodeTransformer):
    def __init__(self, called: dict[str, FunctionType]) -> None:
        self._called = called

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        call = node.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in self._called):
            return node
        definition = _definition(self._called[call.func.id])
        names = {each for each in ast.walk(definition) if isinstance(each, ast.Name)}
        assigned = {each.id for each in names if isinstance(each.ctx, ast.Store)}
        parameters = [each.arg for each in definition.args.args]
        returns = [each for each in ast.walk(definition) if isinstance(each, ast.Return)]
        last = definition.body[-1]
        if (
            [ast.unparse(argument) for argument in call.args] != parameters
            or assigned & set(parameters)
            or returns != [last]
            or not isinstance(last, ast.Return)
            or last.value is None
        ):
            raise TypeError(f"{call.func.id} cannot be inlined")
        for each in names:  # local names must not clash with the kernel's
            if each.id in assigned:
                each.id = f"{definition.name}_{each.id}"
        return [*definition.body[:-1], ast.copy_location(ast.Assign(node.targets, last.value), node)]
