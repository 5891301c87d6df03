"""What lines of Kafka's messages are called, and names of their numbers, as Wireshark has them."""

from __future__ import annotations

from typing import Final

#: By the end of the field's name, where the title is not that in capitals.
TITLES: Final = {
    "api_versions.api_key": "API Key", "api_versions.max_version": "Max Version",
    "api_versions.min_version": "Min Version", "client_id": "Client ID",
    "cluster_authorized_ops": "Cluster Authorized Operations", "cluster_id": "Cluster ID",
    "controller_id": "Controller ID", "commit_timestamp": "Timestamp", "config_key": "Key",
    "config_readonly": "Readonly",
    "config_sensitive": "Sensitive", "config_source": "Source", "current_leader_epoch": "Leader Epoch",
    "fetch_session_id": "Fetch Session ID", "generation_id": "Generation ID",
    "group_authorized_ops": "Group Authorized Operations", "group_leader_id": "Leader ID", "group_state": "State",
    "include_cluster_authorized_ops": "Include Cluster Authorized Operations",
    "include_group_authorized_ops": "Include Group Authorized Operations",
    "include_topic_authorized_ops": "Include Topic Authorized Operations", "isr_id": "Caught-Up Replica ID",
    "leader_id": "Leader ID", "max_wait_time": "Max Wait Time", "member_id": "Consumer Group Member ID",
    "node_id": "Node ID", "num_partitions": "Number of Partitions", "offline_id": "Offline Replica ID",
    "offset_time": "Time", "partition_id": "Partition ID", "producer_id": "Producer ID", "replica_id": "Replica ID",
    "sasl_mechanism": "SASL Mechanism", "session_lifetime_ms": "Session Lifetime (ms)",
    "throttle_time": "Throttle time", "topic_authorized_ops": "Topic Authorized Operations",
    "transactional_id": "Transactional ID", "validate_only": "Only Validate the Request",
}  # fmt: skip
#: Ends of names of fields that stand for another.
FIELDS: Final = {"controller_id": "node_id"}
#: Names of numbers, by the same.
NAMES: Final[dict[str, dict[int, str]]] = {
    "required_acks": {0: "Not Required", 1: "Leader", -1: "Full ISR"},
    "isolation_level": {0: "Read Uncommitted", 1: "Read Committed"},
    "coordinator_type": {0: "Group", 1: "Transaction"},
    "transaction_result": {0: "ABORT", 1: "COMMIT"},
    "config_source": {
        0: "Unknown", 1: "Topic", 2: "Broker (Dynamic)", 3: "Broker (Dynamic/Default)", 4: "Broker (Static)",
        5: "Default",
    },
}  # fmt: skip
#: What offsets of ListOffsets mean that are no time.
MOMENTS: Final = {-1: " (latest)", -2: " (earliest)"}
CODECS: Final = {0: "None", 1: "Gzip", 2: "Snappy", 3: "LZ4", 4: "Zstd"}


def title_of(name: str) -> str:
    """``Leader Epoch``: the title of the line of a field by the end of its name."""
    return TITLES.get(name) or name.replace("_", " ").title()
