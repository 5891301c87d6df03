"""The rebuilt capture against the listing it was rebuilt from, line for line."""

from __future__ import annotations

import runpy
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tree_text import tree_text

from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE = Path(__file__).resolve().parents[3] / "cases" / "01-hello-service"
#: Ten listings with an empty line between them, as the document prints them.
LISTING = Path(__file__).with_name("hello_service_listing.txt").read_text(encoding="utf-8").split("\n\n")
#: The document's author sat in China, and Wireshark spelled the zone in Chinese.
ZONE = timezone(timedelta(hours=8), "中国标准时间")

#: Lines of the listing that our tree does not print, each with its reason: none.
EXCEPTIONS: dict[str, str] = {}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    opened = open_file(CASE / "hello-service.pcapng")
    yield opened
    opened.close()


@pytest.mark.parametrize("frame", range(1, 11))
def test_rebuilt_frame_as_text_equals_the_listing(session: Session, frame: int) -> None:
    row = session.store.row_of_frame(frame)
    tree = header_tree(session.reader.packet(row), session.application(0), TreeOptions(zone=ZONE))

    printed = [line for line in LISTING[frame - 1].splitlines() if line not in EXCEPTIONS]

    assert tree_text(tree).splitlines() == printed


def test_every_line_read_from_the_packet_knows_its_bytes(session: Session) -> None:
    """Only what is concluded, or comes from the file's record header, has none."""
    for row in range(session.store.count):
        tree = header_tree(session.reader.packet(row))
        frame, *layers = tree.children
        for layer in layers:
            for node in layer.walk():
                concluded = node.label.startswith("[") or (" = " in node.label and "Present" in node.label)
                absent = " = " in node.label and "Absent" in node.label
                assert (node.start is None) == (concluded or absent), node.label
        assert (frame.start, frame.length) == (0, len(session.reader.packet(row).data))


def test_the_builder_makes_the_bundled_capture_byte_for_byte() -> None:
    built = runpy.run_path(str(CASE / "build.py"))["capture_bytes"]()

    assert built == (CASE / "hello-service.pcapng").read_bytes()


def test_the_capture_says_that_it_was_rebuilt() -> None:
    assert b"Rebuilt from a header listing" in (CASE / "hello-service.pcapng").read_bytes()
