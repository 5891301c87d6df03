"""The requests of Kafka by their numbers, and its error codes (Kafka 4.1: ``ApiKeys``, ``Errors``)."""

from __future__ import annotations

from typing import Final, NamedTuple

PRODUCE, FETCH, CONTROLLED_SHUTDOWN, JOIN_GROUP, SYNC_GROUP = 0, 1, 7, 11, 14
SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE, SHARE_FETCH = 17, 18, 36, 78
#: Bytes of a length; of a request up to its client's id, and of one that has none; of a response.
LENGTH, REQUEST_HEAD, NAMELESS_HEAD, RESPONSE_HEAD = 4, 14, 12, 8
#: Versions of a broker that is newer than this table, beyond the last one known.
_NEWER: Final = 3
_NEVER: Final = 1_000


class Api(NamedTuple):
    """A kind of request."""

    name: str
    last: int
    """The highest version that is known."""
    flexible: int
    """The first version with compact lengths and tagged fields (KIP-482)."""

    @property
    def most(self) -> int:
        """The highest version that may be met."""
        return self.last + _NEWER


#: Names, highest versions and first flexible versions, by number from 0 on; ``-`` is flexible in no version.
_WRITTEN: Final = """
Produce 13 9, Fetch 18 12, ListOffsets 11 6, Metadata 13 9, LeaderAndIsr 7 4, StopReplica 4 2, UpdateMetadata 8 6,
ControlledShutdown 3 3, OffsetCommit 10 8, OffsetFetch 10 6, FindCoordinator 6 3, JoinGroup 9 6, Heartbeat 4 4,
LeaveGroup 5 4, SyncGroup 5 4, DescribeGroups 6 5, ListGroups 5 3, SaslHandshake 1 -, ApiVersions 4 3, CreateTopics 7 5,
DeleteTopics 6 4, DeleteRecords 2 2, InitProducerId 6 2, OffsetForLeaderEpoch 4 4, AddPartitionsToTxn 5 3,
AddOffsetsToTxn 4 3, EndTxn 5 3, WriteTxnMarkers 2 1, TxnOffsetCommit 5 3, DescribeAcls 3 2, CreateAcls 3 2,
DeleteAcls 3 2, DescribeConfigs 4 4, AlterConfigs 2 2, AlterReplicaLogDirs 2 2, DescribeLogDirs 5 2,
SaslAuthenticate 2 2, CreatePartitions 3 2, CreateDelegationToken 3 2, RenewDelegationToken 2 2,
ExpireDelegationToken 2 2, DescribeDelegationToken 3 2, DeleteGroups 2 2, ElectLeaders 2 2, IncrementalAlterConfigs 1 1,
AlterPartitionReassignments 1 0, ListPartitionReassignments 0 0, OffsetDelete 0 -, DescribeClientQuotas 1 1,
AlterClientQuotas 1 1, DescribeUserScramCredentials 0 0, AlterUserScramCredentials 0 0, Vote 2 0, BeginQuorumEpoch 1 1,
EndQuorumEpoch 1 1, DescribeQuorum 2 0, AlterPartition 3 0, UpdateFeatures 2 0, Envelope 0 0, FetchSnapshot 1 0,
DescribeCluster 2 0, DescribeProducers 0 0, BrokerRegistration 4 0, BrokerHeartbeat 1 0, UnregisterBroker 0 0,
DescribeTransactions 0 0, ListTransactions 2 0, AllocateProducerIds 0 0, ConsumerGroupHeartbeat 1 0,
ConsumerGroupDescribe 1 0, ControllerRegistration 0 0, GetTelemetrySubscriptions 0 0, PushTelemetry 0 0,
AssignReplicasToDirs 0 0, ListConfigResources 1 0, DescribeTopicPartitions 0 0, ShareGroupHeartbeat 1 0,
ShareGroupDescribe 1 0, ShareFetch 1 0, ShareAcknowledge 1 0, AddRaftVoter 0 0, RemoveRaftVoter 0 0,
UpdateRaftVoter 0 0, InitializeShareGroupState 0 0, ReadShareGroupState 0 0, WriteShareGroupState 0 0,
DeleteShareGroupState 0 0, ReadShareGroupStateSummary 0 0, StreamsGroupHeartbeat 0 0,
StreamsGroupDescribe 0 0, DescribeShareGroupOffsets 0 0, AlterShareGroupOffsets 0 0, DeleteShareGroupOffsets 0 0
"""


