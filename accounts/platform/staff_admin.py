"""The platform's staff on its pages; people of agencies are not shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanWidget

from accounts.faults import Fault
from accounts.models import User
from accounts.platform.base import PlatformAdmin, actor_in
from accounts.services.locking import release_from_platform
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

    release = forms.BooleanField(
        label=_("Let this person log in again"),
        required=False,
        help_text=_("Ask them first whether it was them who failed to log in."),
        widget=UnfoldBooleanWidget,
    )

    class Meta:
        model = User
        fields = ["name", "is_active"]

    def clean_is_active(self) -> bool:
        if self.instance.pk == self.actor_id and not self.cleaned_data["is_active"]:
            fault = Fault("own_account")
            raise ValidationError(fault.message, fault.code)
        return bool(self.cleaned_data["is_active"])

    def clean_release(self) -> bool:
        if self.instance.pk == self.actor_id and self.cleaned_data["release"]:
            raise Fault("own_lock").as_validation_error()
        return bool(self.cleaned_data["release"])


class StaffAdmin(PlatformAdmin):
    """All staff may see who else there is; only superusers add or change."""

    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    facts = ["email", "log_in", "is_superuser", "last_login", "date_joined"]

    @admin.display(description=_("Log-in"))
    def log_in(self, obj: User) -> str:
        words = {"locked": _("locked after failures"), "unused": _("disabled: unused")}
        return str(words.get(obj.login_state, _("possible")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.filter(is_staff=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if obj is None:
            return ["email", "name", "password"]
        offered = ["release"] if obj.login_state else []
        return ["name", "is_active", *offered, *self.facts]

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
            if values["release"] and obj.login_state:
                release_from_platform(actor=actor, user=obj)
            return
        made = add_staff(actor=actor, **values)
        obj.__dict__.update(made.__dict__)
