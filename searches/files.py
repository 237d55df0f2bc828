"""Files that belong to rows: stored before the commit, removed again when there is none."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.access import files_of
from portal.away import StoreAway
from portal.storage import FileStore

logger = logging.getLogger(__name__)


class NewFiles:
    """Files written during one transaction, and those that go with it."""

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self._keys: list[str] = []

    def put(self, data: bytes) -> str:
        key = self.store.put(data)
        self._keys.append(key)
        return key

    def remove(self, key: str) -> None:
        """Remove a file that is there already, once the row that named it is really gone."""
        transaction.on_commit(lambda: _delete(self.store, key))

    def discard(self) -> None:
        for key in self._keys:
            _delete(self.store, key)


@contextmanager
def new_files(agency_id: int, store: FileStore | None = None) -> Iterator[NewFiles]:
    """A transaction whose files go when it is rolled back.

    `store` is the agency's, for who has opened it a moment ago.

    An error of the commit itself leaves them: the rows may be there all the same, and a stray file
    does less harm than a row without its picture.
    """
    files = NewFiles(store or files_of(agency_id))
    with transaction.atomic():
        try:
            yield files
        except BaseException:
            files.discard()
            raise


def delete_on_commit(agency_id: int, key: str) -> None:
    """Remove a file once the row that named it is really gone."""
    store = files_of(agency_id)
    transaction.on_commit(lambda: _delete(store, key))


def _delete(store: FileStore, key: str) -> None:
    """The transaction is over: a store that is away keeps noise, which `check_files` removes."""
    try:
        store.delete(key)
    except StoreAway as away:
        logger.warning("A file without a row stays until the nightly check: %s", away)
