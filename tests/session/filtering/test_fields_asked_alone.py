"""A field that is asked for alone has the values that it has among all others: trees leave out what nobody asks for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tcptui.model.fields import ROWS
from tcptui.protocols.headers.builder import Branch, Kept
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import open_file

CASES = Path(__file__).resolve().parents[3] / "cases"
#: Packets of each capture.
_PACKETS = 40


@pytest.mark.uncounted
@pytest.mark.parametrize("case", ["108-tls-handshake", "17-connection-unreachable", "112-event-stream-compressed"])
def test_a_field_alone_is_as_among_all(case: str) -> None:
    path = min((CASES / case).glob("*.pcap*"))
    fields = [row for row in ROWS if is_readable(row) and not row.name.startswith("tcptui.")]
    with closing(open_file(path)) as session:
        rows = np.arange(min(session.store.count, _PACKETS), dtype=np.int32)
        together = FieldPrinter(session, fields).texts(rows)
        there = [(field, texts) for field, texts in zip(fields, together, strict=True) if any(texts)]
        assert len(there) > 80
        different = [field.name for field, texts in there if FieldPrinter(session, [field]).texts(rows)[0] != texts]
    assert different == []


def test_lines_that_nobody_asks_for_are_not_there() -> None:
    root = Branch("root")
    layer = root.add("Layer", 0, 20, "tcp")
    flags = layer.add("Flags", 12, 2, "tcp.flags")
    flags.add("SYN: Set", 12, 2, "tcp.flags.syn")
    flags.add("ACK: Set", 12, 2, "tcp.flags.ack").add("below", 12, 1)
    layer.add("Window: 5", 14, 2, "tcp.window_size")
    whole = root.add("Other", 0, 4, "http")
    whole.add("a line without a name", 0, 1)

    frozen = root.freeze(20, Kept(frozenset({"tcp", "tcp.flags.syn", "http"}), frozenset({"http"})))

    assert [(node.field, node.label) for node in frozen.walk()][1:] == [
        ("tcp", "Layer"),
        ("tcp.flags", ""),
        ("tcp.flags.syn", "SYN: Set"),
        ("http", "Other"),
        ("", "a line without a name"),
    ]
    assert len(list(root.freeze(20).walk())) == 9
