"""The master key, wherever it is kept: wraps data keys and opens them again. docs/keys.md."""

from portal.masterkeys.registry import current_label, forget_providers, unwrap, wrap
from portal.masterkeys.trial import is_reachable

__all__ = ["current_label", "forget_providers", "is_reachable", "unwrap", "wrap"]
