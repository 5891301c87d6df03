"""Bodies of text without the secrets in them: JSON, XML, forms, parts of forms, YAML, GraphQL, or anything like them.

What a body calls itself is not believed: each form is looked for in any text, also in one that is cut at either end.
A value that is a secret takes all below it along, objects and arrays of JSON, elements of XML, blocks of YAML.  What a
secret is says `tcptui.protocols.secret_names`.  Time is linear in the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.secret_json import JsonSecrets
from tcptui.protocols.secret_names import (
    LEFT_OUT,
    Secrecy,
    hides,
    is_hidden,
    left_out,
    plain_name,
    secrecy,
    without_known_secrets,
)
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters of a body that are looked at together, at first and at most: a longer one is cut where a value ends.
_FIRST: Final = 1 << 12
_MOST: Final = 1 << 18
#: What ends a value, the surest first.
_CUTS: Final = (re.compile(r"[\n&]"), re.compile(r">|,(?=[\s\"{\[])"), re.compile(r"[,;}\s]"))
#: A name and a value: of a form, a parameter, an attribute, an argument of GraphQL, a setting, a member of an object.
_PAIR: Final = re.compile(
    r"(?<![\w%.\[\]$+-])(-{0,2}[A-Za-z_$%\[][\w%.\[\]$+-]{0,127}+)(\\{0,8}+[\"']?[ \t]{0,64}+(?:=>|[:=])[ \t]{0,64}+)"
    r"(\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|\\+\"[^\"\\\n]*+(?:\\+\")?"
    r"|(?:(?i:bearer|basic|digest|token)[ \t]{1,8})?[^\s\"'&,;<>(){}\[\]|`]++)"
)
#: A parameter of a form, whatever it holds.
_FORM: Final = re.compile(r"(?m)(?:^|(?<=[&?]))([^=&\s\"{<:]{1,128}+)=([^&\s]++)")
#: Commands by which one logs in, of protocols that have a line for each (FTP, POP3, IMAP, IRC, SMTP).
_LOGIN: Final = re.compile(
    r"(?m)^((?:PASS|pass|Pass|AUTH|auth|APOP \S{1,128}|ACCT|OPER \S{1,128}|\S{1,32} (?:LOGIN|login) \S{1,128}"
    r"|\S{1,32} (?:AUTHENTICATE|authenticate) \S{1,32}) )([^\r\n]+)"
)
#: What takes up a line: a setting with all of its value (YAML, a header field, .env).
_LINE: Final = re.compile(
    r"(?m)^([ \t]{0,64}(?:- )?(?:export )?)([\"']?[A-Za-z_][\w.-]{0,127}[\"']?)([ \t]{0,8}[:=][ \t]+)"
    r"([^\s{\[\"'|>&#][^\r\n]*)"
)
#: A setting whose value is a block below it.
_BLOCK: Final = re.compile(r"(?:- )?([\"']?[\w.-]{1,128}+[\"']?)[ \t]*+:[ \t]*+(?:[|>][-+0-9]{0,2})?")
#: What begins a part of a form (RFC 7578), the name in it, and where its content begins and ends.
_PART: Final = re.compile(r"(?im)^content-disposition:([^\r\n]{0,1024}+)")
_PART_NAME: Final = re.compile(r"[;\s]name=\"?([^\"\r\n;]{1,128})", re.IGNORECASE)
_PART_BEGIN: Final = re.compile(r"\r?\n\r?\n")
_PART_HEAD_MOST: Final = 8_192
_PART_END: Final = re.compile(r"\r?\n--")
_TAG: Final = re.compile(r"<(/?)([A-Za-z_][\w:.-]{0,127})((?:[^<>\"']|\"[^\"<>]*+\"|'[^'<>]*+'|[\"'])*+)>")
_ATTRIBUTE: Final = re.compile(r"(?<![\w:.-])([\w:.-]++)(\s*+=\s*+)(\"[^\"]*+\"?|'[^']*+'?|[^\s\"'>]+)")
#: Attributes that name an element, and those that have its value.
_NAMING: Final = frozenset({"name", "key", "property", "id", "field", "type", "parameter"})
_VALUED: Final = frozenset({"value", "content", "data", "val", "text"})
#: Elements of HTML that hold nothing, and such as are about a field.
_HOLLOW: Final = frozenset(
    {
        "input", "meta", "link", "br", "img", "hr", "label", "a", "div", "span", "p", "button", "form", "select",
        "script", "textarea", "section", "td", "tr", "li", "ul", "h1", "h2", "h3", "fieldset", "option", "body", "html",
        "style",
        "main", "nav", "article", "table", "header", "footer", "iframe", "svg", "path", "key",
    }
)  # fmt: skip
#: Elements whose text names what the next one holds.
_NAME_ELEMENTS: Final = frozenset({"key", "name", "parametername", "attributename", "member-name"})
#: Media types of programs and pages, where a colon and an equals sign stand between anything.
_PROGRAMS: Final = ("javascript", "css", "ecmascript", "svg")
_USER: Final = re.compile(r"(?<=//)[^/?#@\s\"'<>]+@")
_ADDRESS: Final = re.compile(r"(?<=[\s\"'(=>])(?:https?:/)?/[^\s\"'<>\\)]+")


def body_without_secrets(text: str, media_type: str = "") -> str:
    """A body, or its beginning; ``media_type``: what it calls itself, if it does."""
    return BodySecrets(media_type).shown(text)


def pieces(size: int = _FIRST) -> Iterator[int]:
    """How many characters of a body are looked at together, one after the other; what is cut off waits for more."""
    while True:
        yield size
        size = min(2 * size, _MOST)


def cut_at(text: str, size: int) -> int:
    """Where ``text``, which is longer than ``size``, is cut: behind what ends a value, as late as there is one."""
    for ends in _CUTS:
        found = [end.end() for end in ends.finditer(text, size // 2, size)]
        if found:
            return found[-1]
    return size


class BodySecrets:
    """Takes a body piece by piece, which end where `cut_at` says."""

    def __init__(self, media_type: str) -> None:
        self._is_program = any(word in media_type for word in _PROGRAMS)
        self._json = JsonSecrets(lambda text: _plain(text, is_program=False))
        self._element = _Element("", 0)

    def shown(self, text: str) -> str:
        """The next piece without secrets."""
        text = _parts_out(text)
        if '"' in text and not self._is_program:
            text = self._json.shown(text)
        if "<" in text:
            text, self._element = _elements_out(text, self._element)
        elif self._element.depth:
            return left_out(text)
        return _plain(text, is_program=self._is_program)


def _plain(text: str, *, is_program: bool) -> str:
    """``text`` without the secrets that no structure tells: pairs, lines, addresses, what is known by its form."""
    if "@" in text:
        text = _USER.sub(f"{LEFT_OUT}@", text)
    text = without_known_secrets(text)
    if not is_program:
        text = _LOGIN.sub(rf"\1{LEFT_OUT}", text)
    if ":" in text or "=" in text:
        if not is_program:
            text = _blocks_out(_LINE.sub(_line, text))
            if "=" in text:
                text = _FORM.sub(_parameter, text)
            text = _PAIR.sub(_pair, text)
        else:
            text = _PAIR.sub(lambda found: _pair(found) if found[3][:1] in "\"'" else found[0], text)
    if "/" in text:
        text = _ADDRESS.sub(lambda found: uri_without_secrets(found[0]), text)
    return text


def _parameter(found: re.Match[str]) -> str:
    value = plain_name(found[2]) if "%" in found[2] else found[2]
    return f"{found[1]}={LEFT_OUT}" if hides(found[1], value) else found[0]


def _pair(found: re.Match[str]) -> str:
    name, between, value = found[1], found[2], found[3]
    quote = re.match(r"\\*[\"']?", value)
    assert quote is not None
    inner = value[quote.end() :].rstrip("\\\"'") if quote[0] else value
    if not hides(name, plain_name(inner) if "%" in inner else inner):
        return found[0]
    closing = quote[0] if quote[0] and value.endswith(quote[0]) and len(value) > len(quote[0]) else ""
    return f"{name}{between}{quote[0]}{LEFT_OUT}{closing}"


def _line(found: re.Match[str]) -> str:
    name = found[2].strip("\"'")
    if ":" in found[3] and secrecy(name) is Secrecy.SURE and is_hidden(Secrecy.SURE, found[4]):
        return f"{found[1]}{found[2]}{found[3]}{LEFT_OUT}"
    return found[0]


def _blocks_out(text: str) -> str:
    """``text`` without the lines that stand deeper below a setting of YAML that is a secret."""
    if "\n" not in text:
        return text
    made, deep = list[str](), -1
    is_scalar = False
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip(" \t"))
        if deep >= 0 and stripped:
            if indent > deep or (indent == deep and stripped.startswith("- ")):
                made.append(_item_out(line, is_scalar=is_scalar))
                continue
            deep = -1
        made.append(line)
        if deep < 0 and ":" in line and len(line) < 512:
            found = _BLOCK.fullmatch(stripped)
            if found is not None and secrecy(found[1].strip("\"'")) is Secrecy.SURE:
                deep, is_scalar = indent, "|" in found[0] or ">" in found[0]
    return "".join(made)


def _item_out(line: str, *, is_scalar: bool) -> str:
    """A line below a secret: names stay."""
    content = line.rstrip("\r\n")
    start = len(content) - len(content.lstrip(" \t-"))
    name, colon, value = content[start:].partition(":")
    if colon and not is_scalar and (not value or value[0] == " "):
        shown = f"{name}:{f' {LEFT_OUT}' if value.strip() else ''}"
    else:
        shown = LEFT_OUT
    return content[:start] + shown + line[len(content) :]


def _parts_out(text: str) -> str:
    """``text`` without the contents of those parts of a form whose names are secrets."""
    made, at = list[str](), 0
    for found in _PART.finditer(text):
        name = _PART_NAME.search(found[1])
        begin = _PART_BEGIN.search(text, found.end(), found.end() + _PART_HEAD_MOST)
        if found.start() < at or name is None or begin is None:
            continue
        if secrecy(name[1]) is Secrecy.NONE:
            continue
        end = _PART_END.search(text, begin.end())
        stop = end.start() if end is not None else len(text)
        if hides(name[1], text[begin.end() : stop]):
            made += [text[at : begin.end()], left_out(text[begin.end() : stop])]
            at = stop
    return "".join(made) + text[at:] if made else text


class _Element(NamedTuple):
    """The secret element that is open; depth 0: none."""

    name: str
    depth: int


def _elements_out(text: str, open_: _Element) -> tuple[str, _Element]:
    """``text`` of XML or HTML without the secrets in its elements and attributes, and what is open at its end."""
    made, at = list[str](), 0
    name, depth, how = open_.name, open_.depth, Secrecy.SURE
    named = Secrecy.NONE
    """What the text of the element before says of the next one."""
    naming = False
    for tag in _TAG.finditer(text):
        content = text[at : tag.start()]
        local = tag[2].rpartition(":")[2].lower()
        if depth and is_hidden(how, _text(content)):
            content = left_out(content)
        elif naming:
            named = secrecy(content.strip()) if content.strip() else Secrecy.NONE
        made.append(content)
        at = tag.end()
        naming = False
        if tag[1]:
            if depth and local == name:
                depth -= 1
            made.append(tag[0])
            continue
        is_empty = tag[3].endswith("/")
        says, shown = _attributes_out(local, tag[3])
        made.append(f"<{tag[2]}{shown}>")
        if depth:
            depth += local == name and not is_empty
            continue
        own = max(secrecy(tag[2].rpartition(":")[2]), says, named) if local not in _HOLLOW else Secrecy.NONE
        naming = local in _NAME_ELEMENTS and not is_empty
        if not naming:
            named = Secrecy.NONE
        if own is not Secrecy.NONE and not is_empty:
            name, depth, how = local, 1, own
    rest = text[at:]
    if (depth and at and is_hidden(how, _text(rest))) or (depth and not at):
        rest = left_out(rest)
    made.append(rest)
    return "".join(made), _Element(name, depth if how is Secrecy.SURE else 0)


def _text(content: str) -> str:
    """The text of an element, also in CDATA."""
    return content.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip()


def _attributes_out(element: str, text: str) -> tuple[Secrecy, str]:
    """What the attributes of a tag say of its content, and they themselves without secrets."""
    if "=" not in text:
        return Secrecy.NONE, text
    says = Secrecy.NONE
    for found in _ATTRIBUTE.finditer(text):
        if found[1].rpartition(":")[2].lower() in _NAMING:
            says = max(says, secrecy(found[3].strip("\"'")))
    of_element = max(says, secrecy(element))

    def shown(found: re.Match[str]) -> str:
        name = found[1].rpartition(":")[2]
        value = found[3].strip("\"'")
        how = of_element if name.lower() in _VALUED else Secrecy.NONE if name.lower() in _NAMING else secrecy(name)
        quote = found[3][0] if found[3][0] in "\"'" else '"'
        return f"{found[1]}{found[2]}{quote}{LEFT_OUT}{quote}" if is_hidden(how, value) else found[0]

    return says, _ATTRIBUTE.sub(shown, text)
