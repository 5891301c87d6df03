"""Runs a compiled filter over many packets at once: the classic BPF virtual machine, in NumPy.

A BPF program only jumps forward, so one pass over its instructions suffices: each instruction is
executed once, for all packets whose program counter has reached it.  Semantics: McCanne and
Jacobson, "The BSD Packet Filter", 1993, and libpcap's bpf_filter.c: arithmetic modulo 2**32, a load
outside the captured bytes or a division by zero rejects the packet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Instruction = tuple[int, int, int, int]

# Instruction classes, and the values of the fields within an instruction code (net/bpf.h).
_LD, _LDX, _ST, _STX, _ALU, _JMP, _RET, _MISC = range(8)
_SIZES: Final = {0x00: 4, 0x08: 2, 0x10: 1}
_IMM, _ABS, _IND, _MEM, _LEN, _MSH = 0x00, 0x20, 0x40, 0x60, 0x80, 0xA0
_FROM_X: Final = 0x08
_RET_A: Final = 0x10
_TXA: Final = 0x80
_JA, _JEQ, _JGT, _JGE, _JSET = 0x00, 0x10, 0x20, 0x30, 0x40
_MEMORY_WORDS: Final = 16


class BpfMachine:
    """One BPF program; `run` keeps no state between calls."""

    def __init__(self, program: Sequence[Instruction]) -> None:
        self._program = tuple(program)

    def run(
        self,
        data: NDArray[np.uint8],
        starts: NDArray[np.int64],
        captured: NDArray[np.int64],
        wire: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Boolean mask of the packets that the program accepts.

        Packet ``i`` is the ``captured[i]`` bytes of ``data`` from ``starts[i]``; its original length was ``wire[i]``.
        """
        state = _State(data, starts, captured, wire)
        arrived: dict[int, list[NDArray[np.intp]]] = {0: [np.arange(starts.size)]}
        for at, instruction in enumerate(self._program):
            parts = arrived.pop(at, None)
            if parts is None:
                continue
            packets = parts[0] if len(parts) == 1 else np.concatenate(parts)
            for target, moved in state.step(at, instruction, packets):
                if moved.size:
                    arrived.setdefault(target, []).append(moved)
        return state.accepted


class _State:
    """The registers A and X and the scratch memory, as arrays with one entry per packet."""

    def __init__(
        self,
        data: NDArray[np.uint8],
        starts: NDArray[np.int64],
        captured: NDArray[np.int64],
        wire: NDArray[np.int64],
    ) -> None:
        self._data, self._starts, self._captured, self._wire = data, starts, captured, wire
        self._a = np.zeros(starts.size, np.uint32)
        self._x = np.zeros(starts.size, np.uint32)
        self._memory = np.zeros((_MEMORY_WORDS, 0), np.uint32)
        self.accepted = np.zeros(starts.size, np.bool_)

    def step(self, at: int, instruction: Instruction, packets: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
        """Execute the instruction at ``at`` for ``packets`` (indices).

        Returns pairs of the next instruction and the packets that continue there.  Packets in no pair are done: a
        return instruction has set `accepted`, or they are rejected.
        """
        code, _if_true, _if_false, k = instruction
        kind = code & 0x07
        if kind == _RET:
            self.accepted[packets] = self._a[packets] != 0 if code & 0x18 == _RET_A else k != 0
            return []
        if kind == _JMP:
            return self._jump(at, instruction, packets)
        if kind == _LD:
            packets = self._load(code, k, packets, self._a)
        elif kind == _LDX:
            packets = self._load(code, k, packets, self._x)
        elif kind in (_ST, _STX):
            self._store(k, packets, self._a if kind == _ST else self._x)
        elif kind == _ALU:
            packets = self._compute(code, k, packets)
        elif code & 0xF8 == _TXA:
            self._a[packets] = self._x[packets]
        else:
            self._x[packets] = self._a[packets]
        return [(at + 1, packets)]

    def _jump(self, at: int, instruction: Instruction, packets: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
        code, if_true, if_false, k = instruction
        operation = code & 0xF0
        if operation == _JA:
            return [(at + 1 + k, packets)]
        a = self._a[packets]
        operand = self._x[packets] if code & _FROM_X else np.uint32(k)
        if operation == _JEQ:
            holds = a == operand
        elif operation == _JGT:
            holds = a > operand
        elif operation == _JGE:
            holds = a >= operand
        else:
            holds = (a & operand) != 0
        return [(at + 1 + if_true, packets[holds]), (at + 1 + if_false, packets[~holds])]

    def _load(self, code: int, k: int, packets: NDArray[np.intp], register: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Load into ``register``; returns the packets for which the load was within the captured bytes."""
        mode = code & 0xE0
        if mode == _IMM:
            register[packets] = k
        elif mode == _LEN:
            register[packets] = self._wire[packets].astype(np.uint32)
        elif mode == _MEM:
            register[packets] = self._memory[k, packets] if self._memory.size else 0
        elif mode == _MSH:  # 4 * (P[k] & 0xf): the length of an IPv4 header
            packets, values = self._bytes(np.full(packets.size, k, np.int64), 1, packets)
            register[packets] = (values & 0xF) << 2
        else:
            offsets = np.full(packets.size, k, np.int64)
            if mode == _IND:
                offsets += self._x[packets]
            packets, values = self._bytes(offsets, _SIZES[code & 0x18], packets)
            register[packets] = values
        return packets

    def _bytes(
        self, offsets: NDArray[np.int64], size: int, packets: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
        """The packets that are long enough, and the big-endian number of ``size`` bytes at ``offsets`` of each."""
        inside = offsets + size <= self._captured[packets]
        if not inside.all():
            packets, offsets = packets[inside], offsets[inside]
        first = self._starts[packets] + offsets
        value = self._data[first].astype(np.uint32)
        for further in range(1, size):
            value = (value << np.uint32(8)) | self._data[first + further]
        return packets, value

    def _store(self, k: int, packets: NDArray[np.intp], register: NDArray[np.uint32]) -> None:
        if not self._memory.size:
            self._memory = np.zeros((_MEMORY_WORDS, register.size), np.uint32)
        self._memory[k, packets] = register[packets]

    def _compute(self, code: int, k: int, packets: NDArray[np.intp]) -> NDArray[np.intp]:
        operation = code & 0xF0
        operand = self._x[packets] if code & _FROM_X else np.full(packets.size, k, np.uint32)
        if operation in (0x30, 0x90):  # division and remainder
            possible = operand != 0
            packets, operand = packets[possible], operand[possible]
        a = self._a[packets]
        if operation in (0x60, 0x70):
            # A shift by 32 or more yields 0; in NumPy, as in C, it would be undefined.
            shifted = a << (operand & 31) if operation == 0x60 else a >> (operand & 31)
            result = np.where(operand < 32, shifted, np.uint32(0))
        else:
            result = _ARITHMETIC[operation](a, operand)
        self._a[packets] = result
        return packets


_ARITHMETIC: Final[dict[int, Callable[[NDArray[np.uint32], NDArray[np.uint32]], NDArray[np.uint32]]]] = {
    0x00: np.add,
    0x10: np.subtract,
    0x20: np.multiply,
    0x30: np.floor_divide,
    0x40: np.bitwise_or,
    0x50: np.bitwise_and,
    0x80: lambda a, _operand: np.negative(a),
    0x90: np.remainder,
    0xA0: np.bitwise_xor,
}
