"""What an agency tells the public, and whether it does: a version for every change."""

from collections.abc import Mapping

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.services.seats import lock_agency
from oversight.faults import Fault
from oversight.models import PublicPage
from oversight.models.public_page import LANGUAGES, MOST_TEXT, TEXTS
from portal.audit.actions import Action
from portal.audit.recorder import record

Texts = Mapping[str, Mapping[str, str]]


def latest_page() -> PublicPage | None:
    """The version that counts in the agency of the scope."""
    return PublicPage.objects.first()


@transaction.atomic
def save_texts(*, actor: Actor, seen: int, texts: Texts) -> PublicPage:
    """Add a version with these texts; an open page shows them at once. Raises Fault.

    `seen` is the version that the person looked at (0: none).
    """
    actor.require(Permission.MANAGE_PUBLIC_PAGE)
    before = _locked(actor, seen)
    cleaned = _cleaned(texts)
    old = before.texts if before else {}
    changed = [
        f"{language}.{name}"
        for language in LANGUAGES
        for name in TEXTS
        if cleaned[language].get(name, "") != old.get(language, {}).get(name, "")
    ]
    if not changed:
        raise Fault("public_page_unchanged")
    is_open = before is not None and before.is_open
    if is_open:
        _require_enough(cleaned)
    row = _add(actor, seen, is_open, cleaned)
    record(actor, Action.PUBLIC_PAGE_CHANGED, row, {"version": row.number, "fields": changed})
    return row


@transaction.atomic
def switch_page(*, actor: Actor, seen: int, on: bool) -> PublicPage:
    """Open the page to everybody, or take it away. Raises Fault."""
    actor.require(Permission.MANAGE_PUBLIC_PAGE)
    before = _locked(actor, seen)
    if before is None:
        raise Fault("public_page_empty")
    if before.is_open == on:
        raise Fault("public_page_unchanged")
    if on:
        _require_enough(before.texts)
    row = _add(actor, seen, on, before.texts)
    action = Action.PUBLIC_PAGE_OPENED if on else Action.PUBLIC_PAGE_CLOSED
    record(actor, action, row, {"version": row.number})
    return row


def _locked(actor: Actor, seen: int) -> PublicPage | None:
    lock_agency(actor.agency)
    before = latest_page()
    if seen != (before.number if before else 0):
        raise Fault("public_page_stale")
    return before


def _cleaned(texts: Texts) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        given = texts.get(language, {})
        tidy = {name: given.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
        if any(len(text) > MOST_TEXT for text in tidy.values()):
            raise Fault("public_page_text_too_long")
        found[language] = {name: text for name, text in tidy.items() if text}
    return found


def _require_enough(texts: Texts) -> None:
    """A page that tells nobody what is done and whom to ask is no page."""
    for language in LANGUAGES:
        given = texts.get(language, {})
        if given.get("policy") and (given.get("contact") or given.get("postal_address")):
            return
    raise Fault("public_page_empty")


def _add(actor: Actor, seen: int, is_open: bool, texts: Texts) -> PublicPage:
    return PublicPage.objects.create(
        number=seen + 1,
        is_open=is_open,
        texts=texts,
        made_by_id=actor.user_id,
        made_by_label=actor.label,
    )
