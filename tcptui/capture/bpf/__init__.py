"""Capture filters over files: libpcap compiles them, NumPy runs them.

``packet_filter``     BPF words on a capture, compiled once per link type
``machine``           the classic BPF machine over a whole batch of packets
``no_dns``            keeps the compiler from asking DNS for host names

Live captures hand their filter to the kernel instead.
"""
