"""The real terminal: drawing at the rate of its link, and restoring it at exit.

``setup``, ``run``    before, during and after the app's run
``driver``, ``frame_pacing``, ``link_rate``  frames are dropped when the link to the terminal is slow
``key_order``         keys are handled in the order in which they were typed
``cell_diff``         only cells that changed are sent
``ascii``, ``input_bytes``  terminals without UTF-8
``crash``             the report that is written when the app crashes
"""
