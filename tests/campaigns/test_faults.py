"""The fault campaign's own parts: numbered packets, and what was reported of them."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.campaigns.faults.capturing import Fault, Mode, fits, reported_packets
from tests.campaigns.faults.numbered import FILE_HEADER, Held, record
from tests.campaigns.faults.reading import is_whole


def held(*files: bytes) -> Held:
    found = Held()
    for number, data in enumerate(files):
        found.add(data, str(number))
    return found


def test_packets_of_several_files_are_counted_once() -> None:
    whole = FILE_HEADER + record(0) + record(1)

    assert held(whole, FILE_HEADER + record(1) + record(7)).numbers == {0, 1, 7}
    assert held(whole).torn == []


def test_file_that_ends_amid_a_packet_is_torn() -> None:
    found = held(FILE_HEADER + record(0) + record(1)[:-1])

    assert found.numbers == {0}
    assert found.torn == ["0"]


def test_records_behind_released_space_are_found() -> None:
    assert held(FILE_HEADER + bytes(4096) + record(5)).numbers == {5}


def test_other_files_are_told_apart_from_captures() -> None:
    assert held(b"no capture at all").torn == ["0"]


def test_largest_number_of_packets_is_what_was_reported() -> None:
    assert reported_packets("3 packets\n12,345 packets captured, 7 dropped by the kernel") == 12_345
    assert reported_packets("1 packet, findings: 2") == 1
    assert reported_packets("interface eth0") == 0


def test_result_that_lacks_its_end_is_not_whole() -> None:
    block = struct.pack("<III", 6, 12, 12)

    assert is_whole(block * 2)
    assert not is_whole(block + block[:-1])
    assert is_whole(b"<!doctype html><html></html>\n")
    assert not is_whole(b"<!doctype html><html>")
    assert not is_whole(b"")


def test_every_mode_meets_a_signal_and_every_fault_a_mode() -> None:
    assert all(fits(mode, Fault.TERM) for mode in Mode)
    assert all(any(fits(mode, fault) for mode in Mode) for fault in Fault)
