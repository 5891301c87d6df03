"""Of what is planted in a capture nothing leaves, by whatever tool, field or slice; and the search would find it."""

from __future__ import annotations

import gzip
import random
import re
from typing import TYPE_CHECKING, Final

import pytest
from seeds import seed

from tcptui.api import Capture
from tcptui.model.fields import FIELDS
from tcptui.serve.refusal import Refusal
from tests.campaigns.redaction.all_carriers import CARRIERS
from tests.campaigns.redaction.searcher import Searcher
from tests.campaigns.redaction.secrets_drawn import Secrets
from tests.serve.conftest import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.serve.conftest import Asking

DRAWN: Final = seed(10)
FAMILIES: Final = sorted({name.partition(":")[0] for name in CARRIERS})
#: Cases with content of all kinds: HTTP, TLS, HTTP/2, events, WebSocket, mail and queues, databases, DNS.
TALKING: Final = (
    "107-tls-certificate", "109-tls-alert", "110-http-header-injected-newline", "111-http-error-response",
    "114-event-stream-buffered", "118-websocket-upgrade", "127-slow-server", "135-grpc-deadline", "140-slow-query",
    "142-database-errors", "148-slow-sql", "149-n-plus-one", "153-logins-refused", "160-dns-detour", "164-dns-lookup",
    "170-mqtt-session-ended", "171-amqp-closed",
)  # fmt: skip
#: Words of these cases that are the program's own, too: keys of answers, and sentences of every finding of a kind.
OWN: Final = frozenset({"client", "server", "events", "items", "login", "nginx", "Request", "version"})
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{4,}")


def answers(ask: Asking, name: str, fields: list[str]) -> Iterator[str]:
    """Everything that the tools say of a capture, refusals too."""
    for tool, given in (
        ("open", {}), ("overview", {}), ("findings", {"least": "note"}), ("connection", {}), ("requests", {}),
        ("packets", {}), *(("explain", {"stream": stream}) for stream in range(4)), ("merge", {"b": name}),
        *(("packets", {"fields": fields[at : at + 12]}) for at in range(0, len(fields), 12)),
    ):  # fmt: skip
        cursor: str | None = ""
        while cursor is not None:
            try:
                yield (text := ask.text(tool, file=name, **given, **({"cursor": cursor} if cursor else {})))
            except Refusal as refused:
                yield str(refused.told)
                break
            found = re.search(r'"cursor":"(n\d+)"', text)
            cursor = found[1] if found else None


def leaked(secrets: Secrets, folder: Path, ask: Asking, fields: list[str]) -> list[str]:
    """What of ``secrets`` is in an answer about ``planted.pcap``, or in a slice of it."""
    said = "\n".join(answers(ask, "planted.pcap", fields)).encode()
    try:
        ask.text("slice", file="planted.pcap", filter="frame", out="slice.pcapng")
        said += (folder / "slice.pcapng").read_bytes()
    except Refusal as refused:
        said += str(refused.told).encode()
    searcher = Searcher(said)
    return [f"{value!r} {notation}" for value in secrets.drawn for notation in searcher.found(value)]


def planted(name: str, folder: Path) -> Secrets:
    secrets = Secrets(DRAWN, ~DRAWN)
    (folder / "planted.pcap").write_bytes(CARRIERS[name](secrets))
    return secrets


@pytest.mark.parametrize("family", FAMILIES)
def test_of_a_carrier_of_each_family_nothing_leaves(
    family: str, tmp_path: Path, asking: Callable[..., Asking]
) -> None:  # fmt: skip
    drawn = random.Random(DRAWN)
    name = drawn.choice(sorted(name for name in CARRIERS if name.partition(":")[0] == family))

    assert leaked(planted(name, tmp_path), tmp_path, asking(tmp_path), drawn.sample(sorted(FIELDS), 60)) == [], DRAWN


@pytest.mark.some(40)
@pytest.mark.slow
@pytest.mark.parametrize("name", CARRIERS)
def test_of_no_carrier_anything_leaves(name: str, tmp_path: Path, asking: Callable[..., Asking]) -> None:
    assert leaked(planted(name, tmp_path), tmp_path, asking(tmp_path), sorted(FIELDS)) == [], DRAWN


@pytest.mark.parametrize("name", ["DNS and others: A, AAAA", "HTTP: host", "HTTP: path, query, fragment"])
def test_without_redaction_the_search_finds_what_was_planted(
    name: str, tmp_path: Path, asking: Callable[..., Asking]
) -> None:  # fmt: skip
    assert leaked(planted(name, tmp_path), tmp_path, asking(tmp_path, key=None), [])


def words_of(path: Path) -> set[str]:
    """Addresses of a capture, and words of its requests and findings that stand in its packets."""
    with Capture.open(path) as capture:
        ends = {end.address for one in capture.connections for end in (one.client, one.server)}
        texts = [f"{one.operation} {one.statement}" for one in capture.requests()]
        facts = [str(fact) for one in capture.findings("note") for fact in one.facts.values() if isinstance(fact, str)]
    file = path.read_bytes()
    whole = gzip.decompress(file) if path.suffix == ".gz" else file
    words = {word for text in (*texts, *facts) for word in _WORD.findall(text)}
    return ends | {word for word in words if word.encode() in whole}


@pytest.mark.parametrize("case", TALKING)
def test_of_what_a_case_says_nothing_leaves(case: str, asking: Callable[..., Asking]) -> None:
    path = min((CASES / case).glob("*.pcap*"))
    said = "\n".join(
        answers(asking(), str(path.relative_to(CASES)), ["ip.src", "http.host", "dns.qry.name", "mysql.query"])
    )
    raw = "\n".join(answers(asking(key=None), str(path.relative_to(CASES)), []))
    spoken = {word for word in words_of(path) if word in raw}

    assert spoken
    assert {word for word in spoken if re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", said)} <= OWN, spoken
