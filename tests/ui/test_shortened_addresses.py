"""IPv6 addresses of a list in fewer cells than they have."""

from __future__ import annotations

import pytest

from tcptui.ui.cell_text import fit_endpoint
from tcptui.ui.shortened_addresses import ShortenedAddresses

MINE = "2001:db8:2016:125:fcf2:1d9f:5a4c:8a2e"
OTHERS = (
    "2001:db8:2016:125:aaf2:1d9f:5a4c:8a2e",
    "2001:db8:2016:126:fcf2:1d9f:5a4c:8a2e",
    "3fff:db8:2016:125:fcf2:1d9f:5a4c:8a2e",
)


@pytest.mark.parametrize(
    ("other", "width", "cut"),
    [
        (OTHERS[0], 21, "…:fcf2:…:8a2e]:50000"),
        (OTHERS[1], 21, "…:125:…:8a2e]:50000"),
        (OTHERS[2], 21, "[2001:…:8a2e]:50000"),
        (OTHERS[2], 28, "[2001:db8:…:5a4c:8a2e]:50000"),
        ("2001:db8:2016:125:fcf2:1d9f:5a4c:8a2f", 21, "…d9f:5a4c:8a2e]:50000"),
        ("fe80::8a2e", 16, "…a4c:8a2e]:50000"),
    ],
)
def test_groups_are_kept_in_which_another_address_differs(other: str, width: int, cut: str) -> None:
    hosts = ShortenedAddresses([MINE, other])

    assert hosts.fit(f"[{MINE}]:50000", width).rstrip() == cut
    assert hosts.fit(f"[{other}]:50000", width) != hosts.fit(f"[{MINE}]:50000", width)


@pytest.mark.parametrize("width", range(12, 50))
def test_every_cut_has_its_width_its_end_and_its_port(width: int) -> None:
    text = ShortenedAddresses([MINE, *OTHERS]).fit(f"[{MINE}]:443", width)

    assert len(text) == width
    assert text.rstrip().endswith("8a2e]:443")


@pytest.mark.parametrize("text", ["10.0.0.1:40000", "[fe80::1%eth0]:1", "a.example:443", "02:00:00:00:00:01", "", "?"])
def test_what_is_no_address_of_the_list_is_cut_as_anywhere(text: str) -> None:
    for width in range(1, 20):
        assert ShortenedAddresses([MINE, text]).fit(text, width) == fit_endpoint(text, width)
