"""Community ID, version 1: names that others give the same connections."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import pytest

from tcptui.model.community_id import FORM, community_id
from tcptui.model.endpoint import Endpoint

UDP: Final = 17
#: Protocol, ends, the name; by the reference implementation in Python.
KNOWN: Final = [
    (6, "128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (17, "192.168.1.52", 54585, "8.8.8.8", 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (17, "fe80::200:86ff:fe05:80da", 546, "ff02::1:2", 547, "1:Sqeaa57PUvLFtDV8DtAphZeMwkg="),
]


def ends(one: str, port: int, other: str, other_port: int) -> tuple[Endpoint, Endpoint]:
    return Endpoint(ip_address(one).packed, port), Endpoint(ip_address(other).packed, other_port)


@pytest.mark.parametrize(("protocol", "one", "port", "other", "other_port", "name"), KNOWN)
def test_names_are_those_of_the_reference(
    protocol: int, one: str, port: int, other: str, other_port: int, name: str
) -> None:
    both = ends(one, port, other, other_port)

    assert community_id(*both, protocol) == community_id(*both[::-1], protocol) == name
    assert FORM.fullmatch(name)
