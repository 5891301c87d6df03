"""A real Knot DNS server, kdig and dnspython, recorded: held against tshark and the server's own counters."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import dns_session
import pytest

from tcptui.access.requests import requests_of
from tcptui.capture.file_source import open_file as open_file_source
from tcptui.model.field_rows.dns import DNS_FIELDS
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.model.request import Request

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("knotd", "kdig", "openssl", "tcpdump", "tshark", "unshare"))),
        reason="needs knotd, kdig, openssl, tcpdump, tshark, unshare",
    ),
]
NAMES = [field.name for field in DNS_FIELDS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dns")
    subprocess.run(["unshare", "--net", sys.executable, dns_session.__file__, str(made)], check=True, timeout=600)
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = Session([open_file_source(folder / "dns.pcap")], keylog=str(folder / "keys.log"))
    opened.run_here()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def found(session: Session) -> list[Request]:
    return [one for stream in range(session.streams.count) for one in requests_of(session, stream)]


def test_fields_are_those_of_tshark_in_each_frame(folder: Path) -> None:
    capture, keys = folder / "dns.pcap", folder / "keys.log"
    asked = [word for name in ("frame.number", *NAMES) for word in ("-e", name)]
    commands = (
        ["tshark", "-2", "-n", "-r", capture, "-Y", "dns", "-o", f"tls.keylog_file:{keys}", "-T", "fields", *asked],
        [sys.executable, "-m", "tcptui", "packets", capture, "-Y", "dns", "--keylog", keys, *asked],
    )
    theirs, ours = (
        {line.split("\t", 1)[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}
        for done in (
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=600) for command in commands
        )
    )
    same, differing = Counter[str](), Counter[str]()
    for frame, values in theirs.items():
        for name, their, our in zip(NAMES, values, ours[frame], strict=True):
            if their == our:
                same[name] += bool(their)
            else:
                differing[name] += 1
                print(frame, name, their[:90], our[:90])
    assert not differing
    assert sum(same.values()) > 3_000
    # Those that are at no port of DNS are ours alone.
    assert set(theirs) <= set(ours)
    assert sum(bool(count) for count in same.values()) > 150


def test_requests_are_those_that_the_server_counted(folder: Path, found: list[Request]) -> None:
    said = dict(re.findall(r"mod-stats\.([\w-]+\[\S+\]) = (\d+)", (folder / "stats.txt").read_text()))
    mine = [one for one in found if not re.match(r"QUERY (A b|AAAA tls)\d+\.", one.operation)]
    codes, counted = Counter(one.status for one in mine), Counter[str]()
    for name, number in said.items():
        kind, _, code = name.rstrip("]").partition("[")
        counted[code] += int(number) if kind == "response-code" else 0

    assert len(mine) == int(said["request-protocol[tcp4]"])
    # Its codes are those of UDP, too: no datagram of this session was answered with an error.
    for code in ("NXDOMAIN", "REFUSED", "NOTAUTH", "BADVERS"):
        assert codes[code] == counted[code] > 0, code


def test_transfer_is_one_request_with_all_records(found: list[Request]) -> None:
    (zone,) = [one for one in found if one.operation == f"QUERY AXFR {dns_session.ZONE}"]

    assert zone.rows is not None
    assert zone.rows > dns_session.RECORDS
    assert zone.complete
    changes = [one.rows for one in found if one.operation == f"QUERY IXFR {dns_session.ZONE}"]
    assert sorted(changes)[0] == 1  # the client had the newest
    assert sorted(changes)[1] > 4


def test_zone_is_written_as_tshark_reads_it(folder: Path, tmp_path: Path) -> None:
    capture, out = folder / "dns.pcap", tmp_path / "zone"
    listed = printed([sys.executable, "-m", "tcptui", "requests", capture, "--results", out])
    (name,) = [line.split()[3] for line in listed.splitlines() if line.endswith(f"AXFR {dns_session.ZONE}")]
    rows = [json.loads(line) for line in (out / name).read_text().splitlines()]
    stream = name.split("-")[1]
    asked = ["-Y", f"tcp.stream == {stream} && dns.flags.response == 1", "-T", "fields"]
    fields = [word for field in ("dns.resp.name", "dns.a", "dns.soa.serial_number") for word in ("-e", field)]
    told = printed(["tshark", "-2", "-n", "-r", capture, *asked, *fields]).splitlines()
    names, addresses, serials = (
        [value for line in told for value in line.split("\t")[place].split(",") if value] for place in range(3)
    )

    # The name of an SRV record is told in parts, in other fields.
    assert [row["name"].removesuffix(".") for row in rows if row["type"] != "SRV"] == names
    assert [row["data"] for row in rows if row["type"] == "A"] == addresses
    assert [row["data"].split()[2] for row in rows if row["type"] == "SOA"] == serials
    assert len(rows) > dns_session.RECORDS


def printed(command: Sequence[str | Path]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


def test_client_asks_again_over_tcp_where_the_answer_over_udp_was_cut(found: list[Request]) -> None:
    again = [one.operation for one in found if one.truncated is not None]

    assert again == [f"QUERY TXT long.{dns_session.ZONE}"]


def test_answers_out_of_order_and_within_tls_are_paired(found: list[Request]) -> None:
    backwards = [one for one in found if re.match(r"QUERY A b\d+\.", one.operation)]
    secured = [one for one in found if one.operation.startswith("QUERY AAAA tls")]

    assert [one.operation for one in backwards] == [
        f"QUERY A b{number}.{dns_session.ZONE}" for number in range(dns_session.REVERSED)
    ]
    assert len(secured) == 3
    for some in (backwards, secured):
        assert all(one.complete and one.rows == 1 for one in some)
        ends = [one.end_ns for one in some]
        assert ends == sorted(ends, reverse=True)
