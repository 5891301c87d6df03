"""A socket without a ring has none, and nothing is asked of the kernel about it."""

from __future__ import annotations

import socket
from pathlib import Path

from tcptui.capture.child.ring_geometry import ring_geometry


def test_socket_of_another_family_has_no_ring() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        assert ring_geometry(other.fileno()) is None


def test_descriptor_that_is_no_socket_has_no_ring() -> None:
    with Path("/dev/null").open("rb") as file:
        assert ring_geometry(file.fileno()) is None
