"""Lists are narrowed and ordered by parameters of the address; a wrong one is 400, not ignored."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as django_filters
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.faults import Fault
from accounts.rest.problems import Problem


class YesNoField(forms.NullBooleanField):
    """true or false; Django's own takes everything else for "not asked"."""

    widget = forms.TextInput
    words: ClassVar = {"true": True, "false": False}

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        if value not in self.words:
            raise forms.ValidationError(_("Write true or false."), "invalid")
        found: bool = self.words[value]
        return found


class YesNoFilter(django_filters.BooleanFilter):
    field_class = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "widget": forms.TextInput})


class Filters(django_filters.DjangoFilterBackend):
    """The `filterset_class` of a view."""

    raise_exception = False

    def filter_queryset(self, request: Any, queryset: Any, view: APIView) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        self._require_values(request, filterset)
        if not filterset.is_valid():
            wrong = [
                {"field": name, "code": "invalid", "detail": " ".join(map(str, errors))}
                for name, errors in filterset.errors.items()
            ]
            raise Problem(400, Fault("query_invalid"), errors=wrong)
        _in_utc(filterset.form.cleaned_data)
        return filterset.qs

    def _require_values(self, request: Any, filterset: Any) -> None:
        """Only a text may be empty: Django takes an empty choice or day for "not asked"."""
        for name, one in filterset.base_filters.items():
            is_text = isinstance(one, django_filters.CharFilter)
            if not is_text and "" in request.query_params.getlist(name):
                raise Problem(400, Fault("query_invalid"), parameter=name)


def _in_utc(values: dict[str, Any]) -> None:
    """PostgreSQL takes no offset beyond 16 hours, Python up to 24. Raises Problem (400)."""
    for name, value in values.items():
        if isinstance(value, datetime):
            try:
                values[name] = value.astimezone(UTC)
            except OverflowError as error:
                raise Problem(400, Fault("query_invalid"), parameter=name) from error


class Ordering(OrderingFilter):
    """`?ordering=`: one of the view's `ordering_fields`, with a minus for the other direction."""

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...] | None:
        """That field, then the primary key, so that the order is one and the same every time."""
        allowed = getattr(view, "ordering_fields", None) or ()
        asked = request.query_params.get(self.ordering_param)
        if asked is None:
            default = self.get_default_ordering(view)
            return tuple(default) if default else None
        if asked.removeprefix("-") not in allowed:
            raise Problem(400, Fault("query_invalid"), parameter=self.ordering_param)
        return (asked, "-pk" if asked.startswith("-") else "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The fields, and each with a minus."""
        allowed = [
            sign + name for name in getattr(view, "ordering_fields", ()) for sign in ("", "-")
        ]
        if not allowed:
            return []
        schema = {"type": "string", "enum": allowed}
        return [{"name": self.ordering_param, "in": "query", "required": False, "schema": schema}]
