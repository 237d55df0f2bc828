"""Forms about registers and galleries. What they check again, services and database check too."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.purposes import Purpose, SourceKind
from galleries.services.sources import NewRegister, RegisterTerms
from searches.models import Gallery, SourceRegister

KINDS = [("", _("Choose")), *SourceKind.choices]


def _purposes() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Permitted purposes"),
        choices=Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("A register permits at least one purpose.")},
        help_text=_(
            "What its pictures may be searched for. A search for another purpose leaves out every"
            " gallery that has a picture of it."
        ),
    )


def _agreement_ends() -> forms.DateField:
    return forms.DateField(
        label=_("Agreement ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day on which pictures may be enrolled under it."),
    )


class RegisterTermsForm(forms.ModelForm[SourceRegister]):
    """What of a register may change."""

    agreement_ends = _agreement_ends()
    purposes = _purposes()
    confirmed = forms.BooleanField(
        label=_("Pictures that are older than the retention may go with the next run"),
        required=False,
    )
    field_order: Sequence[str] = (
        "name",
        "agreement",
        "agreement_ends",
        "retention_days",
        "confirmed",
        "purposes",
    )

    class Meta:
        model = SourceRegister
        fields: Sequence[str] = ("name", "agreement", "retention_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row: SourceRegister | None = kwargs.get("instance")
        usual = (
            {"purposes": row.purposes, "agreement_ends": row.agreement_ends}
            if row
            else {"purposes": Purpose.values}
        )
        super().__init__(*args, **{**kwargs, "initial": usual | (kwargs.get("initial") or {})})

    def terms(self) -> RegisterTerms:
        values = self.cleaned_data
        return RegisterTerms(
            name=values["name"],
            agreement=values["agreement"],
            agreement_ends=values["agreement_ends"],
            retention_days=values["retention_days"],
            purposes=values["purposes"],
        )


class RegisterForm(RegisterTermsForm):
    """A new register, with what never changes afterwards."""

    field_order = (
        "name",
        "kind",
        "legal_basis",
        "agreement",
        "agreement_ends",
        "retention_days",
        "purposes",
    )

    class Meta(RegisterTermsForm.Meta):
        fields = ("name", "kind", "legal_basis", "agreement", "retention_days")
        help_texts = {
            "name": _("For example the custody register."),
            "kind": _("A license grants some kinds of register. The kind never changes."),
            "legal_basis": _(
                "The law, order or consent under which the agency holds the pictures. It never"
                " changes; another basis is another register."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["kind"]).choices = KINDS
        del self.fields["confirmed"]  # no picture is of it yet


class RegisterChoice(forms.ModelChoiceField[SourceRegister]):
    """Registers with the kind that a gallery gets from them."""

    def label_from_instance(self, register: Any) -> str:
        return f"{register.name} ({register.get_kind_display()})"


class GalleryForm(forms.Form):
    """A gallery, and the register it is filled from: one that is there, or a new one."""

    name = forms.CharField(label=_("Name of the gallery"), max_length=120)
    retention_days = forms.IntegerField(
        label=_("Retention in the gallery, in days"),
        initial=1095,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
        help_text=_(
            "A picture expires at the latest this many days after its enrolment, or earlier by the"
            " rule of its register."
        ),
    )
    register = RegisterChoice(
        queryset=None,
        label=_("Register of your agency"),
        required=False,
        empty_label=_("A new register, described below"),
    )
    source = forms.CharField(
        label=_("Name of the register"),
        max_length=200,
        help_text=_("For example the custody register."),
    )
    source_kind = forms.ChoiceField(
        label=_("Kind of source"),
        choices=KINDS,
        help_text=_("A license grants some kinds of register. The kind never changes."),
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=300,
        help_text=_(
            "The law, order or consent under which the agency holds the pictures. It never"
            " changes; another basis is another register."
        ),
    )
    agreement = forms.CharField(
        label=_("agreement"),
        max_length=300,
        required=False,
        help_text=_("Reference of the agreement with whoever keeps the register, if there is one."),
    )
    agreement_ends = _agreement_ends()
    purposes = _purposes()

    OF_GALLERY = ("name", "retention_days")
    NEEDED = ("source", "source_kind", "legal_basis", "purposes")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"purposes": Purpose.values})
        choice = cast(RegisterChoice, self.fields["register"])
        choice.queryset = SourceRegister.objects.filter(retired_at=None)
        if not choice.queryset.exists():
            del self.fields["register"]
        # A new register is described in full; beside one that is chosen nothing else counts.
        chosen = bool(data and data.get("register"))
        for name in self.NEEDED:
            self.fields[name].required = not chosen

    def of_gallery(self) -> list[forms.BoundField]:
        return [self[name] for name in self.OF_GALLERY]

    def of_register(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in (*self.OF_GALLERY, "register")]

    def chosen(self) -> SourceRegister | NewRegister:
        values = self.cleaned_data
        register: SourceRegister | None = values.get("register")
        if register is not None:
            return register
        terms = RegisterTerms(
            name=values["source"],
            agreement=values["agreement"],
            agreement_ends=values["agreement_ends"],
            retention_days=values["retention_days"],
            purposes=values["purposes"],
        )
        return NewRegister(values["source_kind"], values["legal_basis"], terms)


class SourceForm(forms.Form):
    """A register of the gallery's kind that is none of its sources."""

    register = RegisterChoice(queryset=None, label=_("Register"), empty_label=_("Choose"))

    def __init__(self, gallery: Gallery, data: Any = None) -> None:
        super().__init__(data)
        held = gallery.sources.filter(removed_at=None).values("register")
        others = SourceRegister.objects.filter(kind=gallery.source_kind, retired_at=None)
        cast(RegisterChoice, self.fields["register"]).queryset = others.exclude(pk__in=held)
