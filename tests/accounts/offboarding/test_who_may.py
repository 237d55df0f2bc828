"""Who fetches the export and destroys; what the database lets nobody do."""

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Membership, Offboarding, Role, User
from portal.tenancy import platform_scope, scope
from tests.accounts.offboarding.cast import (
    actions,
    all_rows,
    close,
    confirm,
    destroyed,
    download,
    row_of,
    run,
)
from tests.conftest import PASSWORD, join

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.mark.parametrize("role", list(Role))
def test_only_an_admin_of_the_closed_agency_downloads_and_destroys(
    alder: Agency, ada: User, client: Client, role: Role
) -> None:
    person = join(alder, f"{role}@alder.example", "Somebody", role)
    run(close(alder))
    client.force_login(person)
    page = client.get(reverse("home"))
    assert page.status_code == 403
    assert "Alder Police is closed" in page.text
    assert client.get(reverse("closed_agencies")).status_code == 200
    may = role == Role.ADMIN
    before = all_rows(alder), actions(alder.pk)
    assert ("Download the export" in page.text) == may
    address = reverse("export_download", args=[alder.pk])
    response = client.post(address)
    assert response.status_code == (200 if may else 403)
    assert (
        client.get(reverse("export_destroy", args=[alder.pk])).status_code == response.status_code
    )
    if may:
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
    else:
        assert confirm(client, alder) == 403
        assert (all_rows(alder), actions(alder.pk)) == before


def test_strangers_former_members_and_the_platform_get_nothing(
    alder: Agency, ada: User, ana: User, bob: User, nil: User, client: Client
) -> None:
    staff = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    former = join(alder, "former@alder.example", "Former", Role.ADMIN)
    with scope(alder.pk):
        Membership.objects.filter(user=former).update(deactivated_at=timezone.now())
    run(close(alder))
    before = actions(alder.pk)
    for user in (bob, nil, staff, former):
        client.force_login(user)
        for name in ("export_download", "export_destroy"):
            assert client.post(reverse(name, args=[alder.pk])).status_code == 404, (user, name)
    assert actions(alder.pk) == before
    assert row_of(alder).state == "exported"


def test_an_admin_with_another_agency_reaches_the_closed_one(
    alder: Agency, birch: Agency, ada: User, client: Client
) -> None:
    join(birch, ada.email, "Ada", Role.ANALYST)
    run(close(alder))
    client.force_login(ada)
    assert client.get(reverse("home")).status_code == 200
    assert "Download the export" in client.get(reverse("closed_agencies")).text
    assert "accounts_agency.jsonl" in " ".join(download(client, alder).namelist())


def test_a_download_is_recorded_and_destroying_needs_one_to_its_end(
    alder: Agency, ada: User, client: Client
) -> None:
    run(close(alder))
    client.force_login(ada)
    assert confirm(client, alder) == 422
    begun = client.post(reverse("export_download", args=[alder.pk]))
    # Broken off after the first piece; the client's close() would close the test's connection.
    next(iter(begun.streaming_content))  # type: ignore[attr-defined]
    del begun
    assert row_of(alder).downloaded_at is None
    assert confirm(client, alder) == 422
    download(client, alder)
    assert confirm(client, alder, "alder police") == 422
    assert row_of(alder).state == "exported"
    assert confirm(client, alder) == 302
    assert row_of(alder).state == "destroying"
    parts = ["opened", "exported", "download_begun", "download_begun", "downloaded", "confirmed"]
    assert actions(alder.pk) == [f"offboarding.{part}" for part in parts]
    assert client.post(reverse("export_download", args=[alder.pk])).status_code == 422


@pytest.mark.parametrize("name", ["export_download", "export_destroy"])
def test_both_want_a_proof_that_is_minutes_old(
    alder: Agency, ada: User, client: Client, name: str
) -> None:
    run(close(alder))
    client.force_login(ada)
    session = client.session
    for method in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        method["at"] -= 3600
    session.save()
    response = client.post(reverse(name, args=[alder.pk]), {"short_name": "alder"})
    assert response.status_code == 302
    assert "/account/confirm/" in response["Location"]
    assert actions(alder.pk) == ["offboarding.opened", "offboarding.exported"]


HASTY = [
    "state = 'destroying', started_at = now()",
    "state = 'destroying', confirmed_at = now()",
    "state = 'destroying', downloaded_at = now()",
    "deadline = now()",
    "closed_at = now() - interval '90 days'",
    "export_sha256 = repeat('0', 64)",
    "exported_at = NULL",
    "state = 'waiting'",
    "state = 'destroyed'",
]


@pytest.mark.parametrize("change", HASTY)
def test_the_database_lets_nobody_hasten_it(alder: Agency, ada: User, change: str) -> None:
    run(close(alder))
    with scope(alder.pk), pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_offboarding SET {change}")


@pytest.mark.parametrize(
    "change", ["state = 'destroying'", "downloaded_at = now()", "claim = NULL"]
)
def test_the_platform_scope_puts_the_deadline_off_and_does_nothing_else(
    alder: Agency, ada: User, change: str
) -> None:
    run(close(alder))
    with platform_scope(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"UPDATE accounts_offboarding SET {change}")
        cursor.execute("UPDATE accounts_offboarding SET deadline = deadline + interval '1 day'")
        assert cursor.rowcount == 1


def test_an_open_agency_cannot_be_exported_for_its_end(alder: Agency) -> None:
    with scope(alder.pk):
        now = timezone.now()
        Offboarding.objects.create(closed_at=now, deadline=now)
        with pytest.raises(DatabaseError, match="only a closed agency"), transaction.atomic():
            Offboarding.objects.update(state="exporting")


def test_a_data_key_goes_with_its_agency_only_and_never_comes_back(
    closed: Agency, client: Client, ada: User
) -> None:
    def set_key(value: bytes) -> None:
        with platform_scope(), transaction.atomic():
            Agency.objects.filter(pk=closed.pk).update(data_key=value)

    with pytest.raises(DatabaseError, match="with its agency only"):
        set_key(b"")
    destroyed(client, closed, ada)
    with pytest.raises(DatabaseError, match="does not come back"):
        set_key(b"another")


def test_receipts_cannot_be_changed(closed: Agency, client: Client, ada: User) -> None:
    destroyed(client, closed, ada)
    for sql in (
        "UPDATE accounts_destructionreceipt SET key_id = 'x'",
        "DELETE FROM accounts_destructionreceipt",
    ):
        with scope(closed.pk), pytest.raises(DatabaseError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql)
