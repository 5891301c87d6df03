"""SQL without its literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.mysql.dialect import MYSQL
from tcptui.protocols.postgresql.dialect import POSTGRESQL
from tcptui.protocols.statements.sql import without_values

BOTH = (MYSQL, POSTGRESQL)
COMMON = {
    "select * from users where id = 17": "SELECT * FROM users WHERE id = ?",
    "SELECT name FROM t WHERE id IN (1,2, 3) AND x=-4.5e3": "SELECT name FROM t WHERE id IN (?) AND x = ?",
    "SELECT a FROM t WHERE (a, b) IN ((1,'x'),(2,'y'))": "SELECT a FROM t WHERE (a, b) IN (?)",
    "INSERT INTO t (a, b) VALUES (1, 'O''Brien'), (2, NULL),(3,DEFAULT);": "INSERT INTO t(a, b) VALUES (?)",
    "INSERT INTO t VALUES (1, now()), (2, now())": "INSERT INTO t VALUES (?, now())",
    "SELECT count(*) FROM t -- how many\nWHERE a IS NOT NULL": "SELECT count(*) FROM t WHERE a IS NOT NULL",
    "/* app:shop */ SELECT 1": "SELECT ?",
    "SELECT a-1, a - -1 FROM t1 LIMIT 10 OFFSET 20": "SELECT a - ?, a - ? FROM t1 LIMIT ? OFFSET ?",
    "SELECT round(1.5, 2), substr(name, 1, 3)": "SELECT round(?, ?), substr(name, ?, ?)",
    "UPDATE t SET a = TRUE, b=0xFF WHERE c BETWEEN 1 AND 2": "UPDATE t SET a = ?, b = ? WHERE c BETWEEN ? AND ?",
    "SELECT 'a -- no comment /* nor this'": "SELECT ?",
    "SELECT a FROM t WHERE x = 'cut of": "SELECT a FROM t WHERE x = ?",
    "SELECT a FROM t WHERE x IN (1, 2, 3": "SELECT a FROM t WHERE x IN (?, ?, ?",
    "SELECT 1 /* cut": "SELECT ?",
    "COMMIT": "COMMIT",
    "": "",
}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(("text", "told"), COMMON.items())
def test_literals_lists_and_comments_give_way(text: str, told: str, dialect: object) -> None:
    assert without_values(text, dialect) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    {
        r"SELECT 'it\'s', \"two\" FROM `my 1`".replace('\\"', '"'): "SELECT ?, ? FROM `my 1`",
        "SELECT 1 # the rest\n + 2": "SELECT ? + ?",
        "SELECT 5--1": "SELECT ? - ?",
        "SELECT _utf8mb4'x', x'1F', @a": "SELECT ?, ?, @a",
        "SELECT a FROM t WHERE b = ?": "SELECT a FROM t WHERE b = ?",
    }.items(),
)
def test_mysql_has_backslashes_hashes_and_double_quoted_texts(text: str, told: str) -> None:
    assert without_values(text, MYSQL) == told


@pytest.mark.parametrize(
    ("text", "told"),
    {
        'SELECT "a 1"."b" FROM t WHERE c = \'x\\\'': 'SELECT "a 1"."b" FROM t WHERE c = ?',
        r"SELECT E'it\'s', $1, $2::int": "SELECT ?, ?, ?::int",
        "SELECT $$a ' b$$, $x$ $$ $x$": "SELECT ?, ?",
        "SELECT /* a /* b */ c */ 1": "SELECT ?",
        "SELECT data->>'name', tags @> ARRAY[1,2] FROM t": "SELECT data ->> ?, tags @> ARRAY [?, ?] FROM t",
        "SELECT 5--1": "SELECT ?",
    }.items(),
)
def test_postgresql_has_dollar_quotes_casts_and_nested_comments(text: str, told: str) -> None:
    assert without_values(text, POSTGRESQL) == told


def test_control_characters_that_are_pictures_end_a_comment() -> None:
    assert without_values("SELECT a\u240a-- why\u240aFROM t\u240d\u240a\u2409WHERE b=1", POSTGRESQL) == (
        "SELECT a FROM t WHERE b = ?"
    )


@given(st.integers(0, 10**9), st.text("abc'\\ ", max_size=8), st.integers(1, 9))
def test_other_values_are_the_same_statement(number: int, text: str, count: int) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    ids = ", ".join(["7"] * count)
    for dialect in BOTH:
        made = without_values(f"SELECT a FROM t WHERE n = {number} AND s = '{quoted}' AND i IN ({ids})", dialect)
        assert made == "SELECT a FROM t WHERE n = ? AND s = ? AND i IN (?)"


@given(st.text(max_size=200) | st.text("('\"`$,)/*-#;x1 \\", max_size=200))
def test_no_text_is_an_error(text: str) -> None:
    for dialect in BOTH:
        assert len(without_values(text, dialect)) <= 3 * len(text) + 1


def test_deep_parentheses_take_no_deep_stack() -> None:
    assert without_values("(" * 2_000 + "1" + ")" * 2_000, MYSQL)
