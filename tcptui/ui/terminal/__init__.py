"""The real terminal: drawing within its rate, and leaving it as it was.

``setup``, ``run``    before, during and after the app's run
``driver``, ``frame_pacing``, ``link_rate``  no more is drawn than the line takes
``key_order``         keys in the order in which they were typed
``cell_diff``         only cells that differ are sent
``ascii``, ``input_bytes``  terminals without UTF-8
``crash``             the report that is left when the app crashes
"""
