"""Link layers: from a frame to its network header, for a whole batch at once.

``types``             link types, ethertypes, 802.2, VLAN tags: where each kind of frame goes on
``pseudo_headers``    headers that capture programs and drivers put before a frame, and 802.11
``serial``            PPP and its kin, Cisco HDLC, Frame Relay
``shims``             MPLS, PPPoE, provider bridges, service chains
``rare``              link types of few captures

Called by `wire.decode`.  A new link type is a row of the table in ``types`` and a function that says where the next
header begins.
"""
