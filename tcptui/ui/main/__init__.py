"""The main screen: connections, timeline, headers and bytes, explanation.

``screen``, ``base_screen``  the commands; what the screen is made of and how it keeps up with its session
``workspace``         the panes together: what is selected in one is what the next one shows
``layout``, ``panes``  where each pane goes, and which one is in front

Connections: ``connection_list``, ``connection_index``, ``connection_sorter``
Timeline: ``timeline``, ``arrow_text``, ``state_text``, ``payload_preview``, ``packet_severity``
One packet: ``header_pane``, ``hex_pane``, ``explain_pane``, ``budget_bar``, ``corrections``, ``state_moves``
Finding things: ``prompt_line``, ``go_to``, ``hints``
``learning``          cases and predictions on this screen
"""
