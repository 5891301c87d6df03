"""Server-sent events in HTTP bodies (WHATWG HTML, 9.2).

``parser``            parses events from a body, each with the packets that carried it; bursts of events
``by_frame``, ``tree``  events by the packet that completed them, in the header tree
"""
