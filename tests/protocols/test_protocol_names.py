"""What the program has of an application protocol is in its row: nothing else names protocols one by one.

Else who adds a protocol has to find these places, and no test fails where one is forgotten.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tcptui
from tcptui.protocols.lazy import Lazy
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(tcptui.__file__).parent
#: Packages of `protocols` with what reads a protocol.
PACKAGES: Final = frozenset(
    path.name for path in (ROOT / "protocols").iterdir()
    if path.is_dir() and any(path.name == value.module.partition(".")[0] for row in PROTOCOLS
                             for value in (row.parse, *(one.header for one in row.as_tshark))
                             if isinstance(value, Lazy))
)  # fmt: skip
#: All names that a protocol has: Wireshark's, those of its fields, of its requests, of its package.
NAMES: Final = (
    {row.name for row in PROTOCOLS} | {name for row in PROTOCOLS for name in row.families}
    | {kind.name for row in PROTOCOLS for kind in row.kinds} | PACKAGES
)  # fmt: skip
NAMED: Final = re.compile(rf"(?<![a-z0-9._-])({'|'.join(sorted(NAMES))})(?![a-z0-9_-]|://)", re.IGNORECASE)
ANYWHERE: Final = re.compile("|".join(sorted(NAMES)), re.IGNORECASE)
IMPORTED: Final = re.compile(rf"tcptui\.protocols\.({'|'.join(sorted(PACKAGES))})(\.|$)")
#: Where a protocol may be named: its package, its row, its fields, its words, and rules that judge it.
HOME: Final = (
    *(f"protocols/{name}/" for name in PACKAGES), "protocols/registry.py", "model/field_rows/", "model/fields.py",
    "words/", "findings/", "model/finding.py",
)  # fmt: skip
#: What else names one, and why.  Nothing is added here for a new protocol.
OTHERWISE: Final = {
    "cli/report/har.py": "an HTTP archive is of HTTP",
    "cli/version_text.py": "the extra that opens TLS",
    "protocols/secrets_out.py": "programs that are called as what they speak, and fields of their heads",
    "protocols/export/": "the files are bodies of HTTP's messages",
    "protocols/event_stream/": "a body of HTTP, no protocol with rows",
    "protocols/interface.py": "an exchange of HTTP has its messages, for the archive",
    "protocols/message_schema.py": "Protocol Buffers are read where gRPC is",
    "protocols/prefilter.py": "any protocol may be inside TLS that keys open",
    "protocols/headers/coloring_rules.py": "Wireshark's colouring rules as they are",
    "dfilter/hints.py": "what somebody who types a method of HTTP may mean",
    "dfilter/traps.py": "a field of HTTP that is never false",
    # Datagrams are no streams: the rows are of streams.
    "model/other_protocol.py": "names of ports over UDP",
    "protocols/other/": "a line about a datagram",
    "protocols/outside/reading.py": "look-ups by DNS over UDP that connections waited for",
    "protocols/headers/cursor.py": "DNS over UDP as a layer of the tree",
    "protocols/headers/tree.py": "DNS over UDP as a layer of the tree",
    "protocols/scapy_child/": "names of scapy's layers",
    "redact/": "framing of HTTP, TLS and DNS that a redacted capture keeps, and their words that are no secrets",
    "session/certificate_names.py": "names in certificates of TLS",
    "session/datagrams.py": "questions and answers of DNS over UDP",
    "session/dns_names.py": "names of addresses by DNS",
    "session/filtering/datagram_fields.py": "fields of DNS over UDP",
    "session/filtering/dns_datagrams.py": "fields of DNS over UDP",
    "session/filtering/plain_datagrams.py": "which datagrams may be of DNS",
    "session/host_names.py": "which names are by DNS",
    "session/pair_lines.py": "questions and answers of DNS over UDP",
    "ui/view_options.py": "a setting: names of addresses by DNS",
}  # fmt: skip


def named_in(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each import and each string, but for docstrings, that names a protocol."""
    if not ANYWHERE.search(source):
        return
    tree = ast.parse(source)
    documents = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and IMPORTED.match(node.module or ""):
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if IMPORTED.match(one.name))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node not in documents:
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if NAMED.search(text):
                yield node.lineno, text


@cache
def naming() -> list[tuple[str, int, str]]:
    """File, line and text of all that names a protocol elsewhere than at its `HOME`."""
    files = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}
    elsewhere = {name: path for name, path in files.items() if not name.startswith(HOME)}
    return [(name, *found) for name, path in elsewhere.items() for found in named_in(path.read_text("utf-8"))]


def test_protocols_are_named_in_their_rows_alone() -> None:
    assert [f"{name}:{line} {text}" for name, line, text in naming() if not name.startswith(tuple(OTHERWISE))] == []


def test_what_may_name_protocols_still_does() -> None:
    files = {name for name, _, _ in naming()}
    assert [one for one in OTHERWISE if not any(name.startswith(one) for name in files)] == []


def test_names_are_found_wherever_they_stand() -> None:
    source = '''
        """DNS and HTTP."""
        import tcptui.protocols.tls.parse
        from tcptui.protocols.smtp import tree
        A = {"dns": 1, "icmp.resp_in": 2, "http.host": 3, "http://a.example": 4, "https": 5}
        def f(x=("Redis", b"HTTP/1.")):
            """MySQL."""
            return f"pgsql.{x}", "see mysql, too"
    '''
    found = [text for _, text in sorted(named_in("\n".join(line[8:] for line in source.splitlines())))]
    assert found == [
        "tcptui.protocols.tls.parse", "tcptui.protocols.smtp", "dns", "http.host", "HTTP/1.", "Redis", "pgsql.",
        "see mysql, too",
    ]  # fmt: skip


def test_what_a_new_row_brings_is_looked_for() -> None:
    assert {"tls", "http", "websocket", "mariadb", "grpc", "pgsql", "postgresql", "resp", "redis", "dns"} <= NAMES
