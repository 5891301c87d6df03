"""The tables beside the filter's code are tshark's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tshark_names import excerpt as names_of
from tshark_values import excerpt as values_of

import tcptui
from tcptui.dfilter.names import WHOLE, is_foreign, nearest
from tcptui.model.fields import FIELDS

FOLDER = Path(tcptui.__file__).parent / "dfilter"


def said(what: str) -> list[str]:
    """The lines of ``tshark -G what``."""
    command = ["tshark", "-G", what]
    done = subprocess.run(command, capture_output=True, check=True, timeout=600)
    return done.stdout.decode("utf-8", "replace").split("\n")[:-1]


def table(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").split("\n")[:-1]


def test_tables_are_made_as_they_are_read() -> None:
    lines = [
        "V\tip.proto\t0x6\tTCP",
        "T\ttcp.flags.syn\tSet\tNot set",
        "R\ttcp.port\t1\t2\tx",
        "V\tno.field\t1\tx",
        "torn",
    ]

    assert values_of(lines) == ["= ip.proto", "6\tTCP", "= tcp.flags.syn", "1\tSet", "0\tNot set"]


def test_names_of_the_registry_are_not_foreign() -> None:
    assert not any(is_foreign(name) for name in FIELDS)
    assert FIELDS.keys() >= WHOLE


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("http2.header.nam", "http2.header.name"), ("mysql.querry", "mysql.query"), ("pgsql.qery", "pgsql.query"),
        ("resp.strng", "resp.string"), ("tls.alert", "tls.alert_message"),
    ],
)  # fmt: skip
def test_misspelt_field_of_a_protocol_that_is_read_is_not_said_to_be_tsharks(name: str, meant: str) -> None:
    assert not is_foreign(name)
    assert nearest(name)[0] == meant
    assert {one.partition(".")[0] for one in nearest(name)} == {name.partition(".")[0]}


@pytest.mark.tshark
def test_value_strings_are_tsharks() -> None:
    assert values_of(said("values")) == table("value_strings.tsv")


@pytest.mark.tshark
def test_foreign_names_are_tsharks() -> None:
    assert names_of(said("fields")) == table("tshark_names.txt")
