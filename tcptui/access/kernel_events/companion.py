"""The kernel's events of a capture: a pcapng section of blocks for local use, in a file of its own.

``capture.pcap.kernel`` next to ``capture.pcap``.  Its section header says in a comment (JSON) of which capture it is,
as the notes do, by the capture's first bytes.  Each block behind it (type 0x80544b45, from the range that pcapng
reserves for local use) has in its body a version (4 bytes, 1), a number of records (4 bytes), and as many records
(`tcptui.model.kernel_event.RECORD`), all little-endian.  Readers of pcapng skip such blocks, so that the section may be
appended to a pcapng file.
"""

from __future__ import annotations

import json
import os
import stat
import struct
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.kernel_events.log import KernelLog
from tcptui.capture.output import Replaceable, whole_output
from tcptui.capture.slicing.little_endian import LITTLE, block, options, options_of
from tcptui.model.kernel_event import RECORD, KernelCause, KernelEventKind
from tcptui.model.pcap_format import SECTION_BLOCK
from tcptui.wire.pcapng_options import OPT_COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX: Final = ".kernel"
BLOCK: Final = 0x8054_4B45
_MAGIC: Final = 0x1A2B_3C4D
_VERSION: Final = 1
#: Bytes at the beginning of a capture by which it is recognised.
_RECOGNISED_BY: Final = 1 << 16
#: Records in a block.
_AT_ONCE: Final = 4096
#: A larger file was not written by us: the tracing process writes 32 MB at most.
_LARGEST: Final = 40 << 20
_SECTION_HEAD: Final = struct.Struct("<IHHq")
_HEAD: Final = struct.Struct("<II")


class Unusable(Enum):
    """Why a file of kernel events is not used."""

    FOREIGN = "foreign"
    """It is none, or damaged."""
    OF_ANOTHER = "of-another"
    """It is of another capture."""


class UnusableError(Exception):
    """A file of kernel events that cannot be used."""

    def __init__(self, why: Unusable) -> None:
        super().__init__(why.value)
        self.why = why


def companion_path(capture: Path) -> Path:
    """The path of the events of ``capture``."""
    return capture.with_name(capture.name + SUFFIX)


def write_companion(capture: Path, log: KernelLog, replaceable: Replaceable) -> Path:
    """Write ``log`` next to ``capture``; returns where.  Raises OutputError."""
    path = companion_path(capture)
    with whole_output(path, replaceable) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(_section(_head_of(capture)))
        for start in range(0, len(log.records), _AT_ONCE):
            some = log.records[start : start + _AT_ONCE]
            file.write(block(BLOCK, _HEAD.pack(_VERSION, len(some)) + some.tobytes()))
    return path


def read_companion(capture: Path) -> KernelLog | None:
    """The events next to ``capture``; None: there are none.  Raises UnusableError."""
    try:
        descriptor = os.open(companion_path(capture), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnusableError(Unusable.FOREIGN) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnusableError(Unusable.FOREIGN)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UnusableError(Unusable.FOREIGN)
    log = KernelLog()
    try:
        blocks = list(_blocks(data))
        if not blocks or blocks[0][0] != SECTION_BLOCK:
            raise UnusableError(Unusable.FOREIGN)
        about = _capture_in(blocks[0][1])
        size = min(max(int(about["bytes"]), 0), _RECOGNISED_BY)
        if _fingerprint(_head_of(capture)[:size]) != about:
            raise UnusableError(Unusable.OF_ANOTHER)
        for kind, body in blocks[1:]:
            if kind == BLOCK:
                log.add(_records(body))
    except (ValueError, KeyError, TypeError, struct.error, OSError) as error:
        raise UnusableError(Unusable.FOREIGN) from error
    return log


def _records(body: bytes) -> np.ndarray:
    version, count = _HEAD.unpack_from(body)
    if version != _VERSION:
        raise ValueError("another version")
    records = np.frombuffer(body, RECORD, count, _HEAD.size)
    known = np.isin(records["kind"], [int(each) for each in KernelEventKind])
    return records[known & np.isin(records["cause"], [int(each) for each in KernelCause])]


def _fingerprint(head: bytes) -> dict[str, Any]:
    from tcptui.access.notes.notebook import fingerprint  # where events are saved, or looked at

    return fingerprint(head)


def _head_of(capture: Path) -> bytes:
    with capture.open("rb") as file:
        return file.read(_RECOGNISED_BY)


def _section(head: bytes) -> bytes:
    comment = json.dumps({"tcptui-kernel": _VERSION, "capture": _fingerprint(head)}).encode("ascii")
    return block(SECTION_BLOCK, _SECTION_HEAD.pack(_MAGIC, 1, 0, -1) + options([(OPT_COMMENT, comment)]))


def _capture_in(section: bytes) -> dict[str, Any]:
    magic, *_version = _SECTION_HEAD.unpack_from(section)
    found = options_of(section[_SECTION_HEAD.size :], LITTLE, SECTION_BLOCK)
    if magic != _MAGIC or not found or found[0][0] != OPT_COMMENT:
        raise ValueError("not a section of ours")
    about = json.loads(found[0][1])["capture"]
    if not isinstance(about, dict) or not isinstance(about["bytes"], int):
        raise TypeError("no capture is named")
    return about


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, length = _HEAD.unpack_from(data, at)
        if length < 12 or length % 4 or at + length > len(data):
            raise ValueError("a block leads out of the file")
        yield kind, data[at + 8 : at + length - 4]
        at += length
