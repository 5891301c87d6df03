"""JSON without the secrets in it, also where it is cut, or stands amid other text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.secret_names import LEFT_OUT, Secrecy, is_hidden, plain_name, secrecy

if TYPE_CHECKING:
    from collections.abc import Callable

#: A string, a sign that gives structure, or any other value.
_TOKEN: Final = re.compile(r"\"(?:[^\"\\\n]|\\.)*+(\"?)|[{}\[\],:]|[-+\w.]+", re.DOTALL)
#: The rest of a string, and its end.
_REST: Final = re.compile(r"(?:[^\"\\\n]|\\.)*+(\"?)", re.DOTALL)
#: Members that name what another member of the same object holds …
_NAMING: Final = frozenset(
    {
        "name",
        "key",
        "field",
        "param",
        "parameter",
        "path",
        "property",
        "attribute",
        "id",
        "label",
        "header",
        "variable",
        "type",
    }
)
#: … and those that hold it.
_VALUED: Final = frozenset(
    {"value", "values", "val", "content", "data", "text", "defaultvalue", "default", "stringvalue", "raw"}
)
#: Deepest level that is told apart: what is deeper is as what it is in.
_DEEPEST: Final = 512
#: Levels of JSON in strings of JSON that are read.
_NESTED: Final = 3


class _Level:
    """An object or an array that is open."""

    __slots__ = ("how", "is_object", "key", "named", "values")

    def __init__(self, *, is_object: bool, how: Secrecy) -> None:
        self.is_object = is_object
        self.how = how
        """What the names around say of all values in it; only sure ones say it of what is below."""
        self.key = ""
        """The name of the member that is read."""
        self.named = Secrecy.NONE
        """What a member says that names another one."""
        self.values: list[int] = []
        """Where in what was made its values are that another member may name."""


class JsonSecrets:
    """Takes text that may have JSON in it, window by window."""

    def __init__(self, plain: Callable[[str], str], nested: int = _NESTED) -> None:
        """``plain`` gives the text of a string without secrets; ``nested``: levels of JSON in strings that are read."""
        self._plain = plain
        self._nested = nested
        self._levels: list[_Level] = []
        self._beyond = 0
        """Levels deeper than are told apart."""
        self._is_within = self._is_hidden = False
        """Whether the text so far ends within a string, and whether that is left out."""

    def shown(self, text: str) -> str:
        """``text`` without secrets."""
        made: list[str] = []
        at = self._rest(text, made)
        if self._is_within:
            return "".join(made)
        for level in self._levels:
            level.values.clear()
        for found in _TOKEN.finditer(text, at):
            if found.start() > at:
                made.append(text[at : found.start()])
            at = found.end()
            token = found[0]
            if token in "{[":
                made.append(token)
                self._open(is_object=token == "{")
            elif token in "}]":
                made.append(token)
                self._close()
            elif token in ",:":
                made.append(token)
                if token == "," and self._levels and self._levels[-1].is_object and not self._beyond:
                    self._levels[-1].key = ""
            else:
                made.append(token)
                self._value(made, text, at, token)
                self._is_within = token[0] == '"' and not found[1] and at == len(text)
                self._is_hidden = self._is_within and made[-1] != token
        made.append(text[at:])
        return "".join(made)

    def _rest(self, text: str, made: list[str]) -> int:
        """Take the rest of a string that the text before ended within; where it ends."""
        if not self._is_within:
            return 0
        found = _REST.match(text)
        assert found is not None  # an empty one at least
        made.append(found[1] if self._is_hidden else found[0])
        self._is_within = found.end() == len(text) and not found[1]
        return found.end()

    def _open(self, *, is_object: bool) -> None:
        if len(self._levels) >= _DEEPEST:
            self._beyond += 1
            return
        how = self._of_value() if self._levels else Secrecy.NONE
        self._levels.append(
            _Level(is_object=is_object, how=how if how is Secrecy.SURE or not is_object else Secrecy.NONE)
        )

    def _close(self) -> None:
        if self._beyond:
            self._beyond -= 1
        elif self._levels:
            self._levels.pop()
            if self._levels and self._levels[-1].is_object:
                self._levels[-1].key = ""

    def _of_value(self) -> Secrecy:
        """What the names around say of the value that is read."""
        level = self._levels[-1]
        if level.how is Secrecy.SURE or not level.is_object:
            return level.how
        how = secrecy(level.key) if level.key else Secrecy.NONE
        return max(how, level.named) if level.key.lower() in _VALUED else how

    def _value(self, made: list[str], text: str, at: int, token: str) -> None:
        """Take the string or other value ``token``, which is the last of ``made`` and ends at ``at`` in ``text``."""
        level = self._levels[-1] if self._levels else None
        is_string = token[0] == '"'
        if is_string and level is not None and level.is_object and not level.key and _is_name(text, at):
            level.key = plain_name(token[1:].removesuffix('"'))[:128] or " "
            return
        if is_string and (level is None or not level.is_object) and _is_name(text, at):  # of an object that was cut
            if level is None:
                self._levels.append(level := _Level(is_object=True, how=Secrecy.NONE))
            level.key = plain_name(token[1:].removesuffix('"'))[:128]
            return
        if level is None:
            made[-1] = self._text(token) if is_string else token
            return
        value = token[1:].removesuffix('"') if is_string else token
        if is_hidden(self._of_value(), value):
            is_open = is_string and len(token) - len(value) == 1
            made[-1] = f'"{LEFT_OUT}' if is_open and at == len(text) else f'"{LEFT_OUT}"'
            return
        if is_string:
            made[-1] = self._text(token)
        name = level.key.lower()
        if name in _NAMING and is_string:
            level.named = max(level.named, secrecy(value.rpartition("/")[2]))
            for place in level.values:
                if is_hidden(level.named, made[place].strip('"')):
                    made[place] = f'"{LEFT_OUT}"'
        elif name in _VALUED:
            level.values.append(len(made) - 1)

    def _text(self, token: str) -> str:
        """A string without the secrets within it: JSON, a form, an address."""
        if "\\" not in token:  # nothing stands between it and who looks for pairs and addresses in all of the text
            return token
        body = token[1:].removesuffix('"')
        closing = token[1 + len(body) :]
        try:
            inner = json.loads(f'"{body}"', strict=False)
        except ValueError:
            return '"' + self._plain(body) + closing
        shown = inner
        if self._nested and '"' in inner:
            shown = JsonSecrets(self._plain, self._nested - 1).shown(inner)
        shown = self._plain(shown)
        if shown == inner:
            return token
        return json.dumps(shown, ensure_ascii=False)[:-1] + closing


def _is_name(text: str, at: int) -> bool:
    """Whether a colon follows at ``at`` of ``text``."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return text[at : at + 1] == ":"
