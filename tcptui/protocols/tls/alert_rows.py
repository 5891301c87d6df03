"""Segments that are one alert, or begin a ClientHello, found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.fixed_rows import FixedRows

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64
    from tcptui.protocols.payload_places import Payloads


#: Bytes of a record's header, and what it begins with where it is an alert, by its type or only by its length.
_HEADER: Final = 5
_ALERT, _APPLICATION_DATA, _MAJOR = 21, 23, 3
#: Bytes of an alert of TLS 1.3: two, their true type, the authentication tag (RFC 8446, 5.2 and 6), which is shorter
#: with AES_128_CCM_8.
HIDDEN_ALERTS: Final = (2 + 1 + 16, 2 + 1 + 8)
#: Most bytes of an encrypted alert before TLS 1.3, with header, explicit nonce or IV, padding and MAC.
MOST_ALERT: Final = 101


def alert_places(batch: Payloads) -> I64:
    """Places in the batch, ascending, of payloads that are one alert and nothing else, encrypted or not.

    What has the length of an encrypted alert of TLS 1.3 counts as one: else it were two bytes of data.
    """
    found = []
    for kind in (_ALERT, _APPLICATION_DATA):
        at, place = batch.beginning(kind, _HEADER)
        length = batch.store.length[batch.first + at]
        size = batch.buffer[place + 3].astype(np.int64) * 256 + batch.buffer[place + 4]
        is_one = (batch.buffer[place + 1] == _MAJOR) & (length == _HEADER + size) & (length <= MOST_ALERT)
        found.append(at[is_one & (np.isin(size, HIDDEN_ALERTS) | (kind == _ALERT))])
    return np.sort(np.concatenate(found))


class AlertRows(FixedRows):
    """Rows whose payload is a fatal alert and nothing else (RFC 8446, 5.1 and 6)."""

    least, alone = 7, True
    fixed = np.array([0, 1, 3, 4, 5])
    values = np.array([21, 3, 0, 2, 2], np.uint8)


class HelloRows(FixedRows):
    """Rows whose payload begins with a ClientHello (RFC 8446, 4.1.2)."""

    may_have_files = False  # what is behind it is encrypted
    least, alone = 11, False
    fixed = np.array([0, 1, 5, 6, 9])
    values = np.array([22, 3, 1, 0, 3], np.uint8)
