"""Follow stream: what both ends said, of any size, live while it grows.

``screen``, ``base_screen``, ``keys``  commands; keeping up with a stream
``source``, ``decoded``  the conversation cut into blocks: raw, or part by part
``lines``, ``rows``   laid out only where somebody looks
``view``, ``bars``    drawn, with the cursor's byte and packet
``search``            in a thread, one at a time
"""
