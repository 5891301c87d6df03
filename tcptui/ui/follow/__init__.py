"""Follow stream: the byte streams of both ends, of any size, updated while they grow.

``screen``, ``base_screen``, ``keys``  commands, searches; updating while the stream grows
``source``, ``decoded``  the conversation cut into blocks: raw bytes, or decoded parts
``lines``, ``rows``   layout of the blocks on screen only, and the cursor
``view``, ``bars``    drawing, with the byte under the cursor and its packet
"""
