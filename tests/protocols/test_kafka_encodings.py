"""Messages of Kafka as another encoder composed them: what they say in some versions, how long they are in all.

The bytes and what they say are in ``kafka_encodings.tsv``, which also says where they come from; the lengths are in
``kafka_sizes.tsv``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from http_halves import Dialogue

from tcptui.protocols.kafka.apis import APIS, error_text
from tcptui.protocols.kafka.message import Kind, Message, is_flexible, status_of, walk_of
from tcptui.protocols.kafka.reader import Reader
from tcptui.protocols.kafka.schema import schema

if TYPE_CHECKING:
    from tcptui.protocols.kafka.schema import Field
    from tcptui.protocols.kafka.walk import Item

ENCODINGS: Final = Path(__file__).with_name("kafka_encodings.tsv")
SIZES: Final = Path(__file__).with_name("kafka_sizes.tsv")
#: Bytes of numbers, and of lengths of what is empty.
NUMBERS: Final = {"b": 1, "?": 1, "h": 2, "i": 4, "I": 4, "q": 8, "t": 8, "u": 16}
LENGTHS: Final = {"s": 2, "z": 2, "y": 4, "x": 4, "r": 4, "[": 4}


class Encoded(NamedTuple):
    """A request and its response as bytes, and what they were composed of."""

    name: str
    version: int
    code: int
    """The first error in the response."""
    data: tuple[bytes, bytes]
    says: tuple[str, str]


def rows_of(table: Path) -> list[list[str]]:
    """The rows of a table without its comments."""
    lines = table.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def encodings() -> list[Encoded]:
    """The rows of the table: a request with the response behind it."""
    rows = rows_of(ENCODINGS)
    return [
        Encoded(asked[0], int(asked[1]), int(answered[3]), (bytes.fromhex(asked[4]), bytes.fromhex(answered[4])),
                (asked[5], answered[5]))
        for asked, answered in zip(rows[::2], rows[1::2], strict=True)
    ]  # fmt: skip


def messages(one: Encoded) -> tuple[Message, Message]:
    """Both as they are read from a connection."""
    client, server = Dialogue().client(one.data[0]).server(one.data[1]).directions()
    found = Reader(client, is_client=True).next(), Reader(server, is_client=False).next()
    assert isinstance(found[0], Message)
    assert isinstance(found[1], Message)
    return found[0], found[1]


def value_of(item: Item, message: Message) -> str:
    """What a field says, as the table writes it."""
    form = item.field.form
    if item.size < 0:
        return "null"
    if form in "yxr":
        return f"0x{message.direction.read(item.at, item.size).hex()}"
    if isinstance(item.value, bytes):
        return f'"{item.value.decode()}"' if form in "sz" else f"0x{item.value.hex()}"
    return str(bool(item.value)).lower() if form == "?" else str(item.value)


def said(message: Message, request: Message) -> tuple[str, bool]:
    """All fields of a message in a row, and whether they are all of it."""
    found = walk_of(message, request)
    assert found is not None
    walk, items = found
    texts = [f"{one.field.name}={value_of(one, message)}" for one in items if one.field.form != "["]
    return " ".join(texts), walk.is_whole


@pytest.mark.parametrize("one", encodings(), ids=lambda one: f"{one.name}-{one.version}")
def test_message_says_what_it_was_composed_of(one: Encoded) -> None:
    request, answer = messages(one)

    assert (APIS[request.api].name, request.version) == (one.name, one.version)
    assert (request.kind, request.correlation, request.client, answer.correlation) == (Kind.REQUEST, 7, b"app", 7)
    assert [said(message, request) for message in (request, answer)] == [(text, True) for text in one.says]
    assert status_of(answer, request) == error_text(one.code)


def size_of(fields: tuple[Field, ...], *, flexible: bool) -> int:
    """The length of a message with one of everything, all of it empty, and without a tagged field."""
    size = int(flexible)
    for one in fields:
        size += NUMBERS.get(one.form) or (1 if flexible else LENGTHS[one.form])
        if one.form == "[":
            size += size_of(one.inner, flexible=flexible) - (flexible and not one.is_struct)
    return size


@pytest.mark.parametrize(("name", "kind", "sizes"), rows_of(SIZES))
def test_message_of_each_version_is_as_long_as_another_encoder_has_it(name: str, kind: str, sizes: str) -> None:
    api = next(at for at, one in enumerate(APIS) if one.name == name)
    found = list[int]()
    while (fields := schema(api, len(found), is_response=kind == "response")) is not None:
        found.append(size_of(fields, flexible=is_flexible(api, len(found))))
    assert found == list(map(int, sizes.split()))


def test_newest_version_that_is_known_of_each_request_is_among_them() -> None:
    newest = {
        api.name: version
        for at, api in enumerate(APIS) for version in range(api.most + 1)
        if schema(at, version, is_response=False) is not None
    }  # fmt: skip

    assert newest.items() <= {(one.name, one.version) for one in encodings()}
    assert newest.keys() == {name for name, _, _ in rows_of(SIZES)}
    assert len(newest) == 27
