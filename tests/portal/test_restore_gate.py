"""While a restore is unfinished nobody works on its database, by whatever process."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from portal.backups.admin import admin_connection, close_gate, gate_is_closed, open_gate
from portal.database.gate import RestoreUnfinished, passage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closed() -> Iterator[None]:
    with admin_connection() as admin:
        close_gate(admin)
        assert gate_is_closed(admin)
        connection.close()
        try:
            yield
        finally:
            open_gate(admin)
            assert not gate_is_closed(admin)


@pytest.mark.usefixtures("closed")
def test_no_page_is_served_and_readiness_says_why() -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (503, {"status": "restore unfinished"})
    client.cookies["sessionid"] = "a" * 32
    assert client.get("/").status_code == 503
    assert client.get("/api/v1/me/").status_code in (401, 503)
    with pytest.raises(RestoreUnfinished), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with passage(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()


def test_afterwards_it_is_open() -> None:
    assert Client().get("/health/").status_code == 200
