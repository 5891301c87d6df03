"""``tcptui serve``: the engine as tools of an assistant, over the Model Context Protocol.

Everything goes through `tcptui.api`.  What leaves is made by `view` alone: redacted unless the user who started the
server allowed more.
"""
