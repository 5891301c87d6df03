"""错误与提示：一行说清出了什么问题、该怎么办。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # 文件与数据流
    "messages.proto_unreadable": "{path}：无法读取消息定义（{reason}）",
    "messages.proto_too_large": "{path}：消息定义超过 {most} MiB",
    "messages.proto_too_deep": "{path}：消息定义嵌套过深，最多支持 {most} 层",
    "messages.proto_too_many": "{path}：消息、枚举、方法和扩展的定义合计超过 {most} 个",
    "messages.proto_wrong": "{path}：这不是编译好的消息定义；.proto 文件要先编译：protoc --include_imports --descriptor_set_out=文件 名称.proto",
    "messages.keylog_unreadable": "{path}：无法读取密钥日志（{reason}）",
    "messages.file_missing": "{path}：没有这个文件，请检查文件名",
    "messages.file_denied": "{path}：没有读取权限；请向文件所有者索取，或复制到自己的目录再打开",
    "messages.file_directory": "{path} 是目录，请指定其中的抓包文件",
    "messages.file_empty": "{path} 是空文件：抓包程序什么也没抓到，或者还没有写入（tcpdump -U 会逐包写入）",
    "messages.file_changed": "{path} 在读取期间被改动，已写出的内容可能来自别的字节：请重新运行命令",
    "messages.read_failed": "无法读取 {path}：{reason}",
    "messages.stdin_terminal": "标准输入是终端，不是抓包数据；请用管道传入，例如：tcpdump -U -w - | tcptui -",
    "messages.stream_empty": "{path}：数据流没有任何内容就结束了；请看管道另一端的程序报了什么错",
    "messages.packed_damaged": "{path}：压缩数据不完整或已损坏（{reason}）；在此之前的内容照常显示",
    # 缓存文件与 -w
    "messages.spool_failed": "无法在 {directory} 中创建临时文件：{reason}；请把 TMPDIR 设为有空间的目录",
    "messages.spool_no_room": (
        "{directory} 没有空间存放临时抓包文件（只剩 {kilobytes} kB）；请腾出空间，用 TMPDIR 换一个目录，或用 -w 指定文件"
    ),
    "messages.spool_limit": (
        "已写满 {directory} 允许占用的 {megabytes} MiB，到此为止；需要更多空间请把 TMPDIR 指向更大的磁盘"
    ),
    "messages.spool_disk_full": (
        "{directory} 所在磁盘已满，到此为止，之前的内容全部保留；请清理磁盘，或把 TMPDIR 指向其他磁盘"
    ),
    "messages.save_given_up": "{path} 没有写完就放弃了，已删除",
    "messages.save_released": "{path} 没有保存：复制时最早的数据包已移出；请再保存一次",
    "messages.spool_cut": "{path} 在写入期间被其他程序截短，抓包到此结束",
    "messages.output_exists": "{path} 已存在；请换一个文件名，或加上 --overwrite",
    "messages.output_is_input": "{path} 本身就是输入文件；请换一个输出文件名",
    "messages.output_empty": "没有符合条件的内容，{path} 保持原样；请改选数据包，或先删除该文件",
    "messages.output_not_beside": "{path} 保持原样：新文件要先写在它旁边，而那里写不了（{reason}）；请换一个位置",
    "messages.output_not_replaced": "无法替换 {path}（{reason}），它保持原样；已写的内容在 {written} 中",
    "messages.output_symlink": "{path} 是符号链接，程序不会通过链接写入；请直接指定目标文件",
    "messages.output_not_regular": "{path} 已存在，而且不是普通文件；请换一个文件名",
    "messages.output_no_directory": "无法写入 {path}：目录 {directory} 不存在，请先创建",
    "messages.output_failed": "无法写入 {path}：{reason}；请换一个位置",
    "messages.output_disk_full": "{path}：磁盘已满，抓包结束；在此之前的数据包都已完整写入文件",
    "messages.output_removed": "{path} 在抓包期间被删除；程序退出后，其中的数据包将随之消失",
    "messages.output_gone": "{path} 在写入期间被删除",
    "messages.output_moved": "{path} 已不是这次抓包的文件：它在抓包期间被移走或替换；请到新位置查找",
    "messages.stdout_failed": "结果无法写出：{reason}；请腾出空间，或改写到别处",
    "messages.output_terminal": "-w - 输出的是二进制数据，而标准输出是终端；请重定向到文件或其他程序",
    # 实时抓包
    "messages.capture_denied": "没有在 {interface} 上抓包的权限；请改用这条命令：{command}",
    "messages.no_such_interface": "没有网络接口 {interface}；现有接口：{names}",
    "messages.interface_down": "接口 {interface} 未启用，无法抓包；启用它：ip link set {interface} up",
    "messages.interface_gone": "接口 {interface} 已消失，抓包到此结束；在此之前的内容完整",
    "messages.filter_brackets": "过滤表达式“{filter}”的括号不配对；请让每个 ( 都有对应的 )",
    "messages.bad_filter": "libpcap 不接受过滤表达式“{filter}”：{reason}；语法见 man pcap-filter",
    "messages.filter_link_type": "过滤表达式“{filter}”不能用于链路类型 {link_type}（{reason}）；这类数据包不予显示",
    "messages.capture_failed": "无法在 {interface} 上抓包：{reason}",
    "messages.capture_broken": "{interface} 上的抓包中断：{reason}；之前的内容全部保留",
    "messages.capture_no_child": "无法启动抓包进程：{reason}；请检查进程数上限（ulimit -u）和 /dev/null",
    "messages.no_thread": "系统无法再创建线程；请调高 ulimit -u，或释放一些内存",
    "messages.capture_child_died": "抓包进程意外退出（{reason}）；已经写下的内容全部保留，请重新开始抓包",
    "messages.capture_busy": "已经有一次抓包正在进行，请先停止它",
    "messages.remote_target": "{target} 不是可以抓包的地方；写法是 ssh://主机/接口，例如 ssh://root@web1/eth0",
    "messages.remote_no_ssh": "无法启动 ssh：{reason}；请安装 OpenSSH 客户端",
    "messages.remote_failed": "{target}：那边没有传来任何数据（{reason}）；先试试 ssh HOST tcpdump -D 能否执行",
    "messages.remote_noise": (
        "{target}：抓包数据之前混进了别的输出“{text}”；请让那边的 shell 启动文件（.bashrc、.profile）"
        "在没有终端时不输出任何内容：执行 ssh HOST true 应当什么都不显示"
    ),
    "messages.remote_ended": "{target} 上的抓包结束了：{reason}；此前抓到的都已保留",
    "messages.interfaces_failed": "无法列出网络接口：{reason}",
    # 权限
    "messages.root_kept": "无法放弃 root 权限：{reason}；请以普通用户身份通过 sudo 运行 tcptui",
    "messages.root_without_rights": "以 root 身份运行，但已放弃全部特权；通过 sudo 启动则会以你本人的身份运行",
    "messages.root_unreadable": "仍以 root 身份运行，但已放弃全部特权：调用 sudo 的用户读不到 tcptui 或它所用 Python 的文件；请装在该用户读得到的地方",
    # 终端
    "messages.terminal_missing": "没有可以显示界面的终端；tcptui report FILE 不需要终端",
    "messages.terminal_dumb": (
        "终端类型“{term}”无法显示全屏界面；请设置 TERM（例如 xterm-256color），或使用 tcptui report FILE"
    ),
    # 工作进程
    "messages.worker_killed": (
        "一个工作进程还没做完就被 {signal} 终止，结果不完整；内存不足时系统会发送 SIGKILL，改用 --workers 1 "
        "占用的内存较少"
    ),
    "messages.worker_stalled": "一个工作进程不再工作，结果不完整；请重试，或改用 --workers 1",
    "messages.worker_memory": "一个工作进程内存不足，结果不完整；改用 --workers 1 占用的内存较少",
    "messages.worker_failed": "一个工作进程还没做完就退出了（退出码 {status}），结果不完整",
    "messages.filter_unwritable": "无法写入 {path}：{reason}；过滤器没有保存",
    "messages.filter_not_kept": "请自己在 [filters] 下写 {line}；{path} 保持原样。",
}
