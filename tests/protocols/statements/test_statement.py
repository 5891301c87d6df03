"""The statement of a request, by its protocol."""

from __future__ import annotations

import pytest

from tcptui.protocols.statements.statement import statement_of


@pytest.mark.parametrize(
    ("operation", "told"),
    {
        "GET user:4711:cart": "GET user:*:cart",
        "GET session:9f86d081884c7d65": "GET session:*",
        "GET job:123e4567-e89b-12d3-a456-426614174000": "GET job:*",
        "MGET user:1 +99": "MGET user:* +*",
        "GET user17": "GET user*",
        "DEBUG SLEEP 2.8": "DEBUG SLEEP *",
        "GET deadbeef": "GET deadbeef",
        "HGETALL v2x:name": "HGETALL v2x:name",
        f"EVALSHA {'9f86d081' * 5} cart:7": f"EVALSHA {'9f86d081' * 5} cart:*",
        "CONFIG GET maxmemory": "CONFIG GET maxmemory",
        "PING": "PING",
        "": "",
    }.items(),
)
def test_what_varies_in_a_key_is_a_star(operation: str, told: str) -> None:
    assert statement_of("redis", operation) == told


def test_each_protocol_has_its_own_way() -> None:
    assert statement_of("http", "GET /users/17/orders?since=2") == "GET /users/*/orders"
    assert statement_of("mysql", 'SELECT "x"') == "SELECT ?"
    assert statement_of("postgresql", 'SELECT "x"') == 'SELECT "x"'
    assert statement_of("dns", "A host17.example") == "A host17.example"
