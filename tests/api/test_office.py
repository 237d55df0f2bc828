"""License, usage, people, policies and tokens, as programs of the agency get them."""

from typing import Any

import pytest
from django.core import mail

from accounts.models import Agency, ApiToken, Invitation, Role
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.signing import Signature, verify
from portal.tenancy import platform_scope, scope
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts, statements
from tests.conftest import join
from tests.factories import (
    make_certificate,
    make_invitation,
    make_license,
    make_policy,
    make_token,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
LISTS = ("api_members", "api_invitations", "api_certificates", "api_policy_versions")
READS = (*LISTS, "api_license", "api_usage", "api_usage_export", "api_policies")


@pytest.fixture
def admin(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN, name="ada")


@pytest.fixture
def analyst(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST, name="ana")


@pytest.mark.parametrize("name", [*READS, "api_agency_tokens"])
def test_who_has_no_right_to_it_learns_nothing(analyst: Caller, name: str) -> None:
    assert code(analyst.get(name)) == (403, "permission_denied")


@pytest.mark.parametrize("name", READS)
def test_a_token_may_less_than_its_owner(alder: Agency, admin: Caller, name: str) -> None:
    narrow = Caller(alder, admin.user, Permission.ENROL)
    assert code(narrow.get(name)) == (403, "permission_denied")


def test_the_license_and_its_signed_versions(admin: Caller, birch: Agency) -> None:
    found = admin.get("api_license").json()
    one, trial = found["licenses"]
    assert (found["code"], found["number"], one["state"]) == ("", one["number"], "active")
    assert (one["trial"], trial["trial"]) == (False, True)
    (version,) = one["versions"]
    assert (version["seats"], version["amount"], one["in_effect"]) == (None, "12000.00", 1)
    signed = admin.get("api_license_version", version["id"]).json()
    signature = Signature(signed["key_id"], signed["signature"])
    verify(signed["kind"], signed["document"], signature)
    with platform_scope():
        theirs = make_license(birch)
    assert code(admin.get("api_license_version", theirs.pk)) == (404, "not_found")
    with platform_scope():
        draft = make_license(admin.agency, sign=False)
    assert code(admin.get("api_license_version", draft.pk)) == (404, "not_found")


def test_usage_by_limit_and_month(admin: Caller) -> None:
    found = admin.get("api_usage", query={"month": "2026-02"}).json()
    assert {one["of"] for one in found["limits"]} == {"search", "face", "seat"}
    seats = next(one for one in found["limits"] if one["of"] == "seat")
    assert (seats["used"], seats["allowed"], seats["left"]) == (1, None, None)
    assert (found["days"], found["forecast"]["expected"]) == ([], 0)
    wrong = admin.get("api_usage", query={"month": "2026-13"})
    assert code(wrong) == (400, "query_invalid")


def test_the_ledger_as_csv_is_recorded(admin: Caller) -> None:
    answer = admin.get("api_usage_export", headers={"Accept": "text/csv"})
    text = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert text.startswith("id,at,kind,quantity,")
    assert acts(admin.agency.pk, Action.USAGE_EXPORTED) == 1


def test_members_are_listed_found_and_never_changed(
    admin: Caller, alder: Agency, birch: Agency
) -> None:
    join(alder, "zoe@alder.example", "Zoe", Role.ANALYST, Role.EXAMINER)
    stranger = join(birch, "sam@birch.example", "Sam", Role.ANALYST)
    rows = admin.get("api_members").json()["results"]
    assert [one["email"] for one in rows] == ["zoe@alder.example", "ada@alder.example"]
    assert (rows[0]["roles"], rows[0]["state"]) == (["analyst", "examiner"], "active")
    for query in ({"q": "zoe"}, {"role": "examiner"}):
        assert admin.get("api_members", query=query).json()["results"] == rows[:1]
    assert admin.get("api_members", query={"state": "locked"}).json()["results"] == []
    assert code(admin.get("api_members", query={"state": "odd"})) == (400, "query_invalid")
    assert admin.get("api_member", rows[0]["id"]).json() == rows[0]
    theirs = caller(birch, Role.ADMIN, name="bea").get("api_members", query={"q": "sam"}).json()
    pk = theirs["results"][0]["id"]
    assert theirs["results"][0]["person"] == stranger.pk
    assert code(admin.get("api_member", pk)) == (404, "not_found")
    for method in ("post", "put", "patch", "delete"):
        refused = admin.call(method, "api_member", rows[0]["id"], data={"roles": ["admin"]})
        assert code(refused) == (405, "method_not_allowed")


def test_an_invitation_is_sent_again_and_withdrawn(admin: Caller, alder: Agency) -> None:
    with scope(alder.pk):
        made = make_invitation(alder)
    (row,) = admin.get("api_invitations").json()["results"]
    assert (row["email"], row["live"]) == (made.email, True)
    assert "token_hash" not in row
    assert admin.post("api_invitation_resend", made.pk).status_code == 200
    with scope(alder.pk):
        assert Invitation.objects.get(pk=made.pk).token_hash != made.token_hash
    assert len(mail.outbox) == 2
    assert admin.post("api_invitation_revoke", made.pk).json()["live"] is False
    again = admin.post("api_invitation_revoke", made.pk)
    assert code(again) == (422, "invitation_dead")
    assert admin.get("api_invitations").json()["results"] == []
    assert acts(alder.pk, Action.INVITATION_RESENT, Action.INVITATION_REVOKED) == 2


def test_what_was_saved_stays_when_the_mail_fails(
    admin: Caller, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(alder.pk):
        made = make_invitation(alder)

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("accounts.mails.send_invitation", fail)
    for key in ({}, {"Idempotency-Key": "again-1"}):
        before = _hash_of(alder, made)
        answer = admin.post("api_invitation_resend", made.pk, headers=key)
        assert code(answer) == (422, "mail_not_sent")
        assert _hash_of(alder, made) != before
    assert acts(alder.pk, Action.INVITATION_RESENT) == 2


def _hash_of(agency: Agency, invitation: Invitation) -> str:
    with scope(agency.pk):
        return Invitation.objects.get(pk=invitation.pk).token_hash


@pytest.mark.parametrize("name", ["api_invitation_resend", "api_invitation_revoke"])
def test_nobody_else_touches_an_invitation(alder: Agency, birch: Agency, name: str) -> None:
    with scope(alder.pk):
        made = make_invitation(alder)
    stranger = caller(birch, Role.ADMIN, name="bea")
    assert code(stranger.post(name, made.pk)) == (404, "not_found")
    reader = caller(alder, Role.SUPERVISOR, name="sue")
    assert code(reader.post(name, made.pk)) == (403, "permission_denied")
    assert _hash_of(alder, made) == made.token_hash
    assert acts(alder.pk, Action.INVITATION_RESENT, Action.INVITATION_REVOKED) == 0


def test_certificates_by_state(admin: Caller, alder: Agency, analyst: Caller) -> None:
    make_certificate(alder, analyst.user, days_left=-1)
    make_certificate(alder, analyst.user, days_left=10)
    rows = admin.get("api_certificates").json()["results"]
    assert [one["valid"] for one in rows] == [False, True]
    assert rows[0]["email"] == "ana@alder.example"
    assert not {"evidence_key", "evidence_sha256"} & set(rows[0])
    for state, expected in (("expired", rows[:1]), ("valid", rows[1:]), ("withdrawn", [])):
        found = admin.get("api_certificates", query={"state": state}).json()["results"]
        assert found == expected
    by_person = {"person": str(analyst.user.pk)}
    assert len(admin.get("api_certificates", query=by_person).json()["results"]) == 2


def test_policies_and_their_versions(admin: Caller, alder: Agency) -> None:
    before = admin.get("api_policies").json()
    assert before["version"] == 0
    make_policy(alder)
    found = admin.get("api_policies").json()
    assert (found["version"], found["idle_minutes"]) == (1, before["idle_minutes"] - 1)
    assert found["bounds"]["idle_minutes"] == before["idle_minutes"]
    (version,) = admin.get("api_policy_versions").json()["results"]
    assert (version["version"], version["why"]) == (1, "A test needs it")


def test_own_tokens_and_those_of_the_agency(admin: Caller, analyst: Caller) -> None:
    (own,) = analyst.get("api_tokens").json()["results"]
    assert (own["id"], own["owner"], own["state"]) == (
        analyst.token.pk,
        "ana@alder.example",
        "valid",
    )
    assert not {"digest", "secret", "token"} & set(own)
    assert analyst.text not in str(own)
    rows = admin.get("api_agency_tokens").json()["results"]
    assert {one["id"] for one in rows} == {admin.token.pk, analyst.token.pk}


def test_a_token_never_makes_one(admin: Caller) -> None:
    body = {"name": "More", "permissions": ["people.manage"], "days": 30}
    for name in ("api_tokens", "api_agency_tokens"):
        assert code(admin.post(name, data=body)) == (405, "method_not_allowed")
    with scope(admin.agency.pk):
        assert ApiToken.objects.count() == 1


def test_tokens_are_revoked_by_their_owner_and_by_admins(
    admin: Caller, analyst: Caller, alder: Agency, birch: Agency
) -> None:
    assert code(analyst.post("api_token_revoke", admin.token.pk)) == (403, "permission_denied")
    stranger = caller(birch, Role.ADMIN, name="bea")
    assert code(stranger.post("api_token_revoke", admin.token.pk)) == (404, "not_found")
    assert acts(alder.pk, Action.TOKEN_REVOKED) == 0
    other, _ = make_token(alder, analyst.user)
    assert analyst.post("api_token_revoke", other.pk).json()["state"] == "revoked"
    assert admin.post("api_token_revoke", analyst.token.pk).json()["state"] == "revoked"
    assert code(analyst.get("api_tokens")) == (401, "token_revoked")
    assert acts(alder.pk, Action.TOKEN_REVOKED) == 2


def _more(agency: Agency, count: int) -> None:
    for n in range(count):
        user = join(agency, f"more-{n}@alder.example", f"More {n}", Role.ANALYST)
        make_certificate(agency, user)
        make_token(agency, user)
        make_policy(agency, idle_minutes=10 + n)
        with scope(agency.pk):
            make_invitation(agency, f"guest-{n}@alder.example")


def test_lists_take_as_many_statements_for_many_rows(admin: Caller, alder: Agency) -> None:
    names = (*LISTS, "api_tokens", "api_agency_tokens")
    with scope(alder.pk):
        make_invitation(alder)
    make_policy(alder)
    make_certificate(alder, admin.user)
    few: dict[str, Any] = {name: statements(admin, name) for name in names}
    _more(alder, 4)
    assert {name: statements(admin, name) for name in names} == few
    assert len(admin.get("api_agency_tokens").json()["results"]) == 5


def test_what_a_fresh_log_in_protects_is_not_offered(admin: Caller) -> None:
    """Invitations and roles make access: as with tokens, no token makes any."""
    body = {"email": "new@alder.example", "roles": ["admin"], "language": "en"}
    for name in ("api_members", "api_invitations"):
        assert code(admin.post(name, data=body)) == (405, "method_not_allowed")
    changed = admin.call("patch", "api_policies", data={"idle_minutes": 30})
    assert code(changed) == (405, "method_not_allowed")
