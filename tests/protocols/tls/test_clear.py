"""Suites that encrypt nothing (RFC 5246, 6.2.3.1): what is inside is read without keys, as tshark does."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from field_sweep import compared_fields, sweep

from tcptui.protocols.tls.codes import TLS_1_1, TLS_1_2, TLS_1_3
from tcptui.protocols.tls.protection import clear_protection
from tcptui.protocols.tls.suites import Mode, is_clear, suite_of

#: nginx and curl, as `record.py` makes it: four versions and suites, HTTP/1.1 and HTTP/2 in turn.
CAPTURE: Final = Path(__file__).with_name("captures") / "clear.pcap.gz"
NULL_SHA256, NULL_MD5, NULL_NULL, AES_GCM = 0x003B, 0x0001, 0x0000, 0x009C


def test_suites_without_encryption_are_told_by_their_names() -> None:
    assert [is_clear(number) for number in (NULL_SHA256, NULL_MD5, NULL_NULL, 0xC010)] == [True] * 4
    assert not is_clear(AES_GCM)
    assert not is_clear(0xFFFF)
    suite = suite_of(NULL_SHA256, TLS_1_2)
    assert suite is not None
    assert suite.mode is Mode.NULL
    assert suite_of(NULL_SHA256, TLS_1_3) is None


@pytest.mark.parametrize(("number", "mac"), [(NULL_SHA256, 32), (NULL_MD5, 16), (NULL_NULL, 0)])
def test_mac_is_no_part_of_what_was_said(number: int, mac: int) -> None:
    suite = suite_of(number, TLS_1_1)
    assert suite is not None
    protection = clear_protection(suite)

    assert protection.open(7, b"", b"said" + bytes(mac)) == b"said"
    assert protection.open(7, b"", bytes(mac)) == b""
    if mac:
        assert protection.open(7, b"", bytes(mac - 1)) is None


def test_requests_inside_are_listed_without_keys() -> None:
    words = [sys.executable, "-m", "tcptui", "requests", str(CAPTURE), "--jsonl"]
    printed = subprocess.run(words, capture_output=True, check=True, text=True, timeout=600).stdout
    said = [json.loads(line) for line in printed.splitlines()]

    assert [one["protocol"] for one in said] == ["http", "http2"] * 2
    assert {(one["operation"], one["status"]) for one in said} == {("GET /index.html", "200")}


@pytest.mark.tshark
def test_what_is_inside_is_what_tshark_reads(tmp_path: Path) -> None:
    path = tmp_path / "clear.pcap"
    path.write_bytes(gzip.decompress(CAPTURE.read_bytes()))
    # Layers of what is in certificates, which are not read one by one here.
    fields = [row for row in compared_fields() if row.name != "frame.protocols"]
    swept = sweep(path, fields)

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 5_000
