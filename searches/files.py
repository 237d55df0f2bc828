"""Files that belong to rows: stored before the commit, removed again when there is none."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.access import files_of


class NewFiles:
    """Files written during one transaction."""

    def __init__(self, agency_id: int) -> None:
        self._store = files_of(agency_id)
        self._keys: list[str] = []

    def put(self, data: bytes) -> str:
        key = self._store.put(data)
        self._keys.append(key)
        return key

    def discard(self) -> None:
        for key in self._keys:
            self._store.delete(key)


@contextmanager
def new_files(agency_id: int) -> Iterator[NewFiles]:
    """A transaction whose files go when it is rolled back.

    An error of the commit itself leaves them: the rows may be there all the same, and a stray file
    does less harm than a row without its picture.
    """
    files = NewFiles(agency_id)
    with transaction.atomic():
        try:
            yield files
        except BaseException:
            files.discard()
            raise


def delete_on_commit(agency_id: int, key: str) -> None:
    """Remove a file once the row that named it is really gone."""
    store = files_of(agency_id)
    transaction.on_commit(lambda: store.delete(key))
