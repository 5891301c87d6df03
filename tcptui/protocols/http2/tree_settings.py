"""Settings of HTTP/2 as lines of the header tree: those of a frame, or of the header field HTTP2-Settings."""

from __future__ import annotations

import binascii
import struct
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace

#: Settings that are listed at once.
_SHOWN: Final = 200
_SETTING: Final = struct.Struct(">HI")
#: Bytes of one setting, and that are read for the settings of one frame.
SETTING_SIZE: Final = _SETTING.size
MOST: Final = SETTING_SIZE * _SHOWN
#: Settings: name in the headline, name of the value, Wireshark's field.
_SETTINGS: Final = {
    1: ("Header table size", "Header table size", "header_table_size"),
    2: ("Enable PUSH", "Enable PUSH", "enable_push"),
    3: ("Max concurrent streams", "Max concurrent streams", "max_concurrent_streams"),
    4: ("Initial Windows size", "Initial Windows Size", "initial_window_size"),
    5: ("Max frame size", "Max frame size", "max_frame_size"),
    6: ("Max header list size", "Max header list size", "max_header_list_size"),
    8: ("Extended CONNECT", "Extended CONNECT", "extended_connect"),
}


def add_settings(branch: Branch, place: FramePlace, start: int, raw: bytes) -> None:
    """Append the settings in ``raw``, the stream's bytes from ``start`` on."""
    for number, setting in enumerate(_read(raw)):
        at = start + SETTING_SIZE * number
        _add(branch, place, setting, ((at, 6), (at, 2), (at + 2, 4)))


def add_cut_setting(branch: Branch, place: FramePlace, start: int, size: int) -> None:
    """Append the first ``size`` bytes of a setting, with which its frame ends."""
    raw = place.direction.read(start, size)
    line = place.add(branch, "Settings", start, size, "http2.settings")
    if size >= 2:
        number = int.from_bytes(raw[:2])
        title = _SETTINGS.get(number, ("Unknown", "", ""))[0]
        place.add(line, f"Settings Identifier: {title} ({number})", start, 2, "http2.settings.id")


def add_upgrade_settings(branch: Branch, place: FramePlace, start: int, length: int, value: str) -> None:
    """Append the settings in ``value`` of a header field HTTP2-Settings (RFC 7540, 3.2.1), a line of the stream.

    Nothing, where that is no base64url.
    """
    try:
        raw = urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return
    for setting in _read(raw[:MOST]):
        _add(branch, place, setting, ((start, length),) * 3)


def _read(raw: bytes) -> list[tuple[int, int]]:
    return list(_SETTING.iter_unpack(raw[: len(raw) // _SETTING.size * _SETTING.size]))


def _add(branch: Branch, place: FramePlace, setting: tuple[int, int], spans: tuple[tuple[int, int], ...]) -> None:
    """One setting; ``spans``: where it stands, its identifier and its value, each with its length."""
    number, value = setting
    title, name, field = _SETTINGS.get(number, ("Unknown", "Unknown Settings", "unknown"))
    whole, identifier, content = spans
    line = place.add(branch, f"Settings - {title} : {value}", *whole, "http2.settings")
    place.add(line, f"Settings Identifier: {title} ({number})", *identifier, "http2.settings.id")
    place.add(line, f"{name}: {value}", *content, f"http2.settings.{field}")
