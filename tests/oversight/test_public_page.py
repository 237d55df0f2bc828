"""The public page and its form, with the public as attacker."""

import re
import uuid
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from oversight.faults import Fault
from oversight.models import PublicPage, RequestLink, RequestNote, SubjectRequest
from oversight.public_access import PUBLISHED, hash_of, transparency_address
from oversight.services.public_page import latest_page, save_texts, switch_page
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import scope
from tests.conftest import join
from tests.factories import make_actor
from tests.oversight.requests_cast import PAGE, make_public_page, make_taken

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


def fields(**changed: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "submission_key": str(uuid.uuid4()),
        "kind": "access",
        "for_another": "no",
        "name": "Jo Zhvanetsky",
        "reach": "email",
        "email": "jo@home.example",
        "language": "en",
    }
    return usual | changed


def opened(agency: Agency) -> str:
    with scope(agency.pk):
        make_public_page(agency)
    return reverse("public_page", args=[agency.slug])


def without_tokens(response: Any) -> str:
    """A page without what differs from one request to the next, and without its own address."""
    html = re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return html.replace("/nobody/", "/alder/")


def kept(agency: Agency) -> tuple[int, ...]:
    with scope(agency.pk):
        models = (SubjectRequest, RequestNote, RequestLink)
        return (*(model.objects.count() for model in models), AuditEntry.objects.count())


def test_it_is_off_until_it_is_switched_on(client: Client, alder: Agency) -> None:
    address = reverse("public_page", args=["alder"])
    unknown = client.get(reverse("public_page", args=["nobody"]))
    for _ in range(2):  # without a page, and with one that is off
        off = client.get(address)
        assert (off.status_code, without_tokens(off)) == (404, without_tokens(unknown))
        assert client.post(address, fields()).status_code == 404
        with scope(alder.pk):
            if not PublicPage.objects.exists():
                make_public_page(alder, on=False)
    with scope(alder.pk):
        admin = make_actor(alder.pk, "adm", Role.ADMIN)
        switch_page(actor=admin, seen=1, on=True)
        recorded = AuditEntry.objects.filter(action=Action.PUBLIC_PAGE_OPENED)
        assert recorded.count() == 1
    assert client.get(address).status_code == 200


def test_the_form_is_refused_with_the_page_off_and_keeps_nothing(
    client: Client, alder: Agency
) -> None:
    before = kept(alder)
    assert client.post(reverse("public_page", args=["alder"]), fields()).status_code == 404
    assert kept(alder) == before


def test_both_languages_are_shown_and_one_stands_in_for_the_other(
    client: Client, alder: Agency
) -> None:
    address = opened(alder)
    english = client.get(address, headers={"Accept-Language": "en"}).content.decode()
    french = client.get(address, headers={"Accept-Language": "fr"}).content.decode()
    assert PAGE["en"]["policy"] in english
    assert PAGE["fr"]["policy"] in french
    assert '<html lang="fr">' in french
    assert PAGE["en"]["postal_address"] in french


def test_texts_of_an_agency_are_never_markup(client: Client, alder: Agency) -> None:
    with scope(alder.pk):
        admin = make_actor(alder.pk, "adm", Role.ADMIN)
        hostile = {"en": dict.fromkeys(PAGE["en"], f"{SCRIPT} {{{{ 7|add:7 }}}}\n\nsecond")}
        page = save_texts(actor=admin, seen=0, texts=hostile)
        switch_page(actor=admin, seen=page.number, on=True)
    html = client.get(reverse("public_page", args=["alder"])).content.decode()
    assert SCRIPT not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7|add:7 }}" in html
    assert "<p>second</p>" in html


def test_a_request_is_taken_and_followed(client: Client, alder: Agency) -> None:
    address = opened(alder)
    sent = client.post(address, fields(about=SCRIPT, name=f"Jo {SCRIPT}"))
    assert sent.status_code == 302
    page = client.get(sent["Location"])
    html = page.content.decode()
    assert SCRIPT not in html
    token = re.search(r"/requests/([0-9a-f]{64})/", sent["Location"])
    assert token is not None
    assert token[1] in html
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    with scope(alder.pk):
        request = SubjectRequest.objects.get()
        assert request.number in html
        assert request.about == SCRIPT
        stored = list(RequestLink.objects.values_list("token_hash", flat=True))
    assert hash_of(token[1]) in stored
    assert token[1] not in stored
    withdrawal = reverse("public_request_withdraw", args=["alder", token[1]])
    assert client.get(withdrawal).status_code == 200
    assert client.post(withdrawal).status_code == 302
    assert client.post(withdrawal).status_code == 422
    with scope(alder.pk):
        assert SubjectRequest.objects.get().state == "withdrawn"


