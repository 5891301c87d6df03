"""The registry of fields: every field that packets and connections have, once.

A row says what a field is called, what type of value it has, whether a packet may have several, what it means, and
where its values come from: a column of the packet store, other fields, or a reader that knows more than the store.
Filters, columns, JSON and the header tree name fields as they are named here.  Names and types are those of
``tshark -G fields`` (4.0.17), except where `Field.owner` says otherwise.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.field import Column, Field
from tcptui.model.field_rows.amqp import AMQP_FIELDS
from tcptui.model.field_rows.application import APPLICATION_FIELDS
from tcptui.model.field_rows.dns import DNS_FIELDS
from tcptui.model.field_rows.http2 import HTTP2_FIELDS
from tcptui.model.field_rows.icmp import ICMP_FIELDS
from tcptui.model.field_rows.kafka import KAFKA_FIELDS
from tcptui.model.field_rows.link import LINK_FIELDS
from tcptui.model.field_rows.memcached import MEMCACHED_FIELDS
from tcptui.model.field_rows.mongodb import MONGODB_FIELDS
from tcptui.model.field_rows.mqtt import MQTT_FIELDS
from tcptui.model.field_rows.mysql import MYSQL_FIELDS
from tcptui.model.field_rows.network import NETWORK_FIELDS
from tcptui.model.field_rows.own import OWN_FIELDS
from tcptui.model.field_rows.postgresql import POSTGRESQL_FIELDS
from tcptui.model.field_rows.seldom import SELDOM_FIELDS
from tcptui.model.field_rows.tcp import TCP_FIELDS
from tcptui.model.field_rows.tcp_options import TCP_OPTION_FIELDS
from tcptui.model.field_rows.tls import TLS_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tcptui.model.field import Layer, Mask, Where
    from tcptui.model.packet_store import PacketStore

#: All rows, by family.
ROWS: Final = (
    *LINK_FIELDS, *NETWORK_FIELDS, *ICMP_FIELDS, *TCP_FIELDS, *TCP_OPTION_FIELDS, *APPLICATION_FIELDS, *TLS_FIELDS,
    *HTTP2_FIELDS, *MYSQL_FIELDS, *POSTGRESQL_FIELDS, *DNS_FIELDS, *MQTT_FIELDS, *MEMCACHED_FIELDS, *AMQP_FIELDS,
    *KAFKA_FIELDS, *MONGODB_FIELDS, *SELDOM_FIELDS, *OWN_FIELDS,
)  # fmt: skip
#: Name to field.
FIELDS: Final[Mapping[str, Field]] = MappingProxyType({row.name: row for row in ROWS})


def protocols_with(layer: Layer) -> frozenset[str]:
    """The protocols whose rows have ``layer``."""
    return frozenset(row.name for row in ROWS if row.layer and layer in row.layer)


def column_of(name: str) -> Column:
    """The column of the field ``name``.  Raises KeyError for an unknown field, LookupError for one without a column."""
    column = FIELDS[name].column
    if column is None:
        raise LookupError(name)
    return column


def values(name: str, store: PacketStore, rows: Where) -> NDArray[Any]:
    """What ``rows`` have in the field ``name``, one value each; times are nanoseconds.  Raises as `column_of`.

    Values of rows where the field is not `present` mean nothing.
    """
    return column_of(name).values(store, rows)


def present(name: str, store: PacketStore, rows: Where) -> Mask:
    """Which of ``rows`` have the field ``name``, headers quoted in ICMP errors not counted.  Raises as `column_of`."""
    return column_of(name).present(store, rows)
