"""Fields of the TCP options, Multipath TCP among them.

All values come from the header tree: a header may hold an option twice, and the packet store keeps only one.
"""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, Field, FieldType, Layer, Unit


def _option(name: str, title: str) -> Field:
    return Field(f"tcp.options.{name}", FieldType.PROTOCOL, f"The option {title}.", repeats=True)


def _value(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, base: Base = Base.DECIMAL) -> Field:
    return Field(f"tcp.options.{name}", kind, doc, unit=unit, repeats=True, base=base)


_OPTIONS: Final = (
    Field("tcp.options", FieldType.BYTES, "All options."),
    Field("tcp.option_kind", FieldType.UINT8, "Kind of the option.", repeats=True),
    Field("tcp.option_len", FieldType.UINT8, "Length of the option.", unit=Unit.BYTES, repeats=True),
    Field("tcp.option.len.invalid", FieldType.NONE, "The option's length is impossible.", repeats=True),
    Field("tcp.nop", FieldType.NONE, "More empty options in a row than padding needs."),
    _option("eol", "that ends the list"),
    _option("nop", "that does nothing"),
    _option("mss", "with the largest segment (RFC 9293)"),
    _value("mss_val", FieldType.UINT16, "Largest payload that the sender accepts in a segment.", Unit.BYTES),
    Field("tcp.options.mss.present", FieldType.NONE, "A segment other than a SYN has a maximum segment size."),
    _option("wscale", "with the window's scale (RFC 7323)"),
    _value("wscale.shift", FieldType.UINT8, "By how many bits the sender's windows are shifted."),
    _value("wscale.multiplier", FieldType.UINT16, "The factor of the sender's windows."),
    _value("wscale.shift.invalid", FieldType.NONE, "The shift is larger than the RFC allows."),
    _option("sack_perm", "that allows selective acknowledgments (RFC 2018)"),
    _option("sack", "with selective acknowledgments (RFC 2018)"),
    _value("sack_le", FieldType.UINT32, "Number of a block's first byte."),
    _value("sack_re", FieldType.UINT32, "Number of the byte after a block."),
    _value("sack.count", FieldType.UINT8, "How many blocks the option has."),
    _value("sack.dsack", FieldType.NONE, "The first block reports bytes that arrived twice (RFC 2883)."),
    _value("sack.dsack_le", FieldType.UINT32, "Number of the first byte that arrived twice."),
    _value("sack.dsack_re", FieldType.UINT32, "Number of the byte after those that arrived twice."),
    _option("timestamp", "with timestamps (RFC 7323)"),
    _value("timestamp.tsval", FieldType.UINT32, "The sender's clock."),
    _value("timestamp.tsecr", FieldType.UINT32, "The other end's clock, as it was last received."),
    _option("echo", "that asks for an echo (RFC 1072)"),
    _option("echoreply", "that echoes (RFC 1072)"),
    _value("echo_value", FieldType.UINT32, "What is to be echoed."),
    _option("cc", "with a connection count (RFC 1644)"),
    _option("ccnew", "with a new connection count (RFC 1644)"),
    _option("ccecho", "with the other end's connection count (RFC 1644)"),
    _value("cc_value", FieldType.UINT32, "The connection count."),
    _option("md5", "with an MD5 signature (RFC 2385)"),
    _value("md5.digest", FieldType.BYTES, "The signature."),
    _option("ao", "that authenticates the segment (RFC 5925)"),
    _value("ao.keyid", FieldType.UINT8, "Which key signed the segment."),
    _value("ao.rnextkeyid", FieldType.UINT8, "Which key the sender wants to receive next."),
    _value("ao.mac", FieldType.BYTES, "The signature."),
    _option("scps", "of the space protocols"),
    _option("user_to", "with a user timeout (RFC 5482)"),
    _value("user_to_granularity", FieldType.BOOLEAN, "The timeout counts minutes instead of seconds."),
    _value("user_to_val", FieldType.UINT16, "The timeout."),
    _option("tfo", "Fast Open (RFC 7413)"),
    _value("tfo.cookie", FieldType.BYTES, "The Fast Open cookie."),
    _value("tfo.request", FieldType.NONE, "A Fast Open cookie is asked for."),
    _option("rvbd.probe", "by which Riverbed's devices find one another"),
    _option("rvbd.trpy", "of Riverbed's transparent connections"),
    _option("experimental", "for experiments (RFC 6994)"),
    _value("experimental.exid", FieldType.UINT16, "Which experiment it is.", base=Base.HEXADECIMAL),
    _value("experimental.data", FieldType.BYTES, "The experiment's data."),
    _option("unknown", "of an unknown kind"),
    _value("unknown.payload", FieldType.BYTES, "Data of the unknown option."),
)


