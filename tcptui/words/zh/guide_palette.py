"""Other words by which the palette finds a command: what somebody may call it who does not know its name here.

The English ones too: a command is often typed without an input method.
"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.palette.also.overview": (
        "概况 总结 诊断 异常 哪里有问题 协议分布 overview summary expert diagnosis wrong problems protocols hierarchy"
    ),
    "guide.palette.also.groups": (
        "流量排行 分组 统计 会话 端点 主机 客户端 谁发得最多 groups top talkers group statistics conversations endpoints hosts "
        "clients"
    ),
    "guide.palette.also.other": "udp dns icmp arp quic not tcp protocols",
    "guide.palette.also.next_problem": "错误 警告 异常 next problem error warning",
    "guide.palette.also.longest_gap": "间隔 等待 延迟 gap delay delta longest time slowest pause wait",
    "guide.palette.also.narrow": "查找 筛选 显示过滤器 只看 search display filter only",
    "guide.palette.also.search": "查找 搜索 载荷 内容 字符串 正则 追踪号 find search grep payload trace id string regex",
    "guide.palette.also.go_to": "跳转 帧 序号 编号 go to packet time jump frame number",
    "guide.palette.also.sort": "排序 最慢 最大 往返时间 时长 sort order slow slowest largest rtt duration",
    "guide.palette.also.add_column": "添加列 加一列 显示更多 column columns show more",
    "guide.palette.also.follow": "跟随 滚动 最新 follow newest tail autoscroll",
    "guide.palette.also.stream": "追踪流 载荷 内容 对话 响应 follow stream payload content conversation text read answer",
    "guide.palette.also.graph": (
        "图表 曲线 序列号图 吞吐量 带宽 速度 graph throughput rtt window plot chart stevens sequence bandwidth speed"
    ),
    "guide.palette.also.requests": (
        "慢 最慢 延迟 响应时间 查询 sql http dns redis mysql postgresql 网址 404 requests slow slowest latency "
        "response time query queries urls"
    ),
    "guide.palette.also.export": "导出 对象 下载 提取 保存 正文 files export objects download extract save body",
    "guide.palette.also.pause": "停止 冻结 定格 pause stop freeze hold",
    "guide.palette.also.time_base": "时间格式 时间基准 时钟 times time base reference clock format",
    "guide.palette.also.names": "域名 解析 主机名 dns addresses resolve host names",
    "guide.palette.also.kernel": "进程 程序 套接字 pid owner kernel process program socket",
    "guide.palette.also.mark": "书签 标记 旗标 mark bookmark flag",
    "guide.palette.also.note": "注释 批注 备注 note comment annotate",
    "guide.palette.also.copy": "剪贴板 拷贝 地址 copy clipboard yank address",
    "guide.palette.also.teach": "课程 学习 例子 case lesson learn example",
    "guide.palette.also.next_case": "课程 下一课 next case lesson course",
    "guide.palette.also.save": "写入 导出 存盘 pcap save write export store",
    "guide.palette.also.clear": "重来 清空 clear forget restart empty",
    "guide.palette.also.choose": (
        "打开文件 换文件 开始界面 实时抓包 choose interface file case open load another start screen live capture"
    ),
    "guide.palette.also.help": "按键 手册 术语 help keys manual glossary",
    "guide.palette.also.quit": "退出 离开 关闭 quit exit leave close",
    "guide.palette.also.theme": "主题 颜色 深色 浅色 暗色 theme light dark colours colors mode palette",
    "guide.palette.also.language": "语言 英文 language english translate 中文",
}
