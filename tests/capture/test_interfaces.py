"""The host's interfaces, as anybody may see them."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tcptui.capture.interfaces import ANY, Traffic, interface_names, list_interfaces, traffic


def test_loopback_is_listed_with_its_address() -> None:
    found = {interface.name: interface for interface in list_interfaces()}
    loopback = next(interface for interface in found.values() if interface.is_loopback)

    assert loopback.is_up
    assert "127.0.0.1" in loopback.addresses


def test_devices_that_carry_no_tcp_are_not_listed() -> None:
    names = [interface.name for interface in list_interfaces()]

    assert not [name for name in names if name.startswith(("nflog", "nfqueue", "usbmon", "bluetooth"))]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counters come from sysfs")
def test_counters_grow_with_traffic() -> None:
    before = traffic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.sendto(bytes(500), receiver.getsockname())
    after = traffic()

    for name in ("lo", ANY):
        assert after[name].packets >= before[name].packets + 2  # sent and received
        assert after[name].octets >= before[name].octets + 1000


def test_without_sysfs_there_are_no_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.capture.interfaces._STATISTICS", Path("/dev/null/none"))

    assert traffic() == {}
    assert ANY not in interface_names()


def test_hostile_interface_name_is_suggested_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(n, f"e\x1b[{n}") for n in range(20)])
    names = interface_names(3)

    assert len(names) == 5
    assert not [name for name in names if "\x1b" in name]
    assert traffic()[ANY] == Traffic(0, 0)
