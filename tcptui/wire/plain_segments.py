"""`PlainSegments`: decodes plain segments in one pass over a batch, by a kernel (see `numba_compile`).

Nine of ten packets are Ethernet with at most one VLAN tag, IP without options or extension headers, and TCP with all of
its header captured.  The steps of `decode` read these, too, but each with a dozen of NumPy's calls over the batch; the
kernel needs a twentieth of their time.  What is not plain it leaves to them.  Run by plain Python it would be slower
than they are, so only machine code is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.flow_table import KEY_WORDS
from tcptui.model.packet_store import DecodeIssue, OptionBit, PacketStore, RowKind
from tcptui.model.seq import SEQ_HALF, SEQ_MASK
from tcptui.wire.numba_compile import compile_kernel, is_in_cache, note_in_cache
from tcptui.wire.tcp_options import ALIGNED_TIMESTAMPS, COUNTED_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.wire.numba_compile import Kernel

    I64 = NDArray[np.int64]

_ETHERNET: Final = 1
_VLAN, _IPV4, _IPV6 = 0x8100, 0x0800, 0x86DD
_TCP: Final = 6
#: Version 4 and a header of five words, the first byte of an IPv4 header without options.
_NO_OPTIONS: Final = 0x45
#: Bytes of the shortest frames that are read: Ethernet, IPv4 or IPv6, TCP.
_LEAST: Final = 54
_LEAST_IPV6: Final = 74
#: Kinds of options that are read, where they have the length of their kind.
_END, _NOP, _MSS, _SCALE, _PERMITTED, _SACK, _TIMES = 0, 1, 2, 3, 4, 5, 8
# As plain integers, which numba compiles in.
_IS_TCP, _TRUNCATED, _TIMESTAMPS = int(RowKind.TCP), int(DecodeIssue.TRUNCATED), int(OptionBit.TIMESTAMPS)
_HAS_MSS, _HAS_SCALE, _HAS_PERMITTED = int(OptionBit.MSS), int(OptionBit.WINDOW_SCALE), int(OptionBit.SACK_PERMITTED)
_HAS_SACK, _HAS_DSACK = int(OptionBit.SACK), int(OptionBit.DSACK)
#: Columns that `read_plain` fills, in its order.
_COLUMNS: Final = (
    "issues", "network_offset", "transport_offset", "ttl", "tos", "ip_id", "protocol", "kind", "from_b", "seq", "ack",
    "flags", "window", "header_length", "length", "options", "ts_value", "ts_echo", "mss", "window_scale",
    "sack_left", "sack_right", "sack_bytes",
)  # fmt: skip


def read_plain(
    buf: Any, start: Any, captured: Any, wire: Any, links: Any,
    issues: Any, network_offset: Any, transport_offset: Any, ttl: Any, tos: Any, ip_id: Any, protocol: Any, kind: Any,
    from_b: Any, seq: Any, ack: Any, flags: Any, window: Any, header_length: Any, length: Any, options: Any,
    ts_value: Any, ts_echo: Any, mss: Any, window_scale: Any, sack_left: Any, sack_right: Any, sack_bytes: Any,
    keys: Any, read: Any, with_options: Any, rest: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill one row of the columns for each plain frame; zeros are not written, so that their memory is not touched.

    ``read`` gets the indexes of these frames, and ``keys`` the flow key of each (`FlowTable`, `KEY_WORDS` integers);
    ``with_options`` those among them whose options are not read, ``rest`` all other frames.  Returns how many each of
    the three got.
    """
    # Products and sums of bytes are signed integers to numba, their shifts are not.
    done, left, others = 0, 0, 0
    for i in range(len(start)):
        p, cap = start[i], captured[i]
        end = max(wire[i], cap)
        rest[others] = i
        others += 1
        if links[i] != _ETHERNET or cap < _LEAST:
            continue
        net = 14
        ethertype = buf[p + 12] * 0x100 + buf[p + 13]
        if ethertype == _VLAN:
            net = 18
            ethertype = buf[p + 16] * 0x100 + buf[p + 17]
        ip = p + net
        if ethertype == _IPV4:
            if buf[ip] != _NO_OPTIONS or buf[ip + 9] != _TCP or (buf[ip + 6] & 0x3F) != 0 or buf[ip + 7] != 0:
                continue
            tcp = net + 20
            stop = net + (buf[ip + 2] * 0x100 + buf[ip + 3])
            hops = buf[ip + 8] + 0
            service = buf[ip + 1] + 0
            identification = buf[ip + 4] * 0x100 + buf[ip + 5]
            source, size = ip + 12, 4
        elif ethertype == _IPV6:
            if cap < _LEAST_IPV6 or buf[ip] >> 4 != 6 or buf[ip + 6] != _TCP:
                continue
            tcp = net + 40
            stop = tcp + (buf[ip + 4] * 0x100 + buf[ip + 5])
            hops = buf[ip + 7] + 0
            first = buf[ip] * 0x100 + buf[ip + 1]
            service = first >> 4 & 0xFF
            identification = 0
            source, size = ip + 8, 16
        else:
            continue
        # A length of zero, or beyond the frame, is left to the steps, and so is a header that is not there as a whole.
        if stop > end or min(cap, stop) < tcp + 20:
            continue
        t = p + tcp
        bits = buf[t + 12] * 0x100 + buf[t + 13]
        header = bits >> 12 << 2
        if header < 20 or min(cap, stop) < tcp + header:
            continue
        payload = stop - tcp - header
        # These may be padding.
        if (payload == 2 or payload == 6) and ethertype == _IPV4 and (stop - net == 46 or stop - net == 42):
            continue
        others -= 1
        read[done] = i
        if cap < wire[i]:
            issues[i] = _TRUNCATED
        network_offset[i] = net
        transport_offset[i] = tcp
        ttl[i] = hops
        if service:
            tos[i] = service
        ip_id[i] = identification
        protocol[i] = _TCP
        kind[i] = _IS_TCP
        seq[i] = buf[t + 4] * 0x100_0000 + buf[t + 5] * 0x1_0000 + buf[t + 6] * 0x100 + buf[t + 7]
        number = buf[t + 8] * 0x100_0000 + buf[t + 9] * 0x1_0000 + buf[t + 10] * 0x100 + buf[t + 11]
        ack[i] = number
        flags[i] = bits & 0xFFF
        window[i] = buf[t + 14] * 0x100 + buf[t + 15]
        header_length[i] = header
        length[i] = payload
        if header > 20:
            word = buf[t + 20] * 0x100_0000 + buf[t + 21] * 0x1_0000 + buf[t + 22] * 0x100 + buf[t + 23]
            if header == 32 and word == ALIGNED_TIMESTAMPS:
                options[i] = _TIMESTAMPS
                ts_value[i] = buf[t + 24] * 0x100_0000 + buf[t + 25] * 0x1_0000 + buf[t + 26] * 0x100 + buf[t + 27]
                ts_echo[i] = buf[t + 28] * 0x100_0000 + buf[t + 29] * 0x1_0000 + buf[t + 30] * 0x100 + buf[t + 31]
            else:
                bits, at, stop = 0, t + 20, t + header
                size_limit, shift, value, echo, begin, until, covered = 0, 0, 0, 0, 0, 0, 0
                while at < stop and buf[at] != _END:
                    option = buf[at] + 0
                    size_of = buf[at + 1] + 0
                    if option == _NOP:
                        at += 1
                        continue
                    if at + size_of > stop:
                        break
                    if option == _SACK and size_of >= 10 and size_of % 8 == 2:
                        bits |= _HAS_SACK
                        covered = 0
                        for block in range(min(size_of // 8, COUNTED_BLOCKS)):
                            edge = at + 2 + 8 * block
                            left_edge = (
                                buf[edge] * 0x100_0000
                                + buf[edge + 1] * 0x1_0000
                                + buf[edge + 2] * 0x100
                                + buf[edge + 3]
                            )
                            right_edge = (
                                buf[edge + 4] * 0x100_0000
                                + buf[edge + 5] * 0x1_0000
                                + buf[edge + 6] * 0x100
                                + buf[edge + 7]
                            )
                            covered += right_edge - left_edge & SEQ_MASK
                            if block == 0:
                                begin, until = left_edge, right_edge
                                if (number - right_edge & SEQ_MASK) < SEQ_HALF:
                                    bits |= _HAS_DSACK
                            elif (
                                block == 1
                                and (begin - left_edge & SEQ_MASK) < SEQ_HALF
                                and (right_edge - until & SEQ_MASK) < SEQ_HALF
                            ):
                                bits |= _HAS_DSACK
                    elif option == _TIMES and size_of == 10:
                        bits |= _TIMESTAMPS
                        value = buf[at + 2] * 0x100_0000 + buf[at + 3] * 0x1_0000 + buf[at + 4] * 0x100 + buf[at + 5]
                        echo = buf[at + 6] * 0x100_0000 + buf[at + 7] * 0x1_0000 + buf[at + 8] * 0x100 + buf[at + 9]
                    elif option == _MSS and size_of == 4:
                        bits |= _HAS_MSS
                        size_limit = buf[at + 2] * 0x100 + buf[at + 3]
                    elif option == _SCALE and size_of == 3:
                        bits |= _HAS_SCALE
                        shift = buf[at + 2] + 0
                    elif option == _PERMITTED and size_of == 2:
                        bits |= _HAS_PERMITTED
                    else:
                        break
                    at += size_of
                if at < stop and buf[at] != _END:
                    with_options[left] = i
                    left += 1
                else:
                    options[i] = bits
                    if value:
                        ts_value[i] = value
                    if echo:
                        ts_echo[i] = echo
                    if size_limit:
                        mss[i] = size_limit
                    if shift:
                        window_scale[i] = shift
                    if bits & _HAS_SACK:
                        sack_left[i] = begin
                        sack_right[i] = until
                        sack_bytes[i] = covered & SEQ_MASK
        # Endpoint a of the flow has the smaller address and, where these are equal, port.
        target = source + size
        port, other_port = buf[t] * 0x100 + buf[t + 1], buf[t + 2] * 0x100 + buf[t + 3]
        sent_by_b = 1 if port > other_port else 0
        for j in range(size):
            if buf[source + j] != buf[target + j]:
                sent_by_b = 1 if buf[source + j] > buf[target + j] else 0
                break
        from_b[i] = sent_by_b
        a, b = source, target
        if sent_by_b:
            a, b = target, source
            port, other_port = other_port, port
        if size == 4:
            keys[0, done] = 0
            keys[1, done] = buf[a] * 0x100_0000 + buf[a + 1] * 0x1_0000 + buf[a + 2] * 0x100 + buf[a + 3]
            keys[2, done] = 0
            keys[3, done] = buf[b] * 0x100_0000 + buf[b + 1] * 0x1_0000 + buf[b + 2] * 0x100 + buf[b + 3]
            keys[4, done] = 4 << 32 | port << 16 | other_port
        else:
            for place in range(4):
                at = a + 8 * place if place < 2 else b + 8 * (place - 2)
                high = buf[at] * 0x100_0000 + buf[at + 1] * 0x1_0000 + buf[at + 2] * 0x100 + buf[at + 3]
                low = buf[at + 4] * 0x100_0000 + buf[at + 5] * 0x1_0000 + buf[at + 6] * 0x100 + buf[at + 7]
                if high >= 0x8000_0000:
                    high -= 0x1_0000_0000  # of 64 bits the first is the sign here
                keys[place, done] = high << 32 | low
            keys[4, done] = 6 << 32 | port << 16 | other_port
        done += 1
    return done, left, others


class PlainSegments:
    """`read_plain` as machine code, over the columns of a store."""

    def __init__(self, kernel: Kernel) -> None:
        """``kernel``: of `compiled_plain`."""
        self._kernel = kernel

    def read(
        self,
        buffer: NDArray[np.uint8],
        start: I64,
        captured: I64,
        wire: I64,
        links: I64,
        store: PacketStore,
        first: int,
    ) -> tuple[I64, I64, I64, NDArray[np.uint64]]:
        """Decode the plain ones among the frames into rows ``first`` … of ``store``, which hold zeros.

        Returns which were read, which of these have options that are not, all other frames (indexes, ascending), and
        the keys of the flows of those read (`KEY_WORDS` x n).
        """
        n = len(start)
        rows = slice(first, first + n)
        keys = np.empty((KEY_WORDS, n), np.int64)
        read, with_options, rest = (np.empty(n, np.int64) for _ in range(3))
        inputs = (np.ascontiguousarray(column, np.int64) for column in (start, captured, wire, links))
        columns = (getattr(store, name)[rows] for name in _COLUMNS)
        done, left, others = self._kernel(buffer, *inputs, *columns, keys, read, with_options, rest)
        return read[:done], with_options[:left], rest[:others], keys[:, :done].view(np.uint64)


def compiled_plain() -> Kernel:
    """`read_plain` as machine code, compiled or loaded from the cache (blocks)."""
    kernel = compile_kernel(read_plain)
    nothing = np.zeros(0, np.int64)
    PlainSegments(kernel).read(np.zeros(64, np.uint8), nothing, nothing, nothing, nothing, PacketStore(), 0)
    if kernel.kept:
        note_in_cache(read_plain)
    return kernel


def plain_is_cached() -> bool:
    """Whether `compiled_plain` only has to load machine code."""
    return is_in_cache(read_plain)