def _multipath(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, base: Base = Base.DECIMAL) -> Field:
    return _value(f"mptcp.{name}", kind, doc, unit, base=base)


_MULTIPATH: Final = (
    Field("mptcp", FieldType.PROTOCOL, "An option of Multipath TCP (RFC 8684).", repeats=True, layer=Layer.LISTED),
    _multipath("subtype", FieldType.UINT8, "Subtype of the MPTCP option."),
    _multipath("version", FieldType.UINT8, "Version of Multipath TCP."),
    _multipath("flags", FieldType.UINT8, "The option's flags.", base=Base.HEXADECIMAL),
    _multipath("checksumreq.flags", FieldType.UINT8, "Checksums are required."),
    _multipath("extensibility.flag", FieldType.UINT8, "The flag kept for extensions."),
    _multipath("nomoresubflows.flag", FieldType.UINT8, "No further subflows to this address and port."),
    _multipath("sha1.flag", FieldType.UINT8, "HMAC-SHA1 is used."),
    _multipath("sha256.flag", FieldType.UINT8, "HMAC-SHA256 is used."),
    _multipath("reserved.flag", FieldType.UINT8, "The reserved flags.", base=Base.HEXADECIMAL),
    _multipath("datafin.flag", FieldType.UINT8, "The sender has no more data on any path."),
    _multipath("dseqn8.flag", FieldType.UINT8, "The data sequence number has 8 bytes."),
    _multipath("dseqnpresent.flag", FieldType.UINT8, "The option maps bytes to data sequence numbers."),
    _multipath("dataack8.flag", FieldType.UINT8, "The data acknowledgment has 8 bytes."),
    _multipath("dataackpresent.flag", FieldType.UINT8, "The option has a data acknowledgment."),
    _multipath("backup.flag", FieldType.UINT8, "The path is a backup for when others fail."),
    _multipath("sendkey", FieldType.UINT64, "Key of the sender."),
    _multipath("recvkey", FieldType.UINT64, "Key of the receiver."),
    _multipath("recvtok", FieldType.UINT32, "Token of the connection that the subflow joins."),
    _multipath("sendrand", FieldType.UINT32, "Random number of the sender."),
    _multipath("sendtrunchmac", FieldType.UINT64, "First half of the sender's proof."),
    _multipath("sendhmac", FieldType.BYTES, "The sender's proof."),
    _multipath("addaddrtrunchmac", FieldType.UINT64, "Proof that the address is the sender's."),
    _multipath("rawdataack", FieldType.UINT64, "Number of the next expected byte on all paths."),
    _multipath("rawdataseqno", FieldType.UINT64, "Number of the first byte on all paths."),
    _multipath("subflowseqno", FieldType.UINT32, "Number of the first byte on this path."),
    _multipath("datalvllen", FieldType.UINT16, "How many bytes are mapped.", Unit.BYTES),
    _multipath("checksum", FieldType.UINT16, "Checksum of the mapped bytes.", base=Base.HEXADECIMAL),
    _multipath("ipver", FieldType.UINT8, "IP version of an address (RFC 6824)."),
    _multipath("echo", FieldType.UINT8, "The announced address is confirmed."),
    _multipath("addrid", FieldType.UINT8, "Number of an address."),
    _multipath("ipv4", FieldType.IPV4, "An announced address."),
    _multipath("ipv6", FieldType.IPV6, "An announced address."),
    _multipath("port", FieldType.UINT16, "An announced port."),
)

TCP_OPTION_FIELDS: Final = (*_OPTIONS, *_MULTIPATH)
