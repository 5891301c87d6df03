"""The filter that the capture child installs, with the part that excludes the connection of our own screen."""

from __future__ import annotations

from typing import Any

import cypcap
import numpy as np
import pytest

from tcptui.capture.bpf.machine import BpfMachine
from tcptui.capture.child.pcap_handle import OpenError, set_filter
from tcptui.capture.child.protocol import CaptureRequest, Refusal

OWN = "not (tcp and host 192.0.2.1 and port 22)"
_SSH = bytes.fromhex("0200000000010200000000020800450000280000000040060000c0000201c63364070016c000")


class Handle:
    """As much of libpcap's handle as a filter needs, of Ethernet or another link type."""

    def __init__(self, link_type: int = 1) -> None:
        self._link_type = link_type
        self.installed: list[Any] = []

    def compile(self, words: str, optimize: bool, netmask: int) -> Any:
        return cypcap.compile(self._link_type, 65535, words, optimize, netmask)

    def setfilter(self, program: Any) -> None:
        self.installed.append(program)

    def stats(self) -> None:
        return None

    def passes(self, frame: bytes) -> bool:
        data, starts, lengths = np.frombuffer(frame, np.uint8), np.zeros(1, np.int64), np.full(1, len(frame))
        return bool(BpfMachine(list(self.installed[-1])).run(data, starts, lengths, lengths)[0])


def request(words: str, own: str = OWN) -> CaptureRequest:
    return CaptureRequest("eth0", words, own, 65535, None, 4096, True, None, False)


@pytest.mark.parametrize("words", ["tcp) or (tcp", ") or (", "udp) or not (udp"])
def test_filter_that_would_undo_the_exclusion_is_refused(words: str) -> None:
    with pytest.raises(OpenError) as caught:
        set_filter(Handle(), request(words))

    assert caught.value.message.refusal is Refusal.FILTER


@pytest.mark.parametrize("words", ["", "tcp", "udp or tcp"])
def test_own_connection_is_left_out_whatever_the_filter_lets_pass(words: str) -> None:
    handle = Handle()

    assert set_filter(handle, request(words)).leaves_out_own
    assert not handle.passes(_SSH.ljust(54, b"\0"))
    assert handle.passes(_SSH.replace(b"\0\x16\xc0\0", b"\0\x50\xc0\0").ljust(54, b"\0"))


def test_link_type_without_addresses_captures_all_and_says_so() -> None:
    handle = Handle(189)  # USB

    assert not set_filter(handle, request("")).leaves_out_own
