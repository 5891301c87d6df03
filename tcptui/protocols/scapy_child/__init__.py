"""scapy in a process of its own: bytes of one packet in, the lines of its headers out.

scapy is GPL-2.0-only, and other libraries of the program may be Apache-2.0, so no process has both: this program's
process never imports scapy, and scapy's process imports nothing but scapy and this package.  Its dissectors were not
made for hostile bytes, either: there they can take neither the program's time, nor its memory, nor end it.

``client``     the program's side: starts the process, asks it, starts it again after its end
``channel``    one process, from the program's side: its socket, its end
``messages``   what is asked and answered, as bytes; both sides, imports nothing of scapy
``main``       the process: serves one question after the other
``limits``     how long and with how much memory it may answer one
``dissect``    the headers in some bytes, by scapy
``vendors``    who assigned an Ethernet address, by scapy's copy of Wireshark's list
``scapy_loader``  imports scapy: late, without log output, and without writing files

Only ``main`` imports the last four, and nothing imports ``main`` (checked by `lint-imports`).
"""
