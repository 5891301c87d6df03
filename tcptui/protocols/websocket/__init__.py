"""WebSocket (RFC 6455): the upgrade, frames, messages.

``conversation``      the upgrade, what was negotiated, both directions, how it ended
``frames``            frames of one direction, each at its byte
``messages``          fragments joined, unmasked, unpacked (RFC 7692), bounded
``by_frame``, ``tree``  frames by the packet that completed them, in the header tree
"""
