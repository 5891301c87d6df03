"""Looking back: which packets had no effect after all, and the states corrected by that.

The kernel assumes that what was sent to an end arrives.  An end that speaks again may contradict it.

``find``              runs the rules over one stream
``opening``, ``closing``, ``resets``  the rules: SYNs and third packets, FINs, resets without effect
``lone_syns``         connections of nothing but one SYN, many at a time
``evidence``          one stream as these rules look at it
``correction``        a packet, what it did not do, and what shows it
``apply``             has the kernel judge the states again, and writes them

Only streams that the kernel marked as contradicted are looked at.
"""
