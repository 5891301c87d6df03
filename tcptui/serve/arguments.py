"""The arguments of a call: checked against the table before anything reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.safe_text import safe_text
from tcptui.serve.refusal import Refusal
from tcptui.serve.tool_table import BY_NAME

if TYPE_CHECKING:
    from tcptui.serve.view import View

#: Of all arguments of a call together, and of one text.
_BYTES_MOST: Final = 32_768
_TEXT_MOST: Final = 4_096
_LARGEST: Final = 1 << 31


@dataclass(frozen=True)
class Arguments:
    """Arguments of the right kind and of bounded size."""

    given: dict[str, Any]

    @classmethod
    def of(cls, tool: str, given: dict[str, Any]) -> Arguments:
        """The arguments of a call of ``tool``.  Raises Refusal, which repeats nothing of what is too long."""
        row = BY_NAME.get(tool)
        if row is None:
            raise Refusal("no-tool", f"there is no tool {safe_text(tool, 40)}", tools=list(BY_NAME))
        schema = row.schema
        for name, value in given.items():
            kind = schema["properties"].get(name)
            if kind is None:
                raise Refusal("arguments", f"{tool} takes no {safe_text(name, 40)}", takes=list(schema["properties"]))
            _require(name, value, kind)
        if len(json.dumps(given)) > _BYTES_MOST:
            raise Refusal("arguments", f"the arguments have more than {_BYTES_MOST} bytes")
        for name in row.needs:
            if not given.get(name) and given.get(name) != 0:
                raise Refusal("arguments", f"{tool} needs {name}")
        return cls(given)

    def __contains__(self, name: str) -> bool:
        return bool(self.given.get(name))

    def text(self, name: str) -> str:
        """A text; empty: not given."""
        return str(self.given.get(name, ""))

    def number(self, name: str) -> int | None:
        """A number from 0 on; None: not given."""
        found: int | None = self.given.get(name)
        return found

    def texts(self, name: str) -> list[str]:
        """Several texts."""
        return list(dict.fromkeys(self.given.get(name, ())))

    def numbers(self, name: str) -> list[int]:
        """Several numbers."""
        return list(dict.fromkeys(self.given.get(name, ())))

    def stream(self, view: View) -> int:
        """The number of a connection that there is.  Raises Refusal."""
        stream = self.number("stream") or 0
        view.require(stream)
        return stream


def _require(name: str, value: Any, kind: dict[str, Any]) -> None:
    if "enum" in kind:
        if value not in kind["enum"]:
            raise Refusal("arguments", f"{name} is one of {', '.join(kind['enum'])}")
    elif kind["type"] == "string":
        if not isinstance(value, str) or len(value) > _TEXT_MOST:
            raise Refusal("arguments", f"{name} is a text of at most {_TEXT_MOST} characters")
    elif kind["type"] == "integer":
        if not isinstance(value, int) or isinstance(value, bool) or not kind["minimum"] <= value < _LARGEST:
            raise Refusal("arguments", f"{name} is a whole number from {kind['minimum']} on")
    elif not isinstance(value, list) or len(value) > kind["maxItems"]:
        raise Refusal("arguments", f"{name} is a list of at most {kind['maxItems']}")
    else:
        for one in value:
            _require(name, one, kind["items"])
