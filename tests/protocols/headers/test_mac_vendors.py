"""Ethernet addresses as Wireshark writes them."""

from __future__ import annotations

import pytest

from tcptui.protocols.headers.mac_vendors import address_label, named_address


@pytest.mark.parametrize(
    ("digits", "name"),
    [
        ("000c29c2890b", "VMware_c2:89:0b"),
        ("ffffffffffff", "Broadcast"),
        ("01005e7ffffa", "IPv4mcast_7f:ff:fa"),
        ("333300000001", "IPv6mcast_00:00:00:01"),
        ("020c29c2890b", "02:0c:29:c2:89:0b"),
        ("000000000001", "00:00:00:00:00:01"),
    ],
)
def test_address_is_named_by_who_assigned_it(digits: str, name: str) -> None:
    assert named_address(bytes.fromhex(digits), with_vendor=True) == name


def test_small_block_keeps_its_last_digits() -> None:
    """001BC5000 is a block of 36 bits: nine digits name the owner, three are left."""
    assert named_address(bytes.fromhex("001bc5000abc"), with_vendor=True) == "Converging_a:bc"


def test_names_switched_off_leave_the_digits() -> None:
    assert address_label(bytes.fromhex("000c29c2890b"), with_vendor=False) == "00:0c:29:c2:89:0b"
