"""命令行中 watch 的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.summary.watch": "同时观察多个实时来源，结论合成一份列表",
    "cli.help.watch": """\
名称
  tcptui watch：{summary}

用法
  tcptui watch 来源… [--only 名称[,名称…]] [--json] [--metrics [主机:]端口]
               [--keep-last 时间 [--out 文件夹]]
               [--spool-limit 大小] [--memory-limit 大小]

说明
  同时在多个来源上抓包，结论一得出就写成一行，所有来源合成一份列表。来源可以是
  本机的接口（eth0、any）、其他主机的接口（ssh://[用户@]主机[:端口]/eth0，那边要
  有 tcpdump）、还在增长的抓包文件、FIFO，或表示标准输入的 -。与接口同名的文件
  写成 ./eth0。

  每行依次是：来源时钟下的时间、来源、该时钟比本机快多少、结论。对 ssh://，时钟
  在建立连接时测量，写出的是一个确定区间的中点和半宽。文件的时钟未知。

  来源结束或中断后会重新连接，间隔从 1 秒起逐次加倍，最长一分钟；中断只报告一
  次，其他来源不受影响。中断期间的数据包会缺失。每次运行都是一份单独的抓包：数
  据包重新编号，已打开的连接只能从中间看起。ssh 必须能够不经询问就登录（密钥在
  agent 中，主机已知）。

  按 Ctrl-C 后，已抓到的内容全部分析完才结束。

选项
  --only 名称    只要这些结论：名称、类别、严重程度，用逗号隔开
                 （见 tcptui help findings）
  --json         每行一个 JSON 对象：键与 --no-screen 相同，另有 source、run（中
                 断之前为 1）、clock（未知时为 null）：offset 是来源时钟加上多少
                 等于本机时钟（low、high），round_trip 是往返时间，单位秒
  --metrics [主机:]端口
                 在 http://主机:端口/metrics 提供给 Prometheus 的计数：结论、
                 数据包、字节、丢弃、各状态的连接数、往返时间、服务器处理时间，
                 都按来源分开。主机默认为 127.0.0.1
                 （需要 pip install 'tcptui[metrics]'）
  --keep-last 时间
                 收到 SIGUSR1 时，把最近这段时间（90s、5m、1h）写成文件夹
                 tcptui-日期：各来源的数据包、结论；来源中有本机接口时，还有
                 本机的套接字和计数。能追溯多远取决于暂存（--spool-limit）
  --out 文件夹   这些文件夹写在哪里；默认为当前目录
  --spool-limit 大小，--memory-limit 大小
                 所有来源合计；各来源平分

示例
  sudo tcptui watch eth0 wlan0 --only any-problem
  tcptui watch ssh://web1/eth0 ssh://web2/eth0 --json
  tcptui watch ssh://web1/eth0 ssh://db/eth0 --metrics 9464

退出码
  0 完成；1 有来源失败，或结束时仍处于中断；2 用法有误
""",
    "cli.error.watch-out": "--out 属于 --keep-last，但没有 --keep-last",
    "cli.error.watch-time": "--keep-last 的值是最长 24h 的时间，例如 90s、5m 或 1h，而不是 {value}",
    "cli.error.watch-what": "watch 需要来源：接口、ssh://主机/接口、正在增长的文件，或 -",
}
