"""What status codes mean, in IANA's words and in Wireshark's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from field_sweep import compared_fields, sweep
from web_captures import GET, closed, record

from tcptui.protocols.http.status import STATUS_PHRASES, status_description

if TYPE_CHECKING:
    from pathlib import Path

#: All, and some that are none; 101 comes last, behind which there is no HTTP.
CODES: Final = (100, *range(102, 600), 600, 999, 101)


def test_code_that_nobody_knows_is_told_by_its_number() -> None:
    assert status_description(104) == "Unknown (104)"
    assert status_description(404) == "Not Found"


def test_iana_says_what_was_renamed_since() -> None:
    assert STATUS_PHRASES[413] == "Content Too Large"
    assert status_description(413) == "Request Entity Too Large"


@pytest.mark.tshark
def test_descriptions_of_all_codes_are_tsharks(tmp_path: Path) -> None:
    turns = []
    for at, code in enumerate(CODES):
        head = f"HTTP/1.1 {code} as said\r\nContent-Length: 0\r\n\r\n".encode()
        turns += [(20 * at, "C", GET), (20 * at + 5, "S", head)]
    fields = [row for row in compared_fields() if row.name in ("http.response.code", "http.response.code.desc")]
    swept = sweep(record(tmp_path, closed(turns)), fields)

    assert swept is not None
    assert swept.different == {}
    assert swept.values == 2 * len(CODES)
