"""Records and options of DNS in the header tree: every type, held against tshark; whole, cut and mutated."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

import dns_records
import numpy as np
import pytest
from datagrams import CLIENT, SERVER, Datagrams

from tcptui.cli.run.packets import line_of
from tcptui.model.field_rows.dns import DNS_FIELDS
from tcptui.model.fields import FIELDS
from tcptui.model.safe_text import safe_text
from tcptui.protocols.headers.cursor import TreeOptions
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from captures import Tape

    from tcptui.protocols.headers.node import Node

TAPES: Final = (dns_records.over_udp, dns_records.over_tcp)
#: What Wireshark has beyond us: hardware addresses of 64 bits have no type here; the others say what it does not read.
NOT_OURS: Final = frozenset({"dns.eui64", "dns.tsig.noalg", "dns.undecoded.type", "dns.unsolicited"})
#: The record of which Wireshark has such an address.
EUI64: Final = "00005eef1000002a"
#: Lines that are worded otherwise, beside types that Wireshark calls all unknown: data that dnspython can tell; bytes
#: of a signature; control characters, which Wireshark writes in octal; an altitude, of which it takes the highest bit
#: for a sign (RFC 1876 has none).
OTHER_WORDS: Final = frozenset({
    "dns.data", "dns.tsig.mac", "dns.openpgpkey", "dns.opt.chain.fqdn", "dns.loc.altitude",
})  # fmt: skip


@pytest.fixture(params=TAPES, ids=lambda tape: tape.__name__)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    opened = opened_tape(request.param(), tmp_path)
    yield opened
    opened.close()


def opened_tape(tape: Tape, folder: Path) -> Session:
    path = folder / "dns.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def tree_of(session: Session, row: int) -> Node:
    stream = int(session.store.stream[row])
    application = session.application(stream) if stream >= 0 else None
    return header_tree(session.reader.packet(row), application, TreeOptions(zone=UTC, vendor_names=False))


def tshark(session: Session, *words: str) -> bytes:
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), *words]
    return subprocess.run(command, check=True, capture_output=True, env=os.environ | {"TZ": "UTC"}).stdout


@pytest.mark.tshark
def test_every_field_has_the_values_that_tshark_prints(session: Session) -> None:
    fields = [field for field in DNS_FIELDS if field.name not in ("dns.response_in", "dns.response_to", "dns.time")]
    asked = [word for field in fields for word in ("-e", field.name)]
    theirs = tshark(session, "-T", "fields", *asked).decode().rstrip("\n").split("\n")
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    ours = [line_of(texts) for texts in zip(*columns, strict=True)]
    same, differing = Counter[str](), dict[tuple[int, str], tuple[str, str]]()
    for frame, (mine, known) in enumerate(zip(ours, theirs, strict=True), 1):
        known = known.replace("<MISSING>", "")  # what tshark writes for bytes that are none: the command's business
        for field, one, other in zip(fields, mine.split("\t"), known.split("\t"), strict=True):
            if one == other:
                same[field.name] += bool(one)
            elif (field.name, one) != ("dns.data", EUI64):
                differing[frame, field.name] = (one, other)

    assert differing == {}
    assert sum(same.values()) > 1_000
    assert sum(bool(count) for count in same.values()) > 220


@pytest.mark.tshark
def test_tshark_has_no_other_fields(session: Session) -> None:
    printed = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True).stdout
    names = [row.split("\t")[2] for row in printed.splitlines() if row.startswith("F\t")]
    unknown = [name for name in names if name.startswith("dns.") and name not in FIELDS]
    asked = [word for name in unknown for word in ("-e", name)]
    lines = tshark(session, "-T", "fields", *asked).decode().splitlines()
    seen = {name for line in lines for name, cell in zip(unknown, line.split("\t"), strict=True) if cell}

    assert seen <= NOT_OURS


@pytest.mark.tshark
def test_lines_are_those_that_tshark_shows(session: Session) -> None:
    printed = ElementTree.fromstring(tshark(session, "-T", "pdml"))
    same, differing = 0, []
    for row, packet in enumerate(printed.iter("packet")):
        theirs = Counter(
            safe_text(line.get("showname", "")).strip() for line in packet.iter("field")
            if line.get("name", "") in FIELDS and line.get("name", "").startswith("dns.")
        )  # fmt: skip
        for node in tree_of(session, row).walk():
            if not node.field.startswith("dns."):
                continue
            label = safe_text(node.label).strip()
            label = label[1:-1] if label.startswith("[") else label
            if theirs[label]:
                theirs[label] -= 1
                same += 1
            elif not (node.field in OTHER_WORDS or label.startswith("Type: TYPE")):
                differing.append((row + 1, node.field, label))

    assert differing == []
    assert same > 1_500


def fields_in(tree: Node) -> list[str]:
    return [node.field for node in tree.walk() if node.field.startswith("dns.")]


def test_cut_message_has_the_fields_that_are_whole(tmp_path: Path) -> None:
    tape, cuts = Datagrams(), list[tuple[int, int]]()
    for number, said in enumerate(dns_records.messages()):
        # Each message at other places: all places of all of them take minutes.
        for end in (*range(12 + number % 11, len(said), 11), len(said)):
            tape.dns(len(cuts) / 100, SERVER, CLIENT, said[:end])
            cuts.append((number, end))
    session = opened_tape(tape, tmp_path)
    whole = list[str]()
    for row in reversed(range(session.store.count)):
        found = fields_in(tree_of(session, row))
        if row + 1 == len(cuts) or cuts[row][0] != cuts[row + 1][0]:
            whole = found
        assert found == whole[: len(found)], cuts[row]
    session.close()


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages_have_a_sound_tree(seed: int, tmp_path: Path) -> None:
    chance, tape = random.Random(seed), Datagrams()
    for place, said in enumerate(dns_records.messages()):
        changed = bytearray(said)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(4, len(changed))] = chance.choice((0, 1, 0xC0, 0xFF, chance.randrange(256)))
        tape.dns(place, SERVER, CLIENT, bytes(changed))
    session = opened_tape(tape, tmp_path)
    for row in range(session.store.count):
        tree = tree_of(session, row)
        assert set(fields_in(tree)) <= FIELDS.keys()
    dns = [field for field in DNS_FIELDS if field.name not in ("dns.response_in", "dns.response_to", "dns.time")]
    assert FieldPrinter(session, dns).texts(np.arange(session.store.count, dtype=np.int32))
    session.close()


@pytest.mark.parametrize("tape", [
    lambda: repeated((47, b"\0" + b"\0\x20".ljust(34, b"\xff") * 1_500)),
    lambda: repeated((16, bytes(60_000))),
    lambda: repeated(*[(47, b"\0\0\x20" + b"\xff" * 32)] * 900),
    lambda: repeated((64, b"\0\1\0" + b"\0\1\xf0\x00" + bytes(0xF000))),
])  # fmt: skip
def test_message_of_endless_lists_is_shown_in_part(tape: Callable[[], Datagrams], tmp_path: Path) -> None:
    session = opened_tape(tape(), tmp_path)
    nodes = list(tree_of(session, 0).walk())

    assert 10_000 < len(nodes) < 100_000
    assert "[More records are not shown]" in {node.label for node in nodes}
    session.close()


def repeated(*records: tuple[int, bytes]) -> Datagrams:
    tape = Datagrams()
    tape.dns(0, SERVER, CLIENT, dns_records.message(7, *records))
    return tape