def test_mails_and_logs_tell_nothing(
    client: Client,
    alder: Agency,
    mailoutbox: list[object],
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: object,
) -> None:
    address = opened(alder)
    join(alder, "sup@alder.example", "Sup", Role.SUPERVISOR)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        client.post(address, fields(about="Custody in May"))
    wait_until_sent()
    texts = [f"{mail.subject} {mail.body}" for mail in mailoutbox]  # type: ignore[attr-defined]
    assert len(texts) == 2
    with scope(alder.pk):
        number = SubjectRequest.objects.get().number
    for text in [*texts, caplog.text]:
        for word in ("Zhvanetsky", "Custody", number, "jo@home"):
            assert word not in text
    link = re.search(r"/public/alder/requests/(\S+)/", " ".join(texts))
    assert link is not None
    assert client.get(link[0]).status_code == 200
    with scope(alder.pk):
        assert RequestLink.objects.get(mailed=True).opened_at is not None


def test_a_double_click_is_one_request(client: Client, alder: Agency) -> None:
    address, values = opened(alder), fields()
    first, again = client.post(address, values), client.post(address, values)
    assert first["Location"] == again["Location"]
    with scope(alder.pk):
        assert SubjectRequest.objects.count() == 1
    before = kept(alder)
    assert client.post(address, values | {"name": "Al"}).status_code == 422
    assert kept(alder) == before


def test_links_of_another_agency_and_guessed_ones_lead_nowhere(
    client: Client, alder: Agency, birch: Agency
) -> None:
    opened(alder)
    opened(birch)
    with scope(alder.pk):
        taken = make_taken(alder)
    names = ("public_request", "public_request_withdraw", "public_request_message")
    before = kept(alder), kept(birch)
    for slug, token in (
        ("birch", taken.token),
        ("nobody", taken.token),
        ("alder", "0" * 64),
        ("alder", hash_of(taken.token)),
        ("alder", taken.token.upper()),
        ("alder", "' OR 1=1 --"),
    ):
        for name in names:
            address = reverse(name, args=[slug, token])
            answers = {client.get(address).status_code, client.post(address).status_code}
            assert answers <= {404, 405}, (slug, name)
    assert (kept(alder), kept(birch)) == before
    assert client.get(reverse("public_request", args=["alder", taken.token])).status_code == 200


def test_somebody_of_another_agency_reads_it_as_everybody_does(
    client: Client, alder: Agency, bob: User
) -> None:
    address = opened(alder)
    client.force_login(bob)
    assert "Alder Police" in client.get(address).content.decode()
    assert client.post(address, fields()).status_code == 302
    with scope(alder.pk):
        assert SubjectRequest.objects.count() == 1
        entry = AuditEntry.objects.get(action=Action.REQUEST_RECEIVED)
    assert (entry.actor_id, entry.actor_label, entry.source) == (
        None,
        "public page",
        "page: public",
    )


def test_files_are_ignored_and_kept_nowhere(
    client: Client, alder: Agency, settings: object
) -> None:
    address = opened(alder)
    files = {
        name: SimpleUploadedFile("me.jpg", b"\xff\xd8\xff" + b"x" * 1000, "image/jpeg")
        for name in ("picture", "photo", "name_file", "about")
    }
    sent = client.post(address, fields() | files)
    assert sent.status_code == 302
    assert not list(settings.FILES_DIR.rglob("*")), "nothing is stored"  # type: ignore[attr-defined]
    with scope(alder.pk):
        request = SubjectRequest.objects.get()
        assert request.about == ""


def test_no_field_takes_a_file(client: Client, alder: Agency) -> None:
    html = client.get(opened(alder)).content.decode()
    assert 'type="file"' not in html
    assert "multipart" not in html
    assert "A face is never searched to answer a request." in html


def test_large_bodies_are_refused(client: Client, alder: Agency) -> None:
    address = opened(alder)
    before = kept(alder)
    assert client.post(address, fields(about="x" * 10_000_000)).status_code == 413
    assert client.post(address, fields(about="x" * 5000)).status_code == 422
    assert client.post(address, fields(name="x" * 201)).status_code == 422
    big = BytesIO(b"x" * 10_000_000)
    big.name = "me.jpg"
    assert client.post(address, fields() | {"picture": big}).status_code == 413
    assert kept(alder) == before


