"""The agency's own list of what cases are about, within the closed purposes."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import CaseCategory
from searches.saving import save_unique


@transaction.atomic
def add_category(*, actor: Actor, name: str, purpose: str) -> CaseCategory:
    """A new entry of the list. Raises ValidationError for a name in use or another purpose."""
    actor.require(Permission.MANAGE_CATEGORIES)
    category = CaseCategory(name=name.strip(), purpose=purpose, created_by_label=actor.label)
    category.take_scope()
    save_unique(category)
    record(actor, Action.CASE_CATEGORY_ADDED, category, {"purpose": purpose})
    return category


@transaction.atomic
def rename_category(*, actor: Actor, category: CaseCategory, name: str) -> CaseCategory:
    """Another name for the same, also on the cases it has. Raises ValidationError."""
    actor.require(Permission.MANAGE_CATEGORIES)
    locked = CaseCategory.objects.select_for_update().get(pk=category.pk)
    if locked.name == name.strip():
        return locked
    locked.name = name.strip()
    locked.full_clean()
    try:
        with transaction.atomic():
            locked.save(update_fields=["name"])
    except IntegrityError:
        locked.full_clean()  # somebody else was quicker; this says so
        raise
    record(actor, Action.CASE_CATEGORY_RENAMED, locked)
    return locked


@transaction.atomic
def retire_category(*, actor: Actor, category: CaseCategory) -> CaseCategory:
    """Open no further case by it; those it has keep it."""
    actor.require(Permission.MANAGE_CATEGORIES)
    locked = CaseCategory.objects.select_for_update().get(pk=category.pk)
    if locked.retired_at is None:
        locked.retired_at = timezone.now()
        locked.save(update_fields=["retired_at"])
        record(actor, Action.CASE_CATEGORY_RETIRED, locked)
    return locked


@transaction.atomic
def restore_category(*, actor: Actor, category: CaseCategory) -> CaseCategory:
    """Take a retired one into use again."""
    actor.require(Permission.MANAGE_CATEGORIES)
    locked = CaseCategory.objects.select_for_update().get(pk=category.pk)
    if locked.retired_at is not None:
        locked.retired_at = None
        locked.save(update_fields=["retired_at"])
        record(actor, Action.CASE_CATEGORY_RESTORED, locked)
    return locked
