"""Which tables statements lock, by their words."""

from __future__ import annotations

import pytest

from tcptui.protocols.statements.tables import LockKind, locks_of


@pytest.mark.parametrize(
    ("statement", "kind", "tables"),
    [
        ("UPDATE items SET stock = ? WHERE id = ?", LockKind.ROWS, {"items"}),
        ("insert into shop.orders (a, b) values (?)", LockKind.ROWS, {"orders"}),
        ("DELETE FROM ONLY `Items` WHERE id = ?", LockKind.ROWS, {"items"}),
        (
            'SELECT a FROM "orders" o JOIN items i ON i.id = o.item FOR NO KEY UPDATE',
            LockKind.ROWS,
            {"orders", "items"},
        ),
        ("SELECT a FROM items LOCK IN SHARE MODE", LockKind.ROWS, {"items"}),
        ("SELECT a FROM items", LockKind.READS, {"items"}),
        ("ALTER TABLE IF EXISTS items ADD COLUMN x INT", LockKind.TABLES, {"items"}),
        ("LOCK TABLES items WRITE", LockKind.TABLES, {"items"}),
        ("COMMIT", LockKind.READS, set()),
        ("", LockKind.READS, set()),
    ],
)
def test_kind_and_tables_are_read(statement: str, kind: LockKind, tables: set[str]) -> None:
    locks = locks_of(statement)

    assert (locks.kind, locks.tables) == (kind, tables)


@pytest.mark.parametrize(
    ("held", "wanted", "waits"),
    [
        ("UPDATE items SET a = ?", "DELETE FROM items", True),
        ("UPDATE items SET a = ?", "UPDATE orders SET a = ?", False),
        ("UPDATE items SET a = ?", "SELECT a FROM items", False),
        ("SELECT a FROM items", "ALTER TABLE items ADD x INT", True),
        ("LOCK TABLES items WRITE", "SELECT a FROM items", True),
        ("SELECT a FROM items", "SELECT a FROM items", False),
    ],
)
def test_rows_keep_rows_and_tables_keep_all(held: str, wanted: str, waits: bool) -> None:
    assert locks_of(held).keeps_from(locks_of(wanted)) is waits
