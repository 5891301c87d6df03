from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount, brief, fit, fit_endpoint, fit_ends, fit_field, fit_name, fit_target, span, stamp


@given(st.text().map(safe_text), st.integers(0, 40), st.booleans())
def test_fitted_text_has_exactly_the_cells_asked_for(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@given(st.text().map(safe_text), st.integers(0, 40))
def test_fitted_name_has_exactly_the_cells_asked_for(text: str, width: int) -> None:
    assert cell_len(fit_name(text, width)) == width


def test_name_of_a_file_that_is_cut_keeps_both_ends() -> None:
    assert fit_name("capture-of-the-shop-2026-11-23.pcapng.gz", 25) == "capture-of-t…23.pcapng.gz"
    assert fit_name("short.pcap", 12) == "short.pcap  "


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (9_949, "9.9k"), (9_951, "10k"), (999_499, "999k"), (999_500, "1.0M"),
     (1_204_331, "1.2M"), (48_000_000_000, "48G")],
)  # fmt: skip
def test_amounts_are_short_and_round_up_into_the_next_unit(value: int, text: str) -> None:
    assert amount(value) == text


@given(st.integers(0, 10**15))
def test_amount_fits_its_column(value: int) -> None:
    assert len(amount(value)) <= 5


@given(st.integers(0, 10**12))
def test_brief_count_fits_beside_its_glyph(value: int) -> None:
    assert len(brief(value)) <= 3
    assert value >= 1000 or brief(value) == str(value)


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0µs"), (92_000, "92µs"), (1_000_000, "1.0ms"), (38_112_000, "38.1ms"), (419_800_000, "420ms"),
     (999_600_000, "1.00s"), (1_200_000_000, "1.20s"), (75_000_000_000, "75.0s"), (723_000_000_000, "12m03s"),
     (7_260_000_000_000, "2h01m"), (-38_112_000, "-38.1ms")],
)  # fmt: skip
def test_durations_carry_their_unit(ns: int, text: str) -> None:
    assert span(ns) == text


@given(st.integers(0, 10**17))
def test_duration_fits_its_column(ns: int) -> None:
    assert len(span(ns)) <= 7


def test_times_have_microseconds_and_a_sign_when_the_clock_went_back() -> None:
    assert stamp(38_112_999) == "0.038112"
    assert stamp(-1_500_000_000) == "-1.500000"


@given(st.text().map(safe_text), st.integers(0, 40), st.booleans())
def test_fitted_field_has_exactly_the_cells_asked_for(text: str, width: int, right: bool) -> None:
    assert cell_len(fit_field(text, width, right=right)) == width


@pytest.mark.parametrize(
    ("width", "shown"),
    [(28, "tcp.analysis.bytes_in_flight"), (27, "…analysis.bytes_in_flight  "), (25, "…analysis.bytes_in_flight"),
     (24, "…bytes_in_flight        "), (15, "bytes_in_flight"), (14, "…tes_in_flight")],
)  # fmt: skip
def test_cut_field_keeps_its_end(width: int, shown: str) -> None:
    assert fit_field("tcp.analysis.bytes_in_flight", width) == shown


def test_cut_endpoint_keeps_its_port() -> None:
    cut = fit_endpoint("[2606:2800:220:1:248:1893:25c8:1946]:443", 20)

    assert len(cut) == 20
    assert cut == "…1893:25c8:1946]:443"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("192.168.1.101", "…68.1.101"),
        ("2001:db8::7334", "…8::7334"),
        ("d0:7a:b5:96:cd:0a", "…:cd:0a"),
        ("files.example.org", "files.ex…"),
        ("10.0.0.1", "10.0.0.1  "),
    ],
)
def test_address_without_a_port_is_cut_as_one_with_it(text: str, cut: str) -> None:
    assert fit_endpoint(text, len(cut)) == cut


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("DNS 响应 A shop.example → 192.0.2.10", "DNS 响应 A shop… → 192.0.2.10"),
        ("UDP 10.0.0.1:40009 → 10.0.0.53:53", "UDP 10.0… → 10.0.0.53:53"),
        ("DNS reply A a.example → a-long-name.example", "DNS reply A a.example → …"),
        ("DNS query A a-long-name.example", "DNS query A a-long…"),
        ("ARP", "ARP  "),
    ],
)
def test_line_that_is_cut_keeps_what_it_leads_to(text: str, cut: str) -> None:
    assert fit_target(text, cell_len(cut)) == cut


V6_ENDS = "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:50443", "[2001:db8:85a3:8d3:1319:8a2e:370:7334]:443"


@pytest.mark.parametrize("width", [34, 40, 60, 80, 200])
def test_two_ends_keep_their_ports_and_the_ends_of_their_addresses(width: int) -> None:
    for first, second in (V6_ENDS, V6_ENDS[::-1], ("10.0.0.1:53", V6_ENDS[0]), (V6_ENDS[0], "10.0.0.1:53")):
        text = fit_ends(first, second, " → ", width)

        assert cell_len(text) <= width
        mine, its = text.split(" → ")
        assert mine.rstrip().endswith(first[-8:])
        assert its.endswith(second[-8:])
        assert ("…" in text) == (len(first) + len(second) + 3 > width)
        assert cell_len(text) >= min(width - 1, len(first) + len(second) + 3)