def test_the_trap_catches_machines(client: Client, alder: Agency) -> None:
    address = opened(alder)
    before = kept(alder)
    assert client.post(address, fields(website="https://x.example")).status_code == 422
    assert kept(alder) == before


def test_hundreds_of_posts_are_stopped(client: Client, alder: Agency, birch: Agency) -> None:
    address, other = opened(alder), opened(birch)
    answers = [client.post(address, fields()).status_code for _ in range(100)]
    assert answers == [302] * 5 + [429] * 95
    # Whoever else asks is not stopped by it, and neither is the same one elsewhere.
    assert client.post(address, fields(), REMOTE_ADDR="198.51.100.7").status_code == 302
    assert client.post(other, fields()).status_code == 302
    with scope(alder.pk):
        assert SubjectRequest.objects.count() == 6


def test_many_addresses_are_stopped_at_the_agency(
    client: Client, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oversight.views.public.BY_AGENCY", (("agency", 3, 3600),))
    address = opened(alder)
    answers = [
        client.post(address, fields(), REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(5)
    ]
    assert answers == [302, 302, 302, 429, 429]


def test_one_mailbox_is_not_flooded(client: Client, alder: Agency) -> None:
    address = opened(alder)
    for n in range(5):
        client.post(address, fields(), REMOTE_ADDR=f"198.51.100.{n}")
    with scope(alder.pk):
        assert SubjectRequest.objects.count() == 5
        assert RequestLink.objects.filter(mailed=True).count() == 3


def test_a_host_header_changes_no_link(client: Client, alder: Agency) -> None:
    address = opened(alder)
    assert client.get(address, headers={"Host": "evil.example"}).status_code == 400
    sent = client.post(address, fields())
    page = client.get(sent["Location"], headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.content.decode()


def test_without_its_token_a_form_is_refused(alder: Agency) -> None:
    address = opened(alder)
    before = kept(alder)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, fields()).status_code == 403
    assert kept(alder) == before
    html = strict.get(address).content.decode()
    found = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    values = fields(csrfmiddlewaretoken=found[-1])
    assert strict.post(address, values).status_code == 302


@pytest.mark.parametrize("wrong", [{"email": ""}, {"email": "no"}, {"kind": "x"}, {"name": " "}])
def test_a_wrong_form_is_shown_again(
    client: Client, alder: Agency, wrong: dict[str, object]
) -> None:
    address = opened(alder)
    before = kept(alder)
    assert client.post(address, fields(**wrong)).status_code == 422
    assert kept(alder) == before


def test_messages_are_taken_and_their_number_is_limited(client: Client, alder: Agency) -> None:
    opened(alder)
    with scope(alder.pk):
        taken = make_taken(alder)
    address = reverse("public_request_message", args=["alder", taken.token])
    answers = [client.post(address, {"text": f"{SCRIPT} {n}"}).status_code for n in range(22)]
    assert answers == [302] * 20 + [422] * 2
    page = client.get(reverse("public_request", args=["alder", taken.token]))
    assert SCRIPT not in page.content.decode()


def test_a_page_needs_something_to_say_and_the_version_that_was_seen(alder: Agency) -> None:
    with scope(alder.pk):
        admin = make_actor(alder.pk, "adm", Role.ADMIN)
        empty = save_texts(actor=admin, seen=0, texts={"en": {"policy": "Only this"}})
        for seen, code in ((1, "public_page_empty"), (0, "public_page_stale")):
            with pytest.raises(Fault) as fault:
                switch_page(actor=admin, seen=seen, on=True)
            assert fault.value.code == code
        assert latest_page() == empty
        with pytest.raises(Fault):
            save_texts(actor=admin, seen=1, texts={"en": {"policy": " Only this "}})


def test_reports_are_linked_once_there_are_some(
    alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oversight.public_access.PUBLISHED", [])
    assert PUBLISHED is not None
    assert transparency_address(alder) == ""
    monkeypatch.setattr("oversight.public_access.PUBLISHED", [lambda: True])
    monkeypatch.setattr("oversight.public_access.reverse", lambda name, args: f"/{name}/{args[0]}")
    assert transparency_address(alder) == "/public_transparency/alder"
