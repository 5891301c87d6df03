"""What the form of a filter asks in words, and the expression that it makes; no widgets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.dfilter.completion import quoted
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Join(Enum):
    """How a condition is joined to those above; the language's own words, which bind as usual: *and* before *or*."""

    AND = "and"
    OR = "or"


class Relation(Enum):
    """How a value is compared; its words are ``form.relation.<value>``."""

    IS = "is"
    IS_NOT = "is-not"
    CONTAINS = "contains"
    BEGINS = "begins"
    MORE = "more"
    LESS = "less"
    AT_LEAST = "at-least"
    OCCURS = "occurs"
    OCCURS_NOT = "occurs-not"

    @property
    def has_value(self) -> bool:
        """Whether a value belongs to it."""
        return self not in (Relation.OCCURS, Relation.OCCURS_NOT)


_SIGNS: Final = {
    Relation.IS: "==", Relation.IS_NOT: "==", Relation.CONTAINS: "contains", Relation.MORE: ">", Relation.LESS: "<",
    Relation.AT_LEAST: ">=", Relation.BEGINS: "matches",
}  # fmt: skip
_EQUAL: Final = (Relation.IS, Relation.IS_NOT)
_NUMBER: Final = (*_EQUAL, Relation.MORE, Relation.LESS, Relation.AT_LEAST)
_TIME: Final = (Relation.MORE, Relation.LESS)
_TEXT: Final = (Relation.CONTAINS, *_EQUAL)
_WORD: Final = (*_EQUAL, Relation.BEGINS, Relation.CONTAINS)
_EVENT: Final = (Relation.OCCURS, Relation.OCCURS_NOT)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is about; its words are ``form.subject.<name>``."""

    name: str
    field: str
    """The field that is compared, whose values are suggested; of an event, the test that finds it."""
    relations: tuple[Relation, ...]
    field_v6: str = ""
    """The field of an IPv6 address, where that is another one."""


#: In the order in which they are offered.
SUBJECTS: Final = (
    Subject("host", "ip.addr", _EQUAL, "ipv6.addr"),
    Subject("client", "tcptui.client", _EQUAL),
    Subject("server", "tcptui.server", _EQUAL),
    Subject("server-port", "tcptui.server.port", _NUMBER),
    Subject("finding", "tcptui.finding", _EQUAL),
    Subject("severity", "tcptui.severity", _EQUAL),
    Subject("resent", "tcp.analysis.retransmission", _EVENT),
    Subject("reset", "tcp.flags.reset == 1", _EVENT),
    Subject("zero-window", "tcp.analysis.zero_window", _EVENT),
    Subject("request", "tcptui.request.operation", _TEXT),
    Subject("status", "tcptui.request.status", _WORD),
    Subject("answer-time", "tcptui.request.duration", _TIME),
    Subject("round-trip", "tcptui.rtt", _TIME),
    Subject("server-think", "tcptui.server_think", _TIME),
    Subject("client-state", "tcptui.client.state", _EQUAL),
    Subject("server-state", "tcptui.server.state", _EQUAL),
    Subject("duration", "tcptui.duration", _TIME),
    Subject("payload", "tcp.len", _NUMBER),
    Subject("text", "tcp.payload", (Relation.CONTAINS,)),
    Subject("marked", "tcptui.marked", _EVENT),
    Subject("note", "tcptui.note", _TEXT),
    Subject("packet", "frame.number", _NUMBER),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the form."""

    subject: Subject = SUBJECTS[0]
    relation: Relation = Relation.IS
    value: str = ""
    join: Join = Join.AND

    def about(self, subject: Subject) -> Condition:
        """The condition about another subject: its relation stays where that has it, its value goes."""
        if subject == self.subject:
            return self
        relation = self.relation if self.relation in subject.relations else subject.relations[0]
        return replace(self, subject=subject, relation=relation, value="")

    @property
    def expression(self) -> str:
        """It in the language of filters; empty as long as its value is missing."""
        subject, relation, value = self.subject, self.relation, self.value.strip()
        if not relation.has_value:
            return subject.field if relation is Relation.OCCURS else f"not {subject.field}"
        if not value:
            return ""
        field = subject.field_v6 if subject.field_v6 and ":" in value else subject.field
        if relation is Relation.BEGINS:
            value = f"^{re.escape(value)}"
        text = quoted(value) if _is_text(subject, relation) else value
        test = f"{field} {_SIGNS[relation]} {text}"
        return f"not {test}" if relation is Relation.IS_NOT else test


def _is_text(subject: Subject, relation: Relation) -> bool:
    """Whether the value is written in quotes."""
    return relation is Relation.CONTAINS or types.type_of(FIELDS[subject.field]) is T.STRING


def expression_of(conditions: Iterable[Condition]) -> str:
    """The filter that the conditions make together; those that are not complete are left out."""
    made = ""
    for condition in conditions:
        if condition.expression:
            made += f" {condition.join.value} {condition.expression}" if made else condition.expression
    return made


def plain_value(literal: str) -> str:
    """The value that a filter writes as ``literal``, as one types it; empty where nobody could."""
    if not literal.startswith('"'):
        return literal
    return "" if "\\" in literal else literal[1:-1]


def narrowed(texts: Sequence[str], typed: str, terms: Sequence[str] = ()) -> list[int]:
    """Places of the ``texts`` that contain what was ``typed``, those that begin with it first.

    ``terms``: of each text, how the language of filters says it, which may contain it instead.
    """
    wanted = typed.strip().casefold()
    found = [
        place for place, text in enumerate(texts)
        if wanted in text.casefold() or (terms and terms[place].startswith(wanted))
    ]  # fmt: skip
    return sorted(found, key=lambda place: not texts[place].casefold().startswith(wanted))
