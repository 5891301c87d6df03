"""Fields of MQTT, without those that hold secrets: passwords, and data of an authentication."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, Field, FieldType, Layer, Text, Unit

_BYTES: Final = Unit.BYTES


def _mqtt(
    name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, base: Base = Base.DECIMAL, text: Text = Text.LABEL
) -> Field:  # fmt: skip
    """A field of MQTT.  Each may repeat, because a segment may hold many packets."""
    return Field(f"mqtt.{name}", kind, doc, unit=unit, repeats=True, base=base, text=text)


def _text(name: str, doc: str) -> Field:
    """A text whose line is its bytes."""
    return _mqtt(name, FieldType.STRING, doc, text=Text.BYTES)


MQTT_FIELDS: Final = (
    Field("mqtt", FieldType.PROTOCOL, "A packet of MQTT.", repeats=True, layer=Layer.LISTED),
    _mqtt("hdrflags", FieldType.UINT8, "Type and flags of the packet.", base=Base.HEXADECIMAL),
    _mqtt("msgtype", FieldType.UINT8, "Type of the packet."),
    _mqtt("hdr_reserved", FieldType.UINT8, "Flags that are fixed for the type."),
    _mqtt("retain_reserved", FieldType.UINT8, "Reserved bit of a packet of 3.1."),
    _mqtt("dupflag", FieldType.BOOLEAN, "The packet may have been sent before."),
    _mqtt("qos", FieldType.UINT8, "Delivery guarantee: 0 at most, 1 at least, 2 exactly once."),
    _mqtt("retain", FieldType.BOOLEAN, "The broker keeps the message for those who subscribe later."),
    _mqtt("len", FieldType.UINT64, "Length of the packet after this field.", _BYTES),
    _mqtt("proto_len", FieldType.UINT16, "Length of the protocol's name.", _BYTES),
    _text("protoname", "Name of the protocol."),
    _mqtt("ver", FieldType.UINT8, "Version of the protocol: 3, 4 (3.1.1) or 5."),
    _mqtt("conflags", FieldType.UINT8, "Contents and requests of CONNECT.", base=Base.HEXADECIMAL),
    _mqtt("conflag.uname", FieldType.BOOLEAN, "There is a user name."),
    _mqtt("conflag.passwd", FieldType.BOOLEAN, "There is a password."),
    _mqtt("conflag.retain", FieldType.BOOLEAN, "The will is kept for those who subscribe later."),
    _mqtt("conflag.qos", FieldType.UINT8, "Delivery guarantee of the will."),
    _mqtt("conflag.willflag", FieldType.BOOLEAN, "There is a will."),
    _mqtt("conflag.cleansess", FieldType.BOOLEAN, "The session starts afresh."),
    _mqtt("conflag.reserved", FieldType.BOOLEAN, "Reserved bit."),
    _mqtt("kalive", FieldType.UINT16, "Seconds within which the client sends something; 0: no limit.", Unit.SECONDS),
    _mqtt("clientid_len", FieldType.UINT16, "Length of the client's identifier.", _BYTES),
    _text("clientid", "The client's identifier."),
    _mqtt("willtopic_len", FieldType.UINT16, "Length of the will's topic.", _BYTES),
    _text("willtopic", "Topic of the message that the broker publishes when the client is lost."),
    _mqtt("willmsg_len", FieldType.UINT16, "Length of the will.", _BYTES),
    _mqtt("willmsg", FieldType.BYTES, "The message that the broker publishes when the client is lost."),
    _mqtt("username_len", FieldType.UINT16, "Length of the user name.", _BYTES),
    _text("username", "The user name."),
    _mqtt("passwd_len", FieldType.UINT16, "Length of the password, which is never shown.", _BYTES),
    _mqtt("conack.flags", FieldType.UINT8, "What the broker reports about the session.", base=Base.HEXADECIMAL),
    _mqtt("conack.flags.reserved", FieldType.BOOLEAN, "Reserved bits."),
    _mqtt("conack.flags.sp", FieldType.BOOLEAN, "The broker still has the client's session."),
    _mqtt("conack.val", FieldType.UINT8, "How the broker responds to CONNECT, before 5.0; 0 accepted."),
    _mqtt("msgid", FieldType.UINT16, "Number that links related packets."),
    _mqtt("topic_len", FieldType.UINT16, "Length of a topic.", _BYTES),
    _text("topic", "Topic of a message, or filter of a subscription."),
    _mqtt("msg", FieldType.BYTES, "The message."),
    _mqtt("sub.qos", FieldType.UINT8, "Requested delivery guarantee of a subscription."),
    _mqtt("suback.qos", FieldType.UINT8, "Granted delivery guarantee; 128: the subscription was refused."),
    _mqtt("subscription_options", FieldType.UINT8, "Options of a subscription.", base=Base.HEXADECIMAL),
    _mqtt("subscription_options_qos", FieldType.UINT8, "Requested delivery guarantee of the subscription."),
    _mqtt("subscription_options_nl", FieldType.BOOLEAN, "The client's own messages are not delivered to it."),
    _mqtt("subscription_options_rap", FieldType.BOOLEAN, "Messages are delivered with their retain flag."),
    _mqtt("subscription_options_retain", FieldType.UINT8, "Whether retained messages are delivered at once."),
    _mqtt("subscription_options_reserved", FieldType.UINT8, "Reserved bits.", base=Base.HEXADECIMAL),
    _mqtt("connack.reason_code", FieldType.UINT8, "Reason code of CONNACK; 128 or more: error."),
    _mqtt("puback.reason_code", FieldType.UINT8, "Reason code of PUBACK; 128 or more: error."),
    _mqtt("pubrec.reason_code", FieldType.UINT8, "Reason code of PUBREC; 128 or more: error."),
    _mqtt("pubrel.reason_code", FieldType.UINT8, "Reason code of PUBREL; 128 or more: error."),
    _mqtt("pubcomp.reason_code", FieldType.UINT8, "Reason code of PUBCOMP; 128 or more: error."),
    _mqtt("suback.reason_code", FieldType.UINT8, "Reason code of SUBACK; 128 or more: error."),
    _mqtt("unsuback.reason_code", FieldType.UINT8, "Reason code of UNSUBACK; 128 or more: error."),
    _mqtt("disconnect.reason_code", FieldType.UINT8, "Reason code of DISCONNECT; 128 or more: error."),
    _mqtt("auth.reason_code", FieldType.UINT8, "Reason code of AUTH; 128 or more: error."),
    _mqtt("properties", FieldType.NONE, "The properties of a packet of 5.0."),
    _mqtt("will_properties", FieldType.NONE, "The properties of a will."),
    _mqtt("property_len", FieldType.UINT64, "Length of the properties.", _BYTES),
    _mqtt("property_id", FieldType.UINT8, "Which property it is.", base=Base.HEXADECIMAL),
    _mqtt("prop_number", FieldType.UINT32, "Value of a property that is a number."),
    _mqtt("property.content_type", FieldType.STRING, "Media type of the message."),
    _mqtt("property.max_qos", FieldType.UINT8, "Highest QoS that the broker grants."),
    _mqtt("property.topic_alias", FieldType.UINT16, "Number used in place of a topic."),
    _text("prop_unknown", "What follows a property that is not known."),
    _mqtt("prop_string_len", FieldType.UINT32, "Length of a property that is a text.", _BYTES),
    _text("prop_string", "Value of a property that is a text."),
    _mqtt("prop_key_len", FieldType.UINT32, "Length of a user property's name.", _BYTES),
    _text("prop_key", "Name of a user property."),
    _mqtt("prop_value_len", FieldType.UINT32, "Length of a user property's value.", _BYTES),
    _text("prop_value", "Value of a user property."),
    _mqtt("illegal_topic_length", FieldType.NONE, "Note: a message has neither topic nor alias."),
    _mqtt("unknown_version", FieldType.NONE, "Note: no CONNECT was captured, so the version is unknown."),
    _mqtt("unknown_topic_alias", FieldType.NONE, "Note: the topic of the alias was not captured."),
)
