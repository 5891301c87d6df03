"""What messages of Protocol Buffers mean: names and types of fields, from a compiled schema.

Source: google/protobuf/descriptor.proto.  A `FileDescriptorSet` is itself a message of Protocol Buffers, and is what
``protoc --include_imports --descriptor_set_out=FILE`` and ``buf build -o FILE`` write: every import resolved, and every
name full.  It is read here without protobuf's library, which would have to be installed, and builds classes of it.

A message's fields are read when they are first asked for: of thousands of messages, few are on the wire.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.protocols.http2.wire_fields import WireError, wire_fields
from tcptui.protocols.keylog import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Bytes of a file that is read; all of Google's public interfaces have some 20 MB.
BYTES_MOST: Final = 64 << 20
#: How deep messages may be declared within messages.
NESTING_MOST: Final = 64
#: Most kinds of messages and enums, services, methods and extensions, and fields of one message and values of one enum.
DECLARED_MOST: Final = 500_000
_FIELDS_MOST: Final = 20_000
_READ: Final = 1 << 22
_NAME: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


class TooManyError(ValueError):
    """The schema declares more than is kept."""


class TooDeepError(ValueError):
    """The schema declares messages within messages deeper than is read."""


class FieldKind(IntEnum):
    """FieldDescriptorProto.Type."""

    DOUBLE = 1
    FLOAT = 2
    INT64 = 3
    UINT64 = 4
    INT32 = 5
    FIXED64 = 6
    FIXED32 = 7
    BOOL = 8
    STRING = 9
    GROUP = 10
    MESSAGE = 11
    BYTES = 12
    UINT32 = 13
    ENUM = 14
    SFIXED32 = 15
    SFIXED64 = 16
    SINT32 = 17
    SINT64 = 18


@dataclass(frozen=True, slots=True)
class FieldType:
    """One field of a message, as declared."""

    name: str
    kind: FieldKind
    message: MessageType | None = None
    """Of messages and groups; None where the file does not have it."""
    values: EnumType | None = None
    """Of enums; None where the file does not have it."""


class EnumType:
    """The names of an enum's values."""

    def __init__(self, body: memoryview) -> None:
        self._body = body

    @cached_property
    def names(self) -> dict[int, str]:
        """By number; of several names the first."""
        found: dict[int, str] = {}
        try:
            for value in islice(_parts(self._body, 2), _FIELDS_MOST):
                found.setdefault(_signed(_number(value, 2)), _name(value, 1))
        except WireError:
            return found
        return found


class MessageType:
    """One kind of message."""

    def __init__(self, name: str, body: memoryview, schema: Schema) -> None:
        self.name = name
        """Full, as in ``shop.v1.Order``."""
        self._body, self._schema = body, schema

    @cached_property
    def fields(self) -> dict[int, FieldType]:
        """By number; those that are declared wrongly are left out."""
        return dict(self._fields()) | self._schema.extensions.get(self.name, {})

    def _fields(self) -> Iterator[tuple[int, FieldType]]:
        try:
            for body in islice(_parts(self._body, 2), _FIELDS_MOST):
                yield _number(body, 3), self._schema.field_type(body)
        except (WireError, ValueError):
            return


