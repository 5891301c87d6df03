"""Sentences and pages of help list the protocols of the registry: who adds one has no list to look for."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tcptui.cli.help import help_text
from tcptui.protocols.registry import LISTED
from tcptui.words import protocol_list
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.protocol_list import all_protocols, any_database, any_protocol

NEW = "Ein Protokoll, das neu ist"
ENGLISH = "HTTP, SMTP, DNS, Redis, MySQL"


@pytest.fixture
def _one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more row."""
    monkeypatch.setattr(protocol_list, "LISTED", [*LISTED, LISTED[-1]._replace(name="new", title=NEW)])


def test_lists_follow_the_rows_databases_last(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Words(Language.EN)
    assert [row.name for row in LISTED][-5:] == ["resp", "memcache", "mysql", "pgsql", "mongo"]
    these = ("http", "smtp", "dns", "resp", "mysql", "pgsql")
    monkeypatch.setattr(protocol_list, "LISTED", [row for row in LISTED if row.name in these])
    monkeypatch.setattr(protocol_list, "DATABASE_NAMES", {"b": "Redis", "a": "MySQL", "c": "PostgreSQL"})
    assert all_protocols(words) == f"{ENGLISH}, PostgreSQL"
    assert any_protocol(words) == f"{ENGLISH} or PostgreSQL"
    assert all_protocols(words, "requests.protocol").startswith("HTTP, WebSocket, SMTP, DNS over TCP, Redis")
    assert all_protocols(words, "cli.protocol", "requests.protocol").startswith("HTTP/1.x, HTTP/2, gRPC, the upgrade")
    assert any_database(words) == "MySQL, PostgreSQL or Redis"
    assert any_protocol(Words(Language.ZH)) == "HTTP、SMTP、DNS、Redis、MySQL 或 PostgreSQL"


@pytest.mark.usefixtures("_one_more")
@pytest.mark.parametrize("language", list(Language))
def test_help_has_the_protocol_of_a_new_row_and_no_line_that_is_too_long(language: Language) -> None:
    page = help_text(Words(language), "requests")

    assert NEW.replace(" ", "") in page.replace("\n", "").replace(" ", "")
    assert [line for line in page.splitlines() if cell_len(line) > 80] == []
    assert "{protocols}" not in page


@pytest.mark.parametrize("language", list(Language))
def test_a_paragraph_is_filled_and_its_neighbours_are_left(language: Language) -> None:
    words = Words(language)
    page, template = help_text(words, "requests"), words.template("cli.help.requests")
    lines = set(page.splitlines())
    missing = [
        line
        for line in template.format(protocols="", summary=words("cli.summary.requests")).splitlines()
        if line not in lines
    ]

    assert 0 < len(missing) <= 6
