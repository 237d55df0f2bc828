"""Writers and linkers at the same moment: nobody waits, and one chain comes of it."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.linking import link_pending
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.tenancy import scope
from tests.accounts.races import at_once, committed_agency
from tests.portal.test_audit_chain import chain_holds

EACH_TEST_ALONE = True


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def test_writers_do_not_wait_for_each_other_or_for_the_linker(town: Agency) -> None:
    """Entries are written while another writer, and a linker, hold their transactions open."""
    clerk = command_actor("test", town.pk)
    written = threading.Event()

    def write() -> None:
        try:
            record(clerk, Action.CASE_VIEWED)
            written.set()
        finally:
            connection.close()

    with scope(town.pk), transaction.atomic():
        record(clerk, Action.CASE_VIEWED)
        link_pending(town.pk)  # holds the chain's row until the end of this transaction
        other = threading.Thread(target=write)
        other.start()
        other.join(20)
        assert written.is_set()
    link_pending(town.pk)
    chain_holds(town.pk)


def test_linkers_beside_each_other_make_one_chain(town: Agency) -> None:
    clerk = command_actor("test", town.pk)

    def write() -> None:
        for _ in range(20):
            record(clerk, Action.CASE_VIEWED)

    def link() -> None:
        for _ in range(20):
            link_pending(town.pk)

    assert at_once(write, link, write, link, write, link) == [None] * 6
    link_pending(town.pk)
    with scope(town.pk):
        entries = AuditEntry.objects.filter(agency_id=town.pk).count()
    assert chain_holds(town.pk) == entries > 60
