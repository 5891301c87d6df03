"""The heads of batches of records in the header tree; never their records (Kafka: *Record Batch*, version 2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import bits_label
from tcptui.protocols.kafka.titles import CODECS

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace

#: Batches of one partition that are shown.
_BATCHES_MOST: Final = 100
_HEAD: Final = struct.Struct(">qiibIhIqqqhiI")
#: Bytes of a batch before its length counts.
_BEFORE: Final = 12
_MAGIC_AT: Final = 16
_MAGIC: Final = 2


def add_records(place: FramePlace, parent: Branch, start: int, size: int) -> None:
    """Append the heads of the batches at bytes ``start … start + size`` of the direction."""
    branch = place.add(parent, "Message Set", start, max(size, 0), "")
    at, stop = start, start + size
    for _ in range(_BATCHES_MOST):
        head = place.direction.read(at, min(_HEAD.size, max(stop - at, 0)))
        length = int.from_bytes(head[8:_BEFORE], signed=True)
        if len(head) <= _MAGIC_AT or length <= 0:
            return
        if head[_MAGIC_AT] != _MAGIC:
            place.add(branch, f"Messages of version {head[_MAGIC_AT]}", at, max(stop - at, 0), "")
            return
        if len(head) < _HEAD.size:
            return
        _add_batch(place, branch, at, min(_BEFORE + length, stop - at), _HEAD.unpack(head))
        at += _BEFORE + length
    branch.concluded("More batches are not shown")


def _add_batch(place: FramePlace, parent: Branch, at: int, size: int, head: tuple[int, ...]) -> None:
    offset, length, epoch, magic, crc, flags, last, _, _, producer, producer_epoch, sequence, count = head
    batch = place.add(parent, "Record Batch", at, size, "")

    def line(label: str, where: int, width: int, field: str) -> None:
        place.add(batch, label, at + where, width, f"kafka.{field}")

    line(f"Offset: {offset}", 0, 8, "offset")
    line(f"Message Size: {length}", 8, 4, "message_size")
    line(f"Leader Epoch: {epoch}", 12, 4, "leader_epoch")
    line(f"Magic Byte: {magic}", 16, 1, "message_magic")
    line(f"CRC32: 0x{crc:08x}", 17, 4, "batch_crc")
    codec, kind = flags & 7, flags >> 3 & 1
    named = f"{CODECS.get(codec, 'Unknown')} ({codec})"
    line(bits_label(codec, 7, 16, f"Compression Codec: {named}"), 21, 2, "batch_codec")
    text = f"Timestamp Type: {'LogAppendTime' if kind else 'CreateTime'} ({kind})"
    line(bits_label(flags & 8, 8, 16, text), 21, 2, "batch_timestamp_type")
    text = f"Transactional: {'Transactional' if flags & 16 else 'Non-transactional'} ({flags >> 4 & 1})"
    line(bits_label(flags & 16, 16, 16, text), 21, 2, "batch_transactional")
    text = f"Control Batch: {'Control' if flags & 32 else 'Data'} batch ({flags >> 5 & 1})"
    line(bits_label(flags & 32, 32, 16, text), 21, 2, "batch_control_batch")
    line(f"Last Offset Delta: {last}", 23, 4, "batch_last_offset_delta")
    line(f"Producer ID: {producer}", 43, 8, "producer_id")
    line(f"Producer Epoch: {producer_epoch}", 51, 2, "producer_epoch")
    line(f"Base Sequence: {sequence}", 53, 4, "batch_base_sequence")
    line(f"Size: {count}", 57, 4, "batch_size")
