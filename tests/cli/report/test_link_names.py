"""Names of link types."""

from __future__ import annotations

from tcptui.cli.report.link_names import link_name
from tcptui.wire.link.types import LINK_LAYERS


def test_every_link_type_that_is_read_has_a_name() -> None:
    assert {link: link_name(link) for link in LINK_LAYERS if link_name(link) == str(link)} == {}


def test_unknown_link_types_go_by_number() -> None:
    assert (link_name(1), link_name(4711)) == ("ETHERNET", "4711")
