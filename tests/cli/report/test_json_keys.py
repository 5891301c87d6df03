"""Keys of the JSON output: all in one table, in the order of the output, each a registered field or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.json_keys import CONNECTION_KEYS, VERDICT_KEYS, Key, object_template, verdict_key
from tcptui.cli.report.summary import Summary
from tcptui.cli.report.verdicts import Evidence, tcp_lines, tcp_rows
from tcptui.model.fields import FIELDS
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parents[3] / "cases"
#: Between them they have every key: resends, duplicate ACKs, round trips, findings.
PATHS = [
    CASES / "01-hello-service" / "hello-service.pcapng",
    CASES / "60-fast-retransmission" / "client.pcapng.gz",
    CASES / "61-retransmission-timeout" / "client.pcapng.gz",
]


@pytest.mark.parametrize("key", [*VERDICT_KEYS.values(), *CONNECTION_KEYS], ids=lambda key: key.path)
def test_key_tells_registered_fields(key: Key) -> None:
    assert [name for name in key.fields if name not in FIELDS] == []


def test_lines_of_verdicts_have_the_keys_of_the_table_in_their_order() -> None:
    order = {name: place for place, name in enumerate(VERDICT_KEYS)}
    seen: set[str] = set()
    for path in PATHS:
        session = open_file(path)
        evidence = Evidence()
        for stream in range(session.streams.count):
            for finding in session.findings(stream):
                evidence.add(finding)
        for block in tcp_lines(session.store, session.streams, evidence, tcp_rows(session.store)):
            for line in block.splitlines():
                keys = list(json.loads(line))
                assert keys == sorted(keys, key=order.__getitem__)
                seen |= set(keys)
        session.close()

    assert seen == set(VERDICT_KEYS)


def test_connection_has_the_keys_of_the_table_in_their_order() -> None:
    session = open_file(PATHS[0])
    report = json.loads(b"".join(json_report(Summary(session), None, Telling(Words(Language.EN)))))
    session.close()

    spread = ("measures.ack_rtt.",)  # the key's value is an object, or null
    paths = [path for path in _paths(report["streams"][0], "") if not path.startswith(spread)]
    assert paths == [key.path for key in CONNECTION_KEYS if key.path != "measures.ack_rtt"]


def _paths(value: object, above: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield above.rstrip(".")
        return
    for name, inner in value.items():
        yield from _paths(inner, f"{above}{name}.")


def test_inner_objects_are_written_where_their_first_key_stands() -> None:
    keys = (Key("a", form="%d"), Key("b.c"), Key("b.d.e"), Key("f"))

    assert object_template(keys) == '{"a": %d, "b": {"c": %s, "d": {"e": %s}}, "f": %s}'


def test_key_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        verdict_key("no_such_key")
