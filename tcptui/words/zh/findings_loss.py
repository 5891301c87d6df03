"""Findings about lost retransmissions and ACKs, damage and congestion, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    # -- lost-retransmission ---------------------------------------------------------
    "findings.lost-retransmission.name": "重传的包也丢了",
    "findings.lost-retransmission.title": "重传的包也丢了",
    "findings.lost-retransmission.short": "{count} 次重传也丢了",
    "findings.lost-retransmission.happened.overtaken": "{sender}在 {earlier_frame} 号包再次发送{what}，这一次也丢了：{witness_frame} 号包报告收到了在它之后发出的数据，缺口却还在。{waited_s}后的 {first_frame} 号包是下一次尝试。",
    "findings.lost-retransmission.happened.timer": "{sender}在 {earlier_frame} 号包再次发送{what}，这一次也丢了：定时器又到期，{waited_s}后的 {first_frame} 号包是下一次尝试。",
    "findings.lost-retransmission.more": "这条流里发生了 {count} 次。",
    "findings.lost-retransmission.meaning": "同样的字节丢了两次。要么某个队列一直是满的，要么路径丢包严重；从首次发送到 {healed_frame} 号包的确认共用了 {total_s}。",
    "findings.lost-retransmission.known.overtaken": "在 {earlier_frame} 号包之后发出的数据，{witness_frame} 号包已报告收到（SACK），而这些字节没有：先发的本该先到（RFC 6675、RFC 8985）。",
    "findings.lost-retransmission.known.timer": "其间一直有{other}的消息，却从未提到这些字节；直到 {first_frame} 号包之后，{healed_frame} 号包才确认它们，也没有 D-SACK 说收到了两份。",
    "findings.lost-retransmission.sure": "抓包点：{position}。在发送方处，每一份都看得到发出；离得远时，可能有一次重发没有经过此处。",
    "findings.lost-retransmission.look": "在{sender}上看 nstat -az TcpExtTCPLostRetransmit，并在{other}处抓包：{earlier_frame} 号包到了吗？ss -ti 可看 cwnd 和 pacing。",
    # -- ack-loss-harmless -----------------------------------------------------------
    "findings.ack-loss-harmless.name": "ACK 丢失，无碍",
    "findings.ack-loss-harmless.title": "途中丢了 ACK，没有影响",
    "findings.ack-loss-harmless.short": "丢了 {count} 个 ACK，无碍",
    "findings.ack-loss-harmless.happened": "{other}的 {before_frame} 号包与 {after_frame} 号包之间缺了包；{after_frame} 号包确认了它们所能确认的一切（又多 {covered_bytes} 字节），没有任何重发。",
    "findings.ack-loss-harmless.more": "共有 {gaps} 处缺了 {count} 个包，到达的有 {acks} 个。",
    "findings.ack-loss-harmless.meaning": "ACK 是累积的：丢失的那个要说的，下一个会一并说出。回程在丢包；只要丢的只是 ACK，代价不过是慢一点点。",
    "findings.ack-loss-harmless.known": "{other}给自己的包逐个编号，这里的 IP 编号从 {before_number} 跳到 {after_number}。{sender}回显的时间戳也没有显示它收到过缺的那些。",
    "findings.ack-loss-harmless.sure": "抓包点：{position}。很可能是途中丢失；也不能排除是这次抓包漏了。",
    "findings.ack-loss-harmless.look": "在{other}处抓包：编号 {before_number} 与 {after_number} 之间还有别的包吗？有，就是回程丢的。",
    # -- checksum-error --------------------------------------------------------------
    "findings.checksum-error.name": "报文段损坏",
    "findings.checksum-error.title": "途中损坏（校验和不符）",
    "findings.checksum-error.short": "{count} 个报文段途中损坏",
    "findings.checksum-error.happened": "{sender}的 {bad_frame} 号包到达时已损坏：校验和是 {found_sum}，应为 {right_sum}。{other}不声不响地丢弃了它，{again_s}后{sender}重发（{again_frame} 号包）。",
    "findings.checksum-error.more": "这条流里有 {count} 个报文段到达时已损坏。",
    "findings.checksum-error.meaning": "途中有比特被改变：路由器的内存或板卡坏了，驱动有错，或者改写数据包的中间设备写错了。对 TCP 来说，这和别的丢失没有两样。",
    "findings.checksum-error.known": "{bad_frame} 号包的校验和对不上，{again_frame} 号包和{sender}的其他包都对得上。若是留给网卡填写的校验和，所有的包都会不对。",
    "findings.checksum-error.sure": "抓包点：{position}。这个包已损坏，而且{other}没有接受它，这是确定的。",
    "findings.checksum-error.look": "在{other}上看 nstat -az TcpInCsumErrors 是否增长，用 ethtool -S 查 CRC 错误，并沿途抓包：{bad_frame} 号包是在哪里变的？",
    # -- path-mtu-blackhole ----------------------------------------------------------
    "findings.path-mtu-blackhole.name": "路径 MTU 黑洞",
    "findings.path-mtu-blackhole.title": "大包消失：路径 MTU 黑洞",
    "findings.path-mtu-blackhole.title.unhealed": "大包得不到确认：可能是路径 MTU 黑洞",
    "findings.path-mtu-blackhole.short": "{large_bytes} 字节消失，{small_bytes} 字节能过",
    "findings.path-mtu-blackhole.short.unhealed": "{large_bytes} 字节始终过不去，小包能过",
    "findings.path-mtu-blackhole.happened": "{sender}在 {original_frame} 号包发送 {large_bytes} 字节，又重发 {count} 次（最后一次在 {last_frame} 号包），都没有回应；同样的字节切成每份 {small_bytes} 字节（{small_frame} 号包），就由 {healed_frame} 号包确认了。",
    "findings.path-mtu-blackhole.happened.unhealed": "{sender}在 {original_frame} 号包发送 {large_bytes} 字节，又重发 {count} 次（最后一次在 {last_frame} 号包），都没有得到确认，而{other}仍在发包（{heard_frame} 号包）。",
    "findings.path-mtu-blackhole.meaning": "到 {address} 的路径上有一段传不了这么大的包，又不作声，或者它的 ICMP 报文被过滤了。小请求正常，大传输卡住；这里耽误了 {lasted_s}。",
    "findings.path-mtu-blackhole.meaning.unhealed": "小包能过，大包卡住。到 {address} 的路径上可能有一段传不了这么大的包，又不作声，或者它的 ICMP 报文被过滤了。",
    "findings.path-mtu-blackhole.known": "在 {last_frame} 号包之前，{large_bytes} 字节的报文段从未得到过确认，第一个较小的却得到了（{healed_frame} 号包）。这条流里没有 ICMP“需要分片”的报文。",
    "findings.path-mtu-blackhole.known.unhealed": "{sender}得到过确认的最大报文段是 {passed_bytes} 字节，这个是 {large_bytes} 字节。这条流里没有 ICMP“需要分片”的报文。",
    "findings.path-mtu-blackhole.sure": "大小一目了然。每个大包都只是碰巧丢失，是不大可能的另一种解释。",
    "findings.path-mtu-blackhole.sure.unhealed": "这个报文段始终没有到达、{other}还在，是清楚的；原因在于大小，只是一种解释：没有试过更小的包。",
    "findings.path-mtu-blackhole.look": "用 ping -M do -s 1472 {address}（再试更小的）找出上限，用 tracepath {address} 找出位置。解决办法：放行 ICMP，或调小 MSS。",
    # -- ecn-congestion --------------------------------------------------------------
    "findings.ecn-congestion.name": "路由器通告拥塞（ECN）",
    "findings.ecn-congestion.title": "路由器通告拥塞（ECN）",
    "findings.ecn-congestion.short": "通告拥塞 {count} 次",
    "findings.ecn-congestion.happened.marked": "途中的路由器没有丢弃{sender}的 {mark_frame} 号包，而是给它打了标记（{segments} 个数据段里被标记的有 {marks} 个）。",
    "findings.ecn-congestion.happened.echoed": "从 {echo_frame} 号包起，{other}报告说途中的路由器没有丢弃{sender}的报文段，而是打了标记（这样说的 ACK 有 {echoes} 个，{sender}减速 {reductions} 次）。",
    "findings.ecn-congestion.meaning": "途中有队列正在变满。两端和路由器都支持 ECN，所以{sender}像遇到丢包那样减速，却没有真的丢包：不必为此重发任何东西。",
    "findings.ecn-congestion.known.marked": "{mark_frame} 号包的 IP 首部里两个 ECN 比特都置位：经历拥塞（RFC 3168）。{other}转告此事的 ACK 有 {echoes} 个，{sender}自报减速 {reductions} 次。",
    "findings.ecn-congestion.known.echoed": "握手时双方已同意使用 ECN，所以 {echo_frame} 号包的 ECE 标志意味着：有报文段带着标记到达（RFC 3168）。{sender}自报减速（CWR）{reductions} 次。",
    "findings.ecn-congestion.sure": "这个标记是拥塞唯一确定的信号；是哪台路由器打的，包里没有写。",
    "findings.ecn-congestion.look": "在沿途路由器上看 tc -s qdisc（ecn_mark），在{sender}上看 ss -ti（ecnseen、cwnd）和 nstat -az TcpExtTCPDeliveredCE。",
    # -- duplicated-by-network, seen at the sender ---------------------------------------
    "findings.duplicated-by-network.happened.beyond": "{sender}只在 {original_frame} 号包发送过一次{what}，{other}的 {proof_frame} 号包却报告收到了两份。",
    "findings.duplicated-by-network.known.beyond": "{proof_frame} 号包带有关于这些字节的 D-SACK（RFC 2883），在唯一的一份从这里发出 {apart_s}之后。那一份的 IP 编号是 {ip_id}。",
    "findings.duplicated-by-network.sure.beyond": "在发送方处只看到发出一份。抓包漏掉了一次重发，是不大可能的另一种解释。",
    "findings.duplicated-by-network.look.beyond": "在{other}处抓包：{original_frame} 号包的两份 IP 编号相同吗？若相同，查交换机环路或自带重传的链路。",
}
