"""What messages of Kafka consist of, by kind and version, as text that is read once (Kafka: ``common/message/*.json``).

A word is ``form:name@versions``: a number of so many bytes ``b`` 1, ``h`` 2, ``i`` 4, ``q`` 8 with a sign, ``I`` 4
without, ``?`` true or false, ``t`` a time in ms, ``u`` 16 bytes of an id, ``s`` a text, ``z`` one that may be a secret,
``y`` bytes, ``x`` secret ones, ``r`` records.  ``[Name …]`` are any number of what stands within.  The name is the end
of that of Wireshark's field, or behind ``-`` a title of its own.  ``@3`` is from version 3 on, ``@3-5`` up to 5.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

_LAST: Final = 1_000

#: By number of the api: the last version that is known, what is asked, what is answered.
_WRITTEN: Final[dict[int, tuple[int, str, str]]] = {
    0: (
        13,
        "s:transactional_id@3 h:required_acks i:timeout [Topic s:topic_name@0-12 u:-Topic-ID@13 [Partition "
        "i:partition_id r:records ] ]",
        "[Topic s:topic_name@0-12 u:-Topic-ID@13 [Partition i:partition_id h:error q:offset q:offset_time@2 "
        "q:log_start_offset@5 [Record-Error@8 i:batch_index s:batch_index_error_message ] s:error_message@8 ] ] "
        "i:throttle_time@1",
    ),
    1: (
        18,
        "i:replica_id@0-14 i:max_wait_time i:min_bytes i:max_bytes@3 b:isolation_level@4 i:fetch_session_id@7 "
        "i:fetch_session_epoch@7 [Topic s:topic_name@0-12 u:-Topic-ID@13 [Partition i:partition_id i:leader_epoch@9 "
        "q:offset i:-Last-Fetched-Epoch@12 q:log_start_offset@5 i:max_bytes ] ] [Forgotten-Topic@7 "
        "s:forgotten_topic_name@7-12 u:-Topic-ID@13 [ i:forgotten_topic_partition ] ] s:rack@11",
        "i:throttle_time@1 h:error@7 i:fetch_session_id@7 [Topic s:topic_name@0-12 u:-Topic-ID@13 [Partition "
        "i:partition_id h:error q:offset q:last_stable_offset@4 q:log_start_offset@5 [Aborted-Transaction@4 "
        "q:producer_id q:first_offset ] i:replica_id@11 r:records ] ]",
    ),
    2: (
        11,
        "i:replica_id b:isolation_level@2 [Topic s:topic_name [Partition i:partition_id i:leader_epoch@4 q:offset_time "
        "i:max_offsets@0-0 ] ] i:timeout@10",
        "i:throttle_time@2 [Topic s:topic_name [Partition i:partition_id h:error [@0-0 q:offset ] q:offset_time@1 "
        "q:offset@1 i:leader_epoch@4 ] ]",
    ),
    3: (
        13,
        "[Topic u:-Topic-ID@10 s:topic_name ] ?:allow_auto_topic_creation@4 ?:include_cluster_authorized_ops@8-10 "
        "?:include_topic_authorized_ops@8",
        "i:throttle_time@3 [Broker i:node_id s:host i:port s:rack@1 ] s:cluster_id@2 i:controller_id@1 [Topic h:error "
        "s:topic_name u:-Topic-ID@10 ?:is_internal@1 [Partition h:error i:partition_id i:leader_id i:leader_epoch@7 "
        "[ i:replica_id ] [ i:isr_id ] [@5 i:offline_id ] ] I:topic_authorized_ops@8 ] I:cluster_authorized_ops@8-10 "
        "h:error@13",
    ),
    8: (
        10,
        "s:consumer_group i:generation_id@1 s:member_id@1 s:consumer_group_instance@7 q:retention_time@2-4 [Topic "
        "s:topic_name@0-9 u:-Topic-ID@10 [Partition i:partition_id q:offset i:leader_epoch@6 t:commit_timestamp@1-1 "
        "s:metadata ] ]",
        "i:throttle_time@3 [Topic s:topic_name@0-9 u:-Topic-ID@10 [Partition i:partition_id h:error ] ]",
    ),
    9: (
        10,
        "s:consumer_group@0-7 [Topic@0-7 s:topic_name [ i:partition_id ] ] [Group@8 s:consumer_group s:member_id@9 "
        "i:-Member-Epoch@9 [Topic s:topic_name@0-9 u:-Topic-ID@10 [ i:partition_id ] ] ] ?:require_stable_offset@7",
        "i:throttle_time@3 [Topic@0-7 s:topic_name [Partition i:partition_id q:offset i:leader_epoch@5 s:metadata "
        "h:error ] ] h:error@2-7 [Group@8 s:consumer_group [Topic s:topic_name@0-9 u:-Topic-ID@10 [Partition "
        "i:partition_id q:offset i:leader_epoch s:metadata h:error ] ] h:error ]",
    ),
    10: (
        6,
        "s:consumer_group@0-0 s:coordinator_key@1-3 b:coordinator_type@1 [@4 s:coordinator_key ]",
        "i:throttle_time@1 h:error@0-3 s:error_message@1-3 i:node_id@0-3 s:host@0-3 i:port@0-3 [Coordinator@4 "
        "s:coordinator_key i:node_id s:host i:port h:error s:error_message ]",
    ),
    11: (
        9,
        "s:consumer_group i:session_timeout i:rebalance_timeout@1 s:member_id s:consumer_group_instance@5 "
        "s:protocol_type [Protocol s:protocol_name y:-Protocol-Metadata ] s:-Reason@8",
        "i:throttle_time@2 h:error i:generation_id s:protocol_type@7 s:protocol_name s:group_leader_id "
        "?:-Skip-Assignment@9 s:member_id [Member s:member_id s:consumer_group_instance@5 y:-Member-Metadata ]",
    ),
    12: (
        4,
        "s:consumer_group i:generation_id s:member_id s:consumer_group_instance@3",
        "i:throttle_time@1 h:error",
    ),
    13: (
        5,
        "s:consumer_group s:member_id@0-2 [Member@3 s:member_id s:consumer_group_instance s:-Reason@5 ]",
        "i:throttle_time@1 h:error [Member@3 s:member_id s:consumer_group_instance h:error ]",
    ),
    14: (
        5,
        "s:consumer_group i:generation_id s:member_id s:consumer_group_instance@3 s:protocol_type@5 s:protocol_name@5 "
        "[Assignment s:member_id y:-Member-Assignment ]",
        "i:throttle_time@1 h:error s:protocol_type@5 s:protocol_name@5 y:-Member-Assignment",
    ),
    15: (
        6,
        "[ s:consumer_group ] ?:include_group_authorized_ops@3",
        "i:throttle_time@1 [Group h:error s:error_message@6 s:consumer_group s:group_state s:protocol_type "
        "s:protocol_name [Member s:member_id s:consumer_group_instance@4 s:client_id s:client_host "
        "y:-Member-Metadata y:-Member-Assignment ] I:group_authorized_ops@3 ]",
    ),
    16: (
        5,
        "[@4 s:-State ] [@5 s:-Type ]",
        "i:throttle_time@1 h:error [Group s:consumer_group s:protocol_type s:-State@4 s:-Type@5 ]",
    ),
    17: (1, "s:sasl_mechanism", "h:error [ s:sasl_mechanism ]"),
    18: (
        4,
        "s:client_software_name@3 s:client_software_version@3",
        "h:error [API h:api_versions.api_key h:api_versions.min_version h:api_versions.max_version ] "
        "i:throttle_time@1",
    ),
    19: (
        7,
        "[Topic s:topic_name i:num_partitions h:replication_factor [Assignment i:partition_id [ i:replica_id ] ] "
        "[Config s:config_key z:-Value ] ] i:timeout ?:validate_only@1",
        "i:throttle_time@2 [Topic s:topic_name u:-Topic-ID@7 h:error s:error_message@1 i:num_partitions@5 "
        "h:replication_factor@5 [Config@5 s:config_key z:-Value ?:config_readonly b:config_source "
        "?:config_sensitive ] ]",
    ),
    20: (
        6,
        "[@0-5 s:topic_name ] [Topic@6 s:topic_name u:-Topic-ID ] i:timeout",
        "i:throttle_time@1 [Topic s:topic_name u:-Topic-ID@6 h:error s:error_message@5 ]",
    ),
    21: (
        2,
        "[Topic s:topic_name [Partition i:partition_id q:offset ] ] i:timeout",
        "i:throttle_time [Topic s:topic_name [Partition i:partition_id q:offset h:error ] ]",
    ),
    22: (
        5,
        "s:transactional_id i:transaction_timeout q:producer_id@3 h:producer_epoch@3",
        "i:throttle_time h:error q:producer_id h:producer_epoch",
    ),
    23: (
        4,
        "i:replica_id@3 [Topic s:topic_name [Partition i:partition_id i:current_leader_epoch@2 i:leader_epoch ] ]",
        "i:throttle_time@2 [Topic s:topic_name [Partition h:error i:partition_id i:leader_epoch@1 q:offset ] ]",
    ),
    24: (
        5,
        "[Transaction@4 s:transactional_id q:producer_id h:producer_epoch ?:-Verify-Only [Topic s:topic_name "
        "[ i:partition_id ] ] ] s:transactional_id@0-3 q:producer_id@0-3 h:producer_epoch@0-3 [Topic@0-3 s:topic_name "
        "[ i:partition_id ] ]",
        "i:throttle_time h:error@4 [Transaction@4 s:transactional_id [Topic s:topic_name [Partition i:partition_id "
        "h:error ] ] ] [Topic@0-3 s:topic_name [Partition i:partition_id h:error ] ]",
    ),
    25: (
        4,
        "s:transactional_id q:producer_id h:producer_epoch s:consumer_group",
        "i:throttle_time h:error",
    ),
    26: (
        5,
        "s:transactional_id q:producer_id h:producer_epoch b:transaction_result",
        "i:throttle_time h:error q:producer_id@5 h:producer_epoch@5",
    ),
    28: (
        5,
        "s:transactional_id s:consumer_group q:producer_id h:producer_epoch i:generation_id@3 s:member_id@3 "
        "s:consumer_group_instance@3 [Topic s:topic_name [Partition i:partition_id q:offset i:leader_epoch@2 "
        "s:metadata ] ]",
        "i:throttle_time [Topic s:topic_name [Partition i:partition_id h:error ] ]",
    ),
    36: (
        2,
        "x:-SASL-Authentication-Bytes",
        "h:error s:error_message x:-SASL-Authentication-Bytes q:session_lifetime_ms@1",
    ),
    37: (
        3,
        "[Topic s:topic_name i:partition_count [Assignment [ i:node_id ] ] ] i:timeout ?:validate_only",
        "i:throttle_time [Topic s:topic_name h:error s:error_message ]",
    ),
    42: (2, "[ s:consumer_group ]", "i:throttle_time [Group s:consumer_group h:error ]"),
}  # fmt: skip


class Field(NamedTuple):
    """One word of a schema, or any number of what stands within."""

    form: str
    """``[`` of any number of `inner`."""
    name: str
    first: int
    last: int
    inner: tuple[Field, ...] = ()

    @property
    def is_struct(self) -> bool:
        """Whether each of any number is more than a number, or a text, alone."""
        return bool(self.name)

    @property
    def title(self) -> str:
        """What a line without a field of Wireshark is called; empty of others."""
        return self.name[1:].replace("-", " ") if self.name.startswith("-") else ""


@cache
def schema(api: int, version: int, *, is_response: bool) -> tuple[Field, ...] | None:
    """What a message consists of; None where that is not known."""
    written = _WRITTEN.get(api)
    if written is None:
        return None
    last, asked, answered = written
    if not 0 <= version <= last:
        return None
    words = (answered if is_response else asked).split()
    words.reverse()
    return tuple(_of_version(_read(words), version))


def _read(words: list[str]) -> list[Field]:
    """The fields up to the end, or to a ``]``; takes what it reads from the end of ``words``."""
    found = list[Field]()
    while words:
        word = words.pop()
        if word == "]":
            break
        named, _, versions = word.partition("@")
        first, _, last = versions.partition("-")
        low, high = int(first or 0), int(last or _LAST)
        if named.startswith("["):
            found.append(Field("[", named[1:], low, high, tuple(_read(words))))
        else:
            found.append(Field(named[0], named[2:], low, high))
    return found


def _of_version(fields: list[Field] | tuple[Field, ...], version: int) -> list[Field]:
    here = (one for one in fields if one.first <= version <= one.last)
    return [one._replace(inner=tuple(_of_version(one.inner, version))) for one in here]
