"""``--decode-as PORT=PROTOCOL`` and the setting `decode_as`: checked, and put together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tcptui.cli.parse_values import CommandLineError, near_words
from tcptui.protocols.decode_as import DecodeAsError, decoding, protocol_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.cli.commands import Common
    from tcptui.protocols.decode_as import Decoding


def check_decode_as(texts: Sequence[str]) -> None:
    """Raise CommandLineError where one of ``texts`` is wrong."""
    try:
        decoding(texts)
    except DecodeAsError as error:
        if not error.protocol:
            raise CommandLineError("error.decode-as", value=error.text) from None
        names = protocol_names()
        near = near_words(error.protocol.lower(), tuple(names))
        key = "error.decode-as-protocol-near" if near else "error.decode-as-protocol"
        known = ", ".join(sorted(names))
        raise CommandLineError(key, value=error.protocol, near=", ".join(near), known=known) from None


def decoding_of(common: Common) -> Decoding:
    """What is read on which port: by the settings file of the user, and by ``common``, which counts for more.

    Call it after root has been given up.
    """
    from tcptui.ui.settings.config_file import read_config  # reports have read it for its language

    return decoding((*read_config(os.environ).settings.decode_as, *common.decode_as))
