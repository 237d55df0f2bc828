"""Parts of requests and answers that several addresses of galleries have."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from galleries.services.sources import RegisterTerms
from searches.models import SourceRegister


class RegisterField(serializers.CharField):
    """A source register, by its id or its name."""

    default_error_messages = {"does_not_exist": _("There is no such register.")}

    def to_internal_value(self, data: Any) -> Any:
        text: str = super().to_internal_value(data)
        found = SourceRegister.objects.filter(**_by(text)).first()
        if found is None:
            self.fail("does_not_exist")
        return found


def _by(text: str) -> dict[str, Any]:
    try:
        return {"pk": UUID(text)}
    except ValueError:
        return {"name": text}


def require_confirmed(confirmed: bool, at_once: int) -> None:
    """Raise ValidationError while pictures would expire at once and nobody has said yes to it."""
    if at_once and not confirmed:
        words = _("Pictures that would expire at once: %(n)d.") % {"n": at_once}
        raise serializers.ValidationError({"confirmed": words}, "not_confirmed")


def terms_of(said: dict[str, Any]) -> RegisterTerms:
    """The terms among what was said of a register."""
    names = ("name", "agreement", "agreement_ends", "retention_days", "purposes")
    return RegisterTerms(**{name: said[name] for name in names})
