"""The statement of a request, by its protocol."""

from __future__ import annotations

import pytest

from tcptui.model.request import Request
from tcptui.protocols.statements.statement import as_sent, statement_of, without_varying


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
    assert without_varying("redis", operation) == told


def test_each_protocol_has_its_own_way() -> None:
    assert without_varying("http", "GET /users/17/orders?since=2") == "GET /users/*/orders"
    assert without_varying("mysql", 'SELECT "x"') == "SELECT ?"
    assert without_varying("postgresql", 'SELECT "x"') == 'SELECT "x"'
    assert without_varying("dns", "A host17.example") == "A host17.example"


@pytest.mark.parametrize(
    ("operation", "statement", "told"),
    [
        ("SELECT users", "SELECT * FROM users WHERE id = $1", "SELECT * FROM users WHERE id = ?"),
        ("EXECUTE SELECT 1", "SELECT 1", "SELECT ?"),
        ("PREPARE SELECT 1", "SELECT 1", "PREPARE SELECT ?"),
        ("EXECUTE statement 3", "", "EXECUTE statement ?"),
        ("COMMIT", "", "COMMIT"),
    ],
)
def test_sql_that_is_executed_is_the_statement_and_its_preparing_is_another(
    operation: str, statement: str, told: str
) -> None:
    request = Request(
        0, 0, "mysql", operation, "OK", None, None, True, 0, 0, (), statement=statement
    )  # fmt: skip
    assert statement_of(request) == told


@pytest.mark.parametrize(
    ("operation", "statement", "told"),
    [
        ("SELECT items", "select name from items where id = 7", "select name from items where id = 7"),
        ("SELECT", "SELECT pg_sleep(1.9)", "SELECT pg_sleep(1.9)"),
        ("PARSE SELECT items", "SELECT name FROM items", "PARSE SELECT items"),
        ("STARTUP user=ada", "", "STARTUP user=ada"),
        ("", "SELECT 1", ""),
    ],
)
def test_execution_is_told_by_its_statement_and_what_is_about_one_by_its_name(
    operation: str, statement: str, told: str
) -> None:
    assert as_sent(operation, statement) == told
