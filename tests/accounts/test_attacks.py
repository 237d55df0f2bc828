"""Attacks on people's access: forged posts, foreign hosts, links used twice, ways to elsewhere."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership, Role, User
from accounts.services.invitations import invite_member, resend_invitation, revoke_invitation
from accounts.services.joining import accept_with_password
from accounts.services.people import deactivate_member
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import scope
from tests.conftest import join
from tests.factories import make_token

pytestmark = pytest.mark.django_db

NEW = "zoe@alder.example"
STRONG = "seven green lamps at noon"
FOREIGN = "evil.example"
EVIL = {"host": FOREIGN, "x-forwarded-host": FOREIGN, "forwarded": f"host={FOREIGN}"}


@pytest.fixture
def admin(alder: Agency, ada: User, as_actor: Callable[[User, Agency], Actor]) -> Actor:
    return as_actor(ada, alder)


# --- Forged posts ---------------------------------------------------------------------------------

# Values for the converters of addresses; whether there is such a row does not matter: the check
# of the token comes before the view.
FILLERS = {"int": "1", "uuid": str(uuid.UUID(int=1)), "str": "x", "slug": "x", "path": "x"}


def filled(route: str) -> str:
    """A path of this route; of a regular expression's alternatives the first."""
    if "(?P<" in route or route.startswith("^"):
        groups = r"\(\?P<\w+>([^)]*)\)"
        route = re.sub(groups, lambda m: m[1].split("|")[0] if "|" in m[1] else "1", route)
        return route.strip("^$").replace(r"\Z", "")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda m: FILLERS[m[1] or "str"], route)


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Every address of the portal, with something in the place of its arguments."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = filled(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, before + route)
        else:
            yield before + route, entry


def is_api(path: str) -> bool:
    """The API goes by tokens in a header, which no foreign page can make a browser send."""
    return path.startswith("/api/")


def test_every_post_without_a_token_is_refused(alder: Agency) -> None:
    """By somebody with every right, in the whole of the portal."""
    everybody = join(alder, "all@alder.example", "All", *Role)
    client = Client(enforce_csrf_checks=True)
    client.force_login(everybody)
    before = traces(alder)
    asked = {path for path, _ in addresses() if not is_api(path)}
    assert {"/people/1/", "/agency/switch/", "/account/", "/cases/new/"} <= asked
    assert len(asked) > 60
    answers = {path: client.post(path, {"roles": ["admin"]}).status_code for path in asked}
    unsafe = {path: status for path, status in answers.items() if status not in (403, 405)}
    assert unsafe == {}
    refused = {path for path, status in answers.items() if status == 403}
    assert {"/people/1/", "/people/invite/", "/agency/switch/", "/i18n/setlang/"} <= refused
    assert traces(alder) == before


