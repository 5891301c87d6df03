"""What the fields of ICMP and ICMPv6 mean, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "field.icmp": "ICMP 报文。",
    "field.icmp.type": "报文类型。",
    "field.icmp.code": "报文代码，说明该类型下的具体含义。",
    "field.icmp.checksum": "报文校验和。",
    "field.icmp.checksum.status": "报文校验和是否正确。",
    "field.icmp.checksum_bad": "报文校验和错误。",
    "field.icmp.ident": "回显标识符，按大端读取。",
    "field.icmp.ident_le": "回显标识符，按小端读取。",
    "field.icmp.seq": "回显序列号，按大端读取。",
    "field.icmp.seq_le": "回显序列号，按小端读取。",
    "field.icmp.unused": "该类报文不使用的字节。",
    "field.icmp.mtu": "下一跳可接收的最大数据包长度。",
    "field.icmp.redir_gw": "此后应改用的路由器。",
    "field.icmp.pointer": "所引用的数据包中出错字节的位置。",
    "field.icmpv6": "ICMPv6 报文。",
    "field.icmpv6.type": "报文类型。",
    "field.icmpv6.code": "报文代码，说明该类型下的具体含义。",
    "field.icmpv6.checksum": "报文校验和。",
    "field.icmpv6.checksum.status": "报文校验和是否正确。",
    "field.icmpv6.checksum_bad.expert": "报文校验和错误。",
    "field.icmpv6.echo.identifier": "回显标识符。",
    "field.icmpv6.echo.sequence_number": "回显序列号。",
    "field.icmpv6.mtu": "下一跳可接收的最大数据包长度。",
    "field.icmpv6.pointer": "所引用的数据包中出错字节的位置。",
    "field.icmpv6.reserved": "该类报文不使用的字节。",
}
