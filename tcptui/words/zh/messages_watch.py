"""watch 的错误消息。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.watch_twice": "{source} 写了两次：它的每个结论都会出现两遍",
    "messages.metrics_address": "--metrics 的值是 [主机:]端口，例如 9464 或 10.0.0.1:9464，而不是 {value}",
    "messages.metrics_no_library": "--metrics 需要 prometheus_client：pip install 'tcptui[metrics]'",
    "messages.metrics_refused": "无法在 {address} 提供指标：{reason}",
}
