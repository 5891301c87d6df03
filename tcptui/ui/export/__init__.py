"""The files that were transferred over HTTP, with a preview; one or all can be written to a folder.

``screen``, ``keys``  the screen and its commands
``file_list``, ``bar``, ``preview``  its widgets
``reader``            finding, reading and writing files in worker threads
"""