class Schema:
    """The kinds of messages, and which of them a method takes and answers."""

    def __init__(self, data: bytes = b"") -> None:
        """``data``: a FileDescriptorSet.  Raises WireError where it is none, Too…Error where it passes a limit."""
        self._messages: dict[str, MessageType] = {}
        self._enums: dict[str, EnumType] = {}
        self._methods: dict[str, tuple[str, str]] = {}
        self._extending: list[memoryview] = []
        self._declared = 0
        for number, value in wire_fields(memoryview(data)):
            if number != 1 or not isinstance(value, memoryview):
                raise WireError
            self._take_file(value)

    def __bool__(self) -> bool:
        return bool(self._messages)

    def message_of(self, path: str, *, is_response: bool) -> MessageType | None:
        """What the method that ``path`` (``/shop.v1.Orders/Place``) names takes, or answers."""
        names = self._methods.get(path.partition("?")[0])
        return None if names is None else self._messages.get(names[is_response])

    @cached_property
    def extensions(self) -> dict[str, dict[int, FieldType]]:
        """Fields that were added to messages from elsewhere, by the message's name."""
        found: dict[str, dict[int, FieldType]] = {}
        for body in self._extending:
            try:
                extendee = _name(body, 2, reference=True)
                found.setdefault(extendee, {})[_number(body, 3)] = self.field_type(body)
            except (WireError, ValueError):
                continue
        return found

    def field_type(self, body: memoryview) -> FieldType:
        """What a FieldDescriptorProto declares.  Raises WireError or ValueError where it declares nothing."""
        kind = FieldKind(_number(body, 5))
        name, of = _name(body, 1), ""
        if kind in (FieldKind.MESSAGE, FieldKind.GROUP, FieldKind.ENUM):
            of = _name(body, 6, reference=True)
        return FieldType(name, kind, self._messages.get(of), self._enums.get(of))

    def _take_file(self, body: memoryview) -> None:
        # Counted before any of them is looked into: what is too much is refused at once.
        found = self._declared_in(body, (2,), (4, 5, 6, 7))
        package = _said(found, 2, reference=True) if 2 in found else ""
        for message in found.get(4, ()):
            self._take_message(message, package, 1)
        for values in found.get(5, ()):
            self._enums[_joined(package, _name(values, 1))] = EnumType(values)
        self._extending += found.get(7, ())
        for service in found.get(6, ()):
            methods = self._declared_in(service, (1,), (2,))
            of = _joined(package, _said(methods, 1))
            for method in methods.get(2, ()):
                said = self._declared_in(method, (1, 2, 3), ())
                takes, answers = (_said(said, number, reference=True) for number in (2, 3))
                self._methods[f"/{of}/{_said(said, 1)}"] = takes, answers

    def _take_message(self, body: memoryview, within: str, depth: int) -> None:
        if depth > NESTING_MOST:
            raise TooDeepError
        found = self._declared_in(body, (1,), (3, 4, 6))
        name = _joined(within, _said(found, 1))
        self._messages[name] = MessageType(name, body, self)
        for inner in found.get(3, ()):
            self._take_message(inner, name, depth + 1)
        for values in found.get(4, ()):
            self._enums[_joined(name, _name(values, 1))] = EnumType(values)
        self._extending += found.get(6, ())

    def _declared_in(
        self, body: memoryview, said: tuple[int, ...], counted: tuple[int, ...]
    ) -> dict[int, list[memoryview]]:
        """In one walk through a file, message, service or method: the first of each of ``said``, all of ``counted``.

        Raises TooManyError as soon as the latter are too many: one file may hold all.
        """
        found: dict[int, list[memoryview]] = {}
        for number, value in wire_fields(body):
            if not isinstance(value, memoryview):
                continue
            if number in counted:
                self._declared += 1
                if self._declared > DECLARED_MOST:
                    raise TooManyError
                found.setdefault(number, []).append(value)
            elif number in said:
                found.setdefault(number, [value])
        return found


#: What is known without a file.
NO_SCHEMA: Final = Schema()


def read_schema(path: Path) -> Schema:
    """The schema in the file ``path``.  Raises InputError where it cannot be read, or is no FileDescriptorSet."""
    name = safe_text(str(path))
    try:
        descriptor = open_regular(path)
        try:
            pieces, size = [], 0
            while size <= BYTES_MOST and (piece := os.read(descriptor, _READ)):
                pieces.append(piece)
                size += len(piece)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError("proto_unreadable", path=name, reason=reason_of(error)) from error
    if size > BYTES_MOST:
        raise InputError("proto_too_large", path=name, most=BYTES_MOST >> 20)
    try:
        schema = Schema(b"".join(pieces))
    except TooManyError as error:
        raise InputError("proto_too_many", path=name, most=DECLARED_MOST) from error
    except TooDeepError as error:
        raise InputError("proto_too_deep", path=name, most=NESTING_MOST) from error
    except WireError as error:
        raise InputError("proto_wrong", path=name) from error
    if not schema:
        raise InputError("proto_wrong", path=name)
    return schema


def _parts(body: memoryview, wanted: int) -> Iterator[memoryview]:
    """The fields ``wanted`` of a message, those that are length-delimited."""
    for number, value in wire_fields(body):
        if number == wanted and isinstance(value, memoryview):
            yield value


def _name(body: memoryview, wanted: int, *, reference: bool = False) -> str:
    """A name; a ``reference`` to a kind begins with a dot, which is left out."""
    return _name_in(next(_parts(body, wanted), b""), reference=reference)


def _said(found: dict[int, list[memoryview]], wanted: int, *, reference: bool = False) -> str:
    """The text of what one walk found."""
    return _name_in(found[wanted][0] if wanted in found else b"", reference=reference)


def _name_in(value: bytes | memoryview, *, reference: bool) -> str:
    text = bytes(value).decode("ascii", "replace")
    text = text.removeprefix(".") if reference else text
    if _NAME.fullmatch(text) is None:
        raise WireError
    return text


def _number(body: memoryview, wanted: int) -> int:
    return next((value for number, value in wire_fields(body) if number == wanted and isinstance(value, int)), 0)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _joined(within: str, name: str) -> str:
    return f"{within}.{name}" if within else name