def _apis() -> tuple[Api, ...]:
    rows = (one.split() for one in _WRITTEN.split(","))
    return tuple(Api(name, int(last), _NEVER if first == "-" else int(first)) for name, last, first in rows)


APIS: Final = _apis()
#: What may hold passwords, tokens or keys: authentication, tokens, SCRAM credentials, settings, others' requests.
SECRET: Final = frozenset({32, 33, 36, 38, 39, 40, 41, 44, 51, 58})

_ERROR_NAMES: Final = """
NONE OFFSET_OUT_OF_RANGE CORRUPT_MESSAGE UNKNOWN_TOPIC_OR_PARTITION INVALID_FETCH_SIZE LEADER_NOT_AVAILABLE
NOT_LEADER_OR_FOLLOWER REQUEST_TIMED_OUT BROKER_NOT_AVAILABLE REPLICA_NOT_AVAILABLE MESSAGE_TOO_LARGE
STALE_CONTROLLER_EPOCH OFFSET_METADATA_TOO_LARGE NETWORK_EXCEPTION COORDINATOR_LOAD_IN_PROGRESS
COORDINATOR_NOT_AVAILABLE NOT_COORDINATOR INVALID_TOPIC_EXCEPTION RECORD_LIST_TOO_LARGE NOT_ENOUGH_REPLICAS
NOT_ENOUGH_REPLICAS_AFTER_APPEND INVALID_REQUIRED_ACKS ILLEGAL_GENERATION INCONSISTENT_GROUP_PROTOCOL
INVALID_GROUP_ID UNKNOWN_MEMBER_ID INVALID_SESSION_TIMEOUT REBALANCE_IN_PROGRESS INVALID_COMMIT_OFFSET_SIZE
TOPIC_AUTHORIZATION_FAILED GROUP_AUTHORIZATION_FAILED CLUSTER_AUTHORIZATION_FAILED INVALID_TIMESTAMP
UNSUPPORTED_SASL_MECHANISM ILLEGAL_SASL_STATE UNSUPPORTED_VERSION TOPIC_ALREADY_EXISTS INVALID_PARTITIONS
INVALID_REPLICATION_FACTOR INVALID_REPLICA_ASSIGNMENT INVALID_CONFIG NOT_CONTROLLER INVALID_REQUEST
UNSUPPORTED_FOR_MESSAGE_FORMAT POLICY_VIOLATION OUT_OF_ORDER_SEQUENCE_NUMBER DUPLICATE_SEQUENCE_NUMBER
INVALID_PRODUCER_EPOCH INVALID_TXN_STATE INVALID_PRODUCER_ID_MAPPING INVALID_TRANSACTION_TIMEOUT
CONCURRENT_TRANSACTIONS TRANSACTION_COORDINATOR_FENCED TRANSACTIONAL_ID_AUTHORIZATION_FAILED SECURITY_DISABLED
OPERATION_NOT_ATTEMPTED KAFKA_STORAGE_ERROR LOG_DIR_NOT_FOUND SASL_AUTHENTICATION_FAILED UNKNOWN_PRODUCER_ID
REASSIGNMENT_IN_PROGRESS DELEGATION_TOKEN_AUTH_DISABLED DELEGATION_TOKEN_NOT_FOUND DELEGATION_TOKEN_OWNER_MISMATCH
DELEGATION_TOKEN_REQUEST_NOT_ALLOWED DELEGATION_TOKEN_AUTHORIZATION_FAILED DELEGATION_TOKEN_EXPIRED
INVALID_PRINCIPAL_TYPE NON_EMPTY_GROUP GROUP_ID_NOT_FOUND FETCH_SESSION_ID_NOT_FOUND INVALID_FETCH_SESSION_EPOCH
LISTENER_NOT_FOUND TOPIC_DELETION_DISABLED FENCED_LEADER_EPOCH UNKNOWN_LEADER_EPOCH UNSUPPORTED_COMPRESSION_TYPE
STALE_BROKER_EPOCH OFFSET_NOT_AVAILABLE MEMBER_ID_REQUIRED PREFERRED_LEADER_NOT_AVAILABLE GROUP_MAX_SIZE_REACHED
FENCED_INSTANCE_ID ELIGIBLE_LEADERS_NOT_AVAILABLE ELECTION_NOT_NEEDED NO_REASSIGNMENT_IN_PROGRESS
GROUP_SUBSCRIBED_TO_TOPIC INVALID_RECORD UNSTABLE_OFFSET_COMMIT THROTTLING_QUOTA_EXCEEDED PRODUCER_FENCED
RESOURCE_NOT_FOUND DUPLICATE_RESOURCE UNACCEPTABLE_CREDENTIAL INCONSISTENT_VOTER_SET INVALID_UPDATE_VERSION
FEATURE_UPDATE_FAILED PRINCIPAL_DESERIALIZATION_FAILURE SNAPSHOT_NOT_FOUND POSITION_OUT_OF_RANGE UNKNOWN_TOPIC_ID
DUPLICATE_BROKER_REGISTRATION BROKER_ID_NOT_REGISTERED INCONSISTENT_TOPIC_ID INCONSISTENT_CLUSTER_ID
TRANSACTIONAL_ID_NOT_FOUND FETCH_SESSION_TOPIC_ID_ERROR INELIGIBLE_REPLICA NEW_LEADER_ELECTED
OFFSET_MOVED_TO_TIERED_STORAGE FENCED_MEMBER_EPOCH UNRELEASED_INSTANCE_ID UNSUPPORTED_ASSIGNOR STALE_MEMBER_EPOCH
MISMATCHED_ENDPOINT_TYPE UNSUPPORTED_ENDPOINT_TYPE UNKNOWN_CONTROLLER_ID UNKNOWN_SUBSCRIPTION_ID TELEMETRY_TOO_LARGE
INVALID_REGISTRATION TRANSACTION_ABORTABLE INVALID_RECORD_STATE SHARE_SESSION_NOT_FOUND INVALID_SHARE_SESSION_EPOCH
FENCED_STATE_EPOCH INVALID_VOTER_KEY DUPLICATE_VOTER VOTER_NOT_FOUND INVALID_REGULAR_EXPRESSION REBOOTSTRAP_REQUIRED
STREAMS_INVALID_TOPOLOGY STREAMS_INVALID_TOPOLOGY_EPOCH STREAMS_TOPOLOGY_FENCED SHARE_SESSION_LIMIT_REACHED
"""
#: Names of errors from 0 on.
_ERRORS: Final = tuple(_ERROR_NAMES.split())
UNSUPPORTED_VERSION: Final = 35


def error_text(code: int) -> str:
    """``6 NOT_LEADER_OR_FOLLOWER``: a code with its name, ``OK`` of 0."""
    if code == -1:
        return "-1 UNKNOWN_SERVER_ERROR"
    if not code:
        return "OK"
    return f"{code} {_ERRORS[code]}" if 0 < code < len(_ERRORS) else str(code)


def names_client(api: int, version: int) -> bool:
    """Whether the head of a request has a name of the client: ControlledShutdown of version 0 has none."""
    return (api, version) != (CONTROLLED_SHUTDOWN, 0)


def name_of(api: int) -> str:
    """``Fetch``: the name of a kind of request."""
    return APIS[api].name if 0 <= api < len(APIS) else f"API {api}"
