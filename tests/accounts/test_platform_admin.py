"""What the platform's staff never see."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from accounts.platform.site import CONTENT_SECURITY_POLICY as PLATFORM_POLICY
from portal.middleware import CONTENT_SECURITY_POLICY
from tests.accounts.platform_cast import enter
from tests.conftest import join
from tests.factories import full_agency
from tests.portal.test_row_security import BILLING, LICENSING, count, tenant_tables

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def test_a_superuser_of_the_platform_reads_no_content(
    inside: Client, alder: Agency, models: object, bells: object
) -> None:
    full_agency(alder)
    seen: dict[str, int] = {}

    def spy(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """In the middle of the request, as the page lists the agencies, read every table."""
        if not seen and 'FROM "accounts_agency"' in sql:
            seen["asked"] = 1
            seen.update({name: count(name) for name in tenant_tables()})
        return execute(sql, params, many, context)

    with connection.execute_wrapper(spy):
        page = inside.get(reverse("admin:accounts_agency_changelist"))
    assert "Alder Police" in page.text
    allowed = {"accounts_membership", "accounts_signondomain"}
    # Its own record; tests/portal/test_row_security.py says what of an agency's chain it sees.
    allowed |= {name for name in seen if name.startswith("audit_")}
    allowed |= {"accounts_offboarding", "accounts_destructionreceipt", *LICENSING, *BILLING}
    content = {name: rows for name, rows in seen.items() if name not in {*allowed, "asked"}}
    wanted = (
        "case",
        "probe",
        "search",
        "candidate",
        "subject",
        "faceimage",
        "template",
        "enrolment",
    )
    assert {f"searches_{name}" for name in wanted} <= content.keys()
    assert {name for name, rows in content.items() if rows} == set()


def test_staff_on_the_agencies_pages_are_nobody(inside: Client) -> None:
    for name in ("home", "cases", "searches", "galleries", "platform_acts"):
        response = inside.get(reverse(name))
        assert response.status_code == 403, name
        assert "do not belong to an agency" in response.text, name


def test_a_member_who_is_staff_is_a_member_on_the_agencys_pages(
    client: Client, alder: Agency
) -> None:
    user = join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    enter(client, user)
    assert client.get(reverse("cases")).context["agency"] == alder
    request = client.get(reverse("admin:index")).wsgi_request
    assert not hasattr(request, "actor")
    assert not hasattr(request, "agency")


def test_the_portal_keeps_its_strict_policy(inside: Client) -> None:
    policy = "Content-Security-Policy"
    assert inside.get(reverse("admin:index"))[policy] == PLATFORM_POLICY
    assert inside.get(reverse("admin:door"))[policy] == CONTENT_SECURITY_POLICY
    assert inside.get(reverse("home"))[policy] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "'unsafe-inline'" not in PLATFORM_POLICY.split("style-src")[0]
