"""The files that were carried over HTTP, with a preview; one or all are written to a folder.

``screen``, ``keys``  the screen and its commands
``file_list``, ``bar``, ``preview``  its widgets
``reader``            finding, reading and writing in threads
"""
