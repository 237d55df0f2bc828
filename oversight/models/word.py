"""What the record is searched by: one row for each word of an entry, as a hash.

PostgreSQL uses no full-text index below row-level security (its operator is not leakproof), so
the words lie in a B-tree. A trigger writes them with the entry; docs/record.md says which.
"""

from hashlib import sha256

from django.db import models

from portal.tenancy import TenantModel


class RecordWord(TenantModel):
    """That an entry of the agency's record has this word."""

    pk = models.CompositePrimaryKey("agency_id", "word", "entry_id")
    word = models.BigIntegerField(editable=False)
    entry_id = models.BigIntegerField(editable=False)

    def __str__(self) -> str:
        return f"a word of entry {self.entry_id}"


def word_hash(word: str) -> int:
    """The number that stands for a word; the trigger's SQL says the same."""
    return int.from_bytes(sha256(word.lower().encode()).digest()[:8], signed=True)
