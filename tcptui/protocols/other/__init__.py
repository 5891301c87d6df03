"""One line about a packet that is no TCP segment, read by dpkt: enough to find it in a list.

``summary``  which reader, and what remains where none can read the bytes
``dns``      DNS, mDNS, LLMNR
``icmp``     ICMP and ICMPv6, and what their errors quote
``others``   ARP, DHCP, NTP, IGMP, TFTP, QUIC, protocols of text lines
"""
