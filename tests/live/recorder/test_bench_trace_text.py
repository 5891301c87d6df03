"""The kernel's trace as it prints it, read back; and why a segment was sent again, from its call stack."""

from __future__ import annotations

import pytest

from cases.recorder.kernel_log import reason_of
from cases.recorder.tracing import parse_trace

EVENT = "          <idle>-0       [001] b.s3.  4176.711133: net_dev_start_xmit: dev=tcptui0c len=54 gso_size=0"
STACK = [
    "          <idle>-0       [001] b.s3.  4176.711140: <stack trace>",
    " => trace_event_raw_event_net_dev_start_xmit",
    " => dev_hard_start_xmit",
    " => tcp_send_loss_probe",
]
OTHER = (
    "         python3-77      [000] ..s1.  4176.711136: netif_receive_skb: dev=tcptui0s skbaddr=0000000075621876 len=52"
)


def test_event_has_time_processor_task_and_fields() -> None:
    (event,) = parse_trace([EVENT])

    assert (event.time_ns, event.cpu, event.task, event.name) == (4_176_711_133_000, 1, 0, "net_dev_start_xmit")
    assert event.fields["dev"] == "tcptui0c"
    assert event.stack == []


def test_stack_belongs_to_the_event_before_it_on_its_processor() -> None:
    sent, received = parse_trace([EVENT, OTHER, *STACK])

    assert sent.stack[-1] == "tcp_send_loss_probe"
    assert received.stack == []


def test_stack_printed_before_its_event_belongs_to_it_all_the_same() -> None:
    received, sent = parse_trace([OTHER.replace("[000]", "[001]"), *STACK, EVENT])

    assert received.stack == []
    assert sent.stack[-1] == "tcp_send_loss_probe"


def test_lines_that_are_no_events_are_passed_over() -> None:
    assert parse_trace(["# tracer: nop", "", " => stray_function", "##### CPU 1 buffer started ####"]) == []


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        (["__tcp_retransmit_skb", "tcp_send_loss_probe", "tcp_write_timer"], "tail-loss-probe"),
        (["tcp_retransmit_skb", "tcp_retransmit_timer", "tcp_write_timer"], "rto"),
        (["tcp_write_wakeup", "tcp_send_probe0", "tcp_write_timer"], "zero-window-probe"),
        (["tcp_write_wakeup", "tcp_keepalive_timer"], "keep-alive"),
        (["tcp_retransmit_skb", "tcp_xmit_retransmit_queue", "tcp_rack_reo_timeout"], "fast-recovery"),
        (["tcp_retransmit_skb", "tcp_xmit_retransmit_queue.part.0", "tcp_v4_err"], "path-mtu"),
        (["tcp_v4_send_synack", "tcp_rtx_synack", "reqsk_timer_handler"], "syn-retry"),
        (["__tcp_transmit_skb", "tcp_write_xmit", "tcp_sendmsg"], None),
    ],
)
def test_reason_of_a_segment_is_the_function_that_sent_it(stack: list[str], reason: str | None) -> None:
    assert reason_of(stack) == reason
