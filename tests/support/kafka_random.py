"""Messages of Kafka drawn from their schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import kafka_messages as made

from tcptui.protocols.kafka.apis import API_VERSIONS
from tcptui.protocols.kafka.message import is_flexible
from tcptui.protocols.kafka.schema import schema

if TYPE_CHECKING:
    from random import Random

    from tcptui.protocols.kafka.schema import Field

_SIZES: Final = {"b": 1, "?": 1, "h": 2, "i": 4, "I": 4, "q": 8, "t": 8}
_WORDS: Final = ("orders", "billing", "a", "x.y_z-1", "ünder")


def body(fields: tuple[Field, ...], chance: Random, *, flexible: bool, tags: bool = True) -> bytes:
    """What ``fields`` may be, with tagged fields behind them where there are any."""
    said = b"".join(_one(field, chance, flexible=flexible) for field in fields)
    if flexible:
        said += made.short(1) + made.short(9) + made.short(2) + b"zz" if tags and chance.random() < 0.2 else b"\0"
    return said


def _one(field: Field, chance: Random, *, flexible: bool) -> bytes:
    form = field.form
    if form == "[":
        count = chance.choice((0, 1, 2))
        head = made.short(count + 1) if flexible else made.numbers("i", count)
        if field.is_struct:
            return head + b"".join(body(field.inner, chance, flexible=flexible) for _ in range(count))
        return head + b"".join(_one(field.inner[0], chance, flexible=flexible) for _ in range(count))
    if form == "u":
        return chance.randbytes(16)
    if form in _SIZES:
        if field.name == "error":
            return made.numbers("h", chance.randrange(-1, 120))
        if form == "?":
            return bytes((chance.randrange(2),))
        if field.name in ("required_acks", "isolation_level"):
            return made.numbers(form, 1)
        return chance.randrange(1 << 20).to_bytes(8)[-_SIZES[form] :]
    if form in "sz":
        word = chance.choice(_WORDS)
        return made.compact(word) if flexible else made.text(word)
    data = made.batch(0, payload=b"") if form == "r" else b""
    return (made.short(len(data) + 1) if flexible else made.numbers("i", len(data))) + data


def exchange(api: int, version: int, number: int, chance: Random) -> tuple[bytes, bytes] | None:
    """A request and its response; None of a version that is not known."""
    asks, answers = (schema(api, version, is_response=one) for one in (False, True))
    if asks is None or answers is None:
        return None
    flexible = is_flexible(api, version)
    asked = made.request(api, version, number, body(asks, chance, flexible=flexible), flexible=flexible)
    answer = body(answers, chance, flexible=flexible)
    return asked, made.response(number, answer, flexible=flexible and api != API_VERSIONS)