def test_a_post_from_another_site_is_refused_even_with_the_token(
    alder: Agency, ada: User, ana: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    page = client.get(reverse("people")).text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    with scope(alder.pk):
        address = reverse("member", args=[Membership.objects.get(user=ana).pk])
    values = {"roles": ["examiner"], "csrfmiddlewaretoken": found[1]}
    foreign = {"origin": "https://evil.example"}
    assert client.post(address, values, headers=foreign).status_code == 403
    assert client.post(address, values, headers={"origin": "null"}).status_code == 403
    assert client.post(address, values).status_code == 302  # and from our own it works


def traces(agency: Agency) -> tuple[int, list[object], int]:
    with scope(agency.pk):
        people = list(Membership.objects.order_by("pk").values_list("user", "roles"))
        return AuditEntry.objects.count(), list(people), len(mail.outbox)


# --- Links used again -----------------------------------------------------------------------------


def invited(admin: Actor, email: str = NEW) -> str:
    """An invitation; the secret of its link."""
    with scope(admin.agency):
        invite_member(actor=admin, email=email, roles=["analyst"], language="en")
    return secret()


def secret() -> str:
    found = re.search(r"/invitation/([^/\s]+)/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def accept(token: str) -> str:
    """The code of the refusal, or "ok"."""
    try:
        accept_with_password(source="127.0.0.1", token=token, name="Zoe", password=STRONG)
    except Fault as fault:
        return fault.code
    return "ok"


@pytest.mark.parametrize("end", ["accepted", "deactivated", "revoked", "resent", "expired"])
def test_an_old_link_never_works_again(
    client: Client, alder: Agency, admin: Actor, end: str
) -> None:
    """Replayed after each of its ends, also by the person it was for and also on the page."""
    token = invited(admin)
    with scope(alder.pk):
        invitation = Invitation.objects.get()
        if end in ("accepted", "deactivated"):
            assert accept(token) == "ok"
        if end == "deactivated":
            deactivate_member(actor=admin, membership=Membership.objects.get(user__email=NEW))
        elif end == "revoked":
            revoke_invitation(actor=admin, invitation=invitation)
        elif end == "resent":
            resend_invitation(actor=admin, invitation=invitation)
        elif end == "expired":
            Invitation.objects.update(expires_at=timezone.now())
    before = traces(alder)
    assert accept(token) == "invitation_dead"
    page = client.post(reverse("invitation", args=[token]), {"name": "Z", "password": STRONG})
    assert page.status_code == 404
    assert traces(alder) == before
    if end == "deactivated":
        with scope(alder.pk):
            assert Membership.objects.get(user__email=NEW).deactivated_at is not None


def test_a_link_of_one_agency_opens_no_other(
    client: Client, alder: Agency, birch: Agency, bob: User, admin: Actor
) -> None:
    """Whoever accepts gets the roles and the agency of the invitation, whatever they post."""
    token = invited(admin)
    values = {"name": "Zoe", "password": STRONG, "agency": birch.pk, "roles": ["admin"]}
    assert client.post(reverse("invitation", args=[token]), values).status_code == 302
    with scope(birch.pk):
        assert not Membership.objects.filter(user__email=NEW).exists()
    with scope(alder.pk):
        assert Membership.objects.get(user__email=NEW).roles == ["analyst"]


# --- Ways to elsewhere ----------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\\\evil.example",
    "\\\\\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    " https://evil.example",
    "http://testserver@evil.example/",
]


def is_ours(location: str) -> bool:
    """A browser that follows this stays here: a path, or this very host."""
    inside = location.removeprefix("http://testserver")
    return bool(re.fullmatch(r"/(?![/\\]).*|", inside)) and "\\" not in inside.split("?")[0]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_parameter_leads_to_another_site(
    client: Client, alder: Agency, birch: Agency, ada: User, ana: User, elsewhere: str
) -> None:
    client.force_login(ada)
    with scope(alder.pk):
        member = reverse("member", args=[Membership.objects.get(user=ana).pk])
    hints = dict.fromkeys(("next", "back", "list", "url", "redirect_to"), elsewhere)
    posts: dict[str, dict[str, object]] = {
        reverse("switch_agency"): {"agency": alder.pk},
        reverse("set_language"): {"language": "fr"},
        member: {"roles": ["examiner"]},
        reverse("account"): {"name": "Ada", "language": "en", "time_zone": ""},
    }
    for address, values in posts.items():
        for referer in ("http://testserver/people/", elsewhere.strip()):
            answer = client.post(
                f"{address}?next=https://evil.example/",
                {**values, **hints},
                headers={"referer": referer},
            )
            assert answer.status_code == 302, address
            assert is_ours(answer["Location"]), (address, answer["Location"])


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_the_way_to_the_log_in_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    """What is asked for without a log-in comes back as a path of ours, or not at all."""
    answer = client.get("/people/", {"next": elsewhere})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=/people/")
    page = client.get("/login/", {"next": elsewhere})
    assert page.status_code == 200
    assert f'href="{elsewhere}' not in page.text
    assert f'action="{elsewhere}' not in page.text


# --- The host that a request names ----------------------------------------------------------------


def test_no_mail_repeats_the_host_of_a_request(
    client: Client,
    alder: Agency,
    ada: User,
    ana: User,
    eli: User,
    settings: "pytest.FixtureRequest",
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Even where any host is let in: links come from CANDOR_BASE_URL alone."""
    settings.BASE_URL = "https://candor.alder.example"  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]
    client.force_login(ada)
    token = make_token(alder, eli)[0]
    with scope(alder.pk):
        pk = {member.user_id: member.pk for member in Membership.objects.all()}
    posts: list[tuple[str, dict[str, object]]] = [
        (reverse("invite"), {"email": NEW, "roles": ["analyst"], "language": "en"}),
        (reverse("member", args=[pk[ana.pk]]), {"roles": ["admin"]}),
        (reverse("member_deactivate", args=[pk[ana.pk]]), {}),
        (reverse("member_reactivate", args=[pk[ana.pk]]), {}),
        (reverse("token_revoke", args=[token.pk]), {}),
    ]
    for address, values in posts:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(address, values, headers=EVIL).status_code == 302
        harmless(address)
    mail.outbox.clear()
    client.logout()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("account_reset_password"), {"email": ana.email}, headers=EVIL)
    harmless("password reset")


def harmless(what: str) -> None:
    wait_until_sent()
    assert mail.outbox, what
    for message in mail.outbox:
        text = str(message.message())
        assert "evil" not in text, what
        links = re.findall(r"https?://[^/\s]+", str(message.body))
        assert set(links) <= {"https://candor.alder.example"}, what


def test_an_unknown_host_gets_no_page(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    for name in ("people", "home"):
        assert client.get(reverse(name), headers={"host": "evil.example"}).status_code == 400
