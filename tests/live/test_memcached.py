"""A real server of memcached and clients, recorded: requests, and values as tshark has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import memcached_session
import numpy as np
import pytest

from tcptui.access.requests import requests_of
from tcptui.model.fields import ROWS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.session.session import Session

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("memcached", "tcpdump", "tshark", "unshare"))),
        reason="needs memcached, tcpdump, tshark, unshare",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("memcached")
    command = ["unshare", "--net", sys.executable, memcached_session.__file__, str(made)]
    subprocess.run(command, check=True, timeout=600, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[Session]:
    opened = open_file(folder / "memcached.pcap")
    yield opened
    opened.close()


def said(session: Session, stream: int) -> list[tuple[str, str]]:
    return [(one.operation, one.status) for one in requests_of(session, stream)]


def test_each_command_is_a_request_with_its_answer(session: Session) -> None:
    text, binary, together = (said(session, stream) for stream in range(3))
    answered = [command for command, end in memcached_session.TEXT if end]

    assert len(text) == len(answered)
    assert not [one for one in text + binary + together if not one[1]]
    assert Counter(status for _, status in text if status != "OK") == {
        "NOT_STORED": 1, "miss": 2, "NOT_FOUND": 2, "EXISTS": 1, "ERROR": 2,
        "CLIENT_ERROR cannot increment or decreme": 1,
    }  # fmt: skip
    assert Counter(status for _, status in binary if status != "OK") == {"1 Key not found": 2, "2 Key exists": 1}
    assert together == [*((f"get key:{number}", "miss") for number in range(20)), ("version", "OK")]


def test_every_value_that_tshark_has_is_tsharks(session: Session, folder: Path) -> None:
    fields = [row for row in ROWS if row.name.startswith("memcache.")]
    words = [word for field in fields for word in ("-e", field.name)]
    command = ["tshark", "-r", str(folder / "memcached.pcap"), "-n", "-2", "-T", "fields", "-E", "aggregator=\x1f"]
    printed = subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=600).stdout
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    theirs = [line.split("\t") for line in printed.splitlines()]
    compared = 0
    for row, cells in enumerate(theirs):
        for column, cell in zip(columns, cells, strict=True):
            ours = "\x1f".join(column[row])
            # tshark reads one line of a segment, and apart the end of values that several segments carried.
            assert ours == cell or cell in ("", "END") or int(session.store.stream[row]) == 2
            compared += bool(cell) and ours == cell
        assert "s3cret" not in "".join("".join(column[row]) for column in columns)
    assert compared > 400
