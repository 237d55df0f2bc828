"""Forms of tokens and certificates; the services check everything again."""

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.faults import Fault
from accounts.labels import permission_label
from accounts.models import Membership, TrainingCertificate, User
from accounts.permissions import Permission
from accounts.services.training import CertificateFacts, media_type_of

DEFAULT_TOKEN_DAYS = 90


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What it is for, such as the program that will use it."),
    )
    permissions = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one permission for the token.")},
    )
    days = forms.IntegerField(label=_("Days until it expires"), min_value=1)

    def __init__(
        self, permissions: Collection[Permission], most_days: int, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.MultipleChoiceField, self.fields["permissions"])
        choice.choices = [(str(p), permission_label(p)) for p in Permission if p in permissions]
        days = self.fields["days"]
        days.initial = min(DEFAULT_TOKEN_DAYS, most_days)
        days.validators.append(MaxValueValidator(most_days))
        days.widget.attrs["max"] = most_days
        days.help_text = _("1 to %(most)s.") % {"most": most_days}


class CertificateForm(forms.ModelForm[TrainingCertificate]):
    user: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(queryset=None, label=_("Person"))
    evidence = forms.FileField(
        label=_("Certificate as a file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
        help_text=_("PDF, JPEG or PNG, at most 10 MB. It is stored encrypted."),
    )

    class Meta:
        model = TrainingCertificate
        fields = ["user", "activity", "title", "issuer", "issued_on", "valid_until"]
        widgets = {
            "issued_on": forms.DateInput(attrs={"type": "date"}),
            "valid_until": forms.DateInput(attrs={"type": "date"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(deactivated_at=None).values("user")
        choice = cast("forms.ModelChoiceField[User]", self.fields["user"])
        choice.queryset = User.objects.filter(pk__in=members).order_by("name", "pk")

    def clean_evidence(self) -> bytes:
        data: bytes = self.cleaned_data["evidence"].read()
        try:
            media_type_of(data)
        except Fault as fault:
            raise fault.as_validation_error() from fault
        return data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("issued_on"), cleaned.get("valid_until")
        if start and end and end < start:
            error = Fault("certificate_ends_early").as_validation_error()
            self.add_error("valid_until", error)
        return cleaned

    def facts(self) -> CertificateFacts:
        names = ("activity", "title", "issuer", "issued_on", "valid_until")
        return CertificateFacts(**{name: self.cleaned_data[name] for name in names})


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"]).strip()
        if not reason:
            raise ValidationError(Fault("reason_missing").message, "reason_missing")
        return reason
