"""Machine code as somebody else might plant it: valid files for every kernel, whose code makes a file and ends.

    python tests/support/planted_code.py CACHE MARKER

replaces all machine code below the folder CACHE, as `tcptui.wire.object_code` keeps it, by code that makes MARKER.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tcptui.wire.object_code import ObjectCode


def evil_code(marker: Path) -> bytes:
    """An object file whose function of the kernels' name makes the file ``marker`` and ends the process."""
    import llvmlite.binding as llvm
    from llvmlite import ir

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
    module: Any = ir.Module()
    creat: Any = ir.Function(module, ir.FunctionType(number, [pointer, number]), "creat")
    leave: Any = ir.Function(module, ir.FunctionType(ir.VoidType(), [number]), "_exit")
    entry: Any = ir.Function(module, ir.FunctionType(number, [pointer] * 3), "tcptui_kernel")
    build: Any = ir.IRBuilder(entry.append_basic_block())
    name = bytearray(bytes(marker) + b"\0")
    text: Any = ir.GlobalVariable(module, ir.ArrayType(ir.IntType(8), len(name)), "name")
    text.initializer, text.global_constant = ir.Constant(ir.ArrayType(ir.IntType(8), len(name)), name), True
    build.call(creat, [build.bitcast(text, pointer), number(0o644)])
    build.call(leave, [number(66)])
    build.ret(number(0))
    machine = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
    return machine.emit_object(llvm.parse_assembly(str(module)))


def plant(cache: Path, marker: Path) -> int:
    """Replace all machine code below ``cache``; returns how many files."""
    code = evil_code(marker)
    count = 0
    for path in cache.rglob("*.o"):
        whole = ObjectCode.unpacked(path.read_bytes())
        assert whole is not None
        path.write_bytes(ObjectCode(whole.kinds, whole.results, code).packed())
        count += 1
    return count


if __name__ == "__main__":
    print(plant(Path(sys.argv[1]), Path(sys.argv[2])))
