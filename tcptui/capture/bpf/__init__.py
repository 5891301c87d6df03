"""Capture filters applied to files: libpcap compiles the expression, NumPy runs the program.

``packet_filter``     a filter expression applied to packets, compiled once per link type; whether it is a whole one
``machine``           the classic BPF virtual machine, run over a whole batch of packets
``no_dns``            keeps the compiler from asking DNS for host names

A live capture installs its filter in the kernel instead; of a capture on another host only its form is checked here.
"""
