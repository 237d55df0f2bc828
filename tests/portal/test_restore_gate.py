"""While a restore is unfinished nobody works on its database, by whatever process."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from portal.backups.admin import admin_connection, close_gate, gate_is_closed, open_gate
from portal.database.gate import RestoreUnfinished, passage


@pytest.fixture
def closed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), admin_connection() as admin:
        close_gate(admin)
        assert gate_is_closed(admin)
        connection.close()
        try:
            yield
        finally:
            open_gate(admin)
            connection.close()


@pytest.mark.usefixtures("closed")
def test_no_page_is_served_and_readiness_says_why() -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (503, {"status": "restore unfinished"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get("/").status_code == 503
    assert client.get("/api/v1/me/").status_code in (401, 503)
    with pytest.raises(RestoreUnfinished), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with passage(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    with admin_connection() as admin:
        open_gate(admin)
        assert not gate_is_closed(admin)
    assert client.get("/health/").status_code == 200
