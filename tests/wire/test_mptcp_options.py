"""MPTCP options of one segment, as far as they were captured."""

from __future__ import annotations

from tcptui.model.mptcp_options import MptcpOptionBytes
from tcptui.wire.mptcp_options import Subtype, mptcp_options

_PRIORITY = bytes((30, 3, 0x51))
_CAPABLE = bytes((30, 12, 0x01, 0x81)) + bytes(range(8))


def test_options_of_other_kinds_are_passed_over() -> None:
    area = b"\x01\x03\x03\x07" + _PRIORITY + b"\x01" + _CAPABLE

    first, second = mptcp_options(MptcpOptionBytes(area, len(area), 8))

    assert (first.subtype, first.length) == (Subtype.PRIORITY, 3)
    assert (second.subtype, second.version, second.part(4, 8)) == (Subtype.CAPABLE, 1, bytes(range(8)))


def test_nothing_is_read_behind_the_last_one() -> None:
    area = _PRIORITY + _CAPABLE

    assert [option.subtype for option in mptcp_options(MptcpOptionBytes(area, len(area), 0))] == [Subtype.PRIORITY]


def test_part_that_was_cut_off_is_none() -> None:
    (option,) = mptcp_options(MptcpOptionBytes(_CAPABLE[:9], 12, 0))

    assert option.length == 12
    assert option.part(2, 2) == b"\x01\x81"
    assert option.part(4, 8) is None


def test_option_without_a_body_is_none() -> None:
    assert list(mptcp_options(MptcpOptionBytes(_CAPABLE[:2], 12, 0))) == []
