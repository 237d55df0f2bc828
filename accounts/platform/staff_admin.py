"""The platform's staff on its pages; people of agencies are not shown."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts.faults import Fault
from accounts.models import User
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.staff import add_staff, change_staff


class NewStaffForm(forms.ModelForm[User]):
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


class StaffForm(forms.ModelForm[User]):
    actor_id: int | None = None

    class Meta:
        model = User
        fields = ["name", "is_active"]

    def clean_is_active(self) -> bool:
        if self.instance.pk == self.actor_id and not self.cleaned_data["is_active"]:
            fault = Fault("own_account")
            raise ValidationError(fault.message, fault.code)
        return bool(self.cleaned_data["is_active"])


class StaffAdmin(PlatformAdmin):
    """All staff may see who else there is; only superusers add or change."""

    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    facts = ["email", "is_superuser", "last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.filter(is_staff=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["name", "is_active", *self.facts] if obj else ["email", "name", "password"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return self.facts if obj else []

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = StaffForm if change else NewStaffForm
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor_id = actor_in(request).user_id
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        actor, values = actor_in(request), form.cleaned_data
        if change:
            name, is_active = values["name"], values["is_active"]
            change_staff(actor=actor, user=obj, name=name, is_active=is_active)
            return
        made = add_staff(actor=actor, **values)
        obj.__dict__.update(made.__dict__)
