"""Who reads the record in these tests."""

from datetime import datetime, timedelta

from django.db import connection
from django.test import Client

from accounts.models import Agency, Role, User
from portal.tenancy import platform_scope, scope
from tests.conftest import join


def auditor(agency: Agency, name: str = "uma", *also: Role) -> User:
    email = f"{name}@{agency.slug}.example"
    return join(agency, email, name.title(), Role.AUDITOR, *also)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def entry_at(agency: Agency, at: datetime, actor: User, action: str = "case.viewed") -> int:
    """An entry as of another time; the clock of the record is the database's."""
    with scope(agency.pk), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (agency_id, at, action, outcome, actor_id, actor_label,"
            " source, subject_type, subject_id, case_id, data, content_digest)"
            " VALUES (%s, %s, %s, 'done', %s, %s, '10.1.2.3', '', '', '', '{}', '') RETURNING id",
            [agency.pk, at, action, actor.pk, actor.email],
        )
        return int(cursor.fetchone()[0])


def change(agency: Agency, **values: object) -> None:
    """Change columns of the agency itself, which only the platform can."""
    with platform_scope():
        assert Agency.objects.filter(pk=agency.pk).update(**values) == 1
        agency.refresh_from_db()


def age(agency: Agency, weeks: int) -> None:
    """Have the agency begin that many weeks ago."""
    change(agency, created_at=agency.created_at - timedelta(weeks=weeks))
