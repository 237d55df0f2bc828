"""The record's tables: entries, the chain over them, its checkpoints, and sealed content apart."""

from portal.audit.models.chain import AuditChain, AuditLink, AuditPending, Checkpoint
from portal.audit.models.content import AuditContent, AuditKey
from portal.audit.models.entry import AuditEntry
from portal.audit.models.key_change import KeyChange
from portal.audit.models.stamp import CheckpointStamp

__all__ = [
    "AuditChain",
    "AuditContent",
    "AuditEntry",
    "AuditKey",
    "AuditLink",
    "AuditPending",
    "Checkpoint",
    "CheckpointStamp",
    "KeyChange",
]
