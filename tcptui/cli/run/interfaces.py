"""``-D``: lists the interfaces that can be captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.words.errors import say

if TYPE_CHECKING:
    from tcptui.words.catalogue import Words


def list_interfaces(words: Words) -> int:
    """Print the interfaces, numbered and described as tcpdump does; returns the exit code."""
    from tcptui.capture.interfaces import list_interfaces

    interfaces = list_interfaces()
    if not interfaces:
        say(words("cli.interface.none"), words)
        return 1
    for number, interface in enumerate(interfaces, 1):
        states = {
            "up": interface.is_up,
            "running": interface.is_running,
            "loopback": interface.is_loopback,
            "wireless": interface.is_wireless,
            "disconnected": interface.is_connected is False,
            "down": not interface.is_up,
        }
        marks = words("report.list-comma").join(words(f"cli.interface.{name}") for name, on in states.items() if on)
        addresses = " ".join(interface.addresses)
        print(f"{number}.{interface.label} [{marks}]" + (f" {addresses}" if addresses else ""))
    return 0
