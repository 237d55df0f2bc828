"""Filters of the list of licenses."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.licensing import LicenseState


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in LicenseState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class ExpiringFilter(admin.SimpleListFilter):
    """Licenses in use whose last day comes within so many days."""

    title = _("expiring")
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(days), _("in %(n)s days") % {"n": days}) for days in (30, 60, 90)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("30", "60", "90"):
            return queryset
        last = timezone.now().date() + timedelta(days=int(str(self.value())))
        in_use = (LicenseState.ACTIVE, LicenseState.GRACE, LicenseState.SUSPENDED)
        return queryset.filter(state__in=in_use, ends_on__lte=last)
