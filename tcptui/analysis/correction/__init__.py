"""Hindsight: which packets had no effect after all, and the states corrected by that.

The kernel assumes that what was sent to an end arrives.  What that end sends later may contradict the assumption.

``find``              runs the rules over one stream, and has those about FINs and about resets without effect
``opening``           the rules about SYNs and third packets
``lone_syns``         connections of nothing but one SYN, many at a time
``evidence``          one stream as these rules see it
``correction``        a packet that had no effect, and what shows it
``apply``             has the kernel judge the states again, and writes them

Only streams that may need it are examined: ones that the kernel marked as contradicted or as having repeated SYNs, ones
whose opening was not answered, and ones with data in which an end sent none.
"""
