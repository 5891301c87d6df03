"""Names on the main screen: what clients asked for, and DNS answers of the capture, read a little at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.access.progress import Phase
from tcptui.protocols.scapy_child.client import scapy_child
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_yield_to_input
from tcptui.session.other_tables import asked_hosts, dns_names, served_certificates
from tcptui.ui.main.controller import Controller
from tcptui.ui.preload import preloader
from tcptui.ui.terminal.frame_pacing import link_is_idle
from tcptui.ui.view_options import NamesChoice

if TYPE_CHECKING:
    from tcptui.ui.main.controller import ControlledScreen
    from tcptui.ui.main.listing import Listing

#: Delay in seconds after which what reads DNS answers, and scapy in its own process, are imported in the background.
_WARM_UP_AFTER: Final = 2.0
#: Interval (seconds) at which DNS answers are read for their names, and how long that may take: a key may wait for it.
_NAMES_BEAT: Final = 0.25
_NAMES_LOOK: Final = 0.01
#: With more packets than this no names are read: what lists them would take memory that nobody asked it to take.
_NAMES_PACKETS: Final = 1_000_000


class Naming(Controller):
    """Has what reads DNS answers and header trees imported in the background, then reads the answers."""

    _has_dpkt = False
    """Whether what reads DNS answers has been imported."""

    def __init__(self, screen: ControlledScreen, listing: Listing) -> None:
        super().__init__(screen)
        self._listing = listing

    def mounted(self) -> None:
        """Begin soon."""
        self.screen.names.wanted = self.screen.options.names is NamesChoice.DNS
        self.screen.call_after(_WARM_UP_AFTER, self._warm_up)

    def _warm_up(self) -> None:
        """Import in a daemon thread what the first name, and the first header tree, would have to wait for."""
        preloader.begin()
        if self.session.progress.phase is Phase.LOADING:  # loading needs the processor more
            self.screen.call_after(_WARM_UP_AFTER, self._warm_up)
            return

        def load() -> None:
            with gc_paused_and_frozen(), imports_yield_to_input():
                import tcptui.session.asked_hosts
                import tcptui.session.certificate_names
                import tcptui.session.dns_names  # noqa: F401 - dpkt, for `_read_names`

                self._has_dpkt = True
                scapy_child.load()

        threading.Thread(target=load, name="tcptui-warm-up", daemon=True).start()
        if not self.screen.options.numeric:
            self.screen.set_interval(_NAMES_BEAT, self._read_names)

    def _read_names(self) -> None:
        """Read some of the DNS answers, and of the beginnings of connections, that are new."""
        store = self.session.store
        if self._has_dpkt and link_is_idle(self.app) and store.count - store.first <= _NAMES_PACKETS:
            names, asked, served = dns_names(self.session), asked_hosts(self.session), served_certificates(self.session)
            before = names.count, asked.count, served.count
            names.grow(_NAMES_LOOK)
            asked.grow(_NAMES_LOOK)
            served.grow(_NAMES_LOOK)
            if (names.count, asked.count, served.count) != before:
                shown = self.screen.names
                shown.asked, shown.served, shown.known = asked, served, names.count + asked.count + served.count
                self.workspace.show_names(names)
                self.use_names()

    def use_names(self) -> None:
        """Have the list show names or addresses, as chosen, by the DNS answers that have been read."""
        self.screen.names.wanted = wanted = self.screen.options.names is NamesChoice.DNS
        self.screen.names.dns = dns_names(self.session) if wanted and self._has_dpkt else None
        self.workspace.rename_ends()
        connections = self.workspace.connections
        connections.forget_widths()
        connections.refresh()
        if connections.index.narrowing.words:
            self._listing.reorder()

    def switch(self) -> None:
        """Switch between names and addresses in the list of connections."""
        options = self.screen.options
        if options.numeric:
            self.screen.say(self.words("screen.notice.names.numeric"))
            return
        choice = NamesChoice.ADDRESSES if options.names is NamesChoice.DNS else NamesChoice.DNS
        self.screen.choose_view(choice)
        self.use_names()
        shown = choice.value if choice is NamesChoice.ADDRESSES or self.has_names else self.why_no_names
        self.screen.say(self.words(f"screen.notice.names.{shown}"))

    @property
    def why_no_names(self) -> str:
        """Why no name is known, as the end of a key of the words: there may be some in what has not been read."""
        store = self.session.store
        if store.count - store.first > _NAMES_PACKETS:
            return "many"
        is_read = self._has_dpkt and dns_names(self.session).is_current and asked_hosts(self.session).is_current
        return "none" if is_read else "reading"

    @property
    def has_names(self) -> bool:
        """Whether DNS answers that name an address have been read, a client that asked for a host, or a certificate."""
        tables = (dns_names, asked_hosts, served_certificates)
        return self._has_dpkt and any(table(self.session).count > 0 for table in tables)
