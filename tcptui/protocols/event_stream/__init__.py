"""Server-sent events in HTTP bodies (WHATWG HTML, 9.2).

``parser``            events out of a body, each with the packets that carried it; bursts
``by_frame``, ``tree``  events by the packet with which they could be read, in the header tree
"""
