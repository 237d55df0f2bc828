"""Forms of the pages. What they check again, the services and the database check too."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.licensing import Terms
from accounts.purposes import Purpose
from searches.faults import Fault
from searches.grant_queries import Grant
from searches.models import Basis, CaptureKind, Gallery, GalleryGrant, SourceRegister
from searches.models.search import DEFAULT_LIMIT, MAX_LIMIT, MIN_LIMIT
from searches.services.capture import MAX_TEXT, Capture
from searches.services.enrolment import MAX_REFERENCE
from searches.services.grounds import MAX_REFERENCE as MAX_REFERENCE_OF_AUTHORIZATION
from searches.services.grounds import MAX_WORDS, Grounds

ACCEPTED_FILES = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/tiff,image/bmp"


class OnceForm(forms.Form):
    """A form that may be sent twice by a double click and counts once."""

    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"submission_key": uuid.uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class PictureField(forms.FileField):
    """A picture; its content is judged by searches.images, not by its name or type."""

    widget = forms.FileInput(attrs={"accept": ACCEPTED_FILES})

    def __init__(self, **kwargs: Any) -> None:
        # An empty file goes through: searches.images answers it with a code of its own.
        super().__init__(allow_empty_file=True, **kwargs)


class ProbeForm(OnceForm):
    picture = PictureField(
        label=_("Picture"),
        help_text=_("A still picture of the person: JPEG, PNG, WebP, HEIC, TIFF or BMP."),
    )
    captured_on = forms.DateField(
        label=_("Taken on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "The day the picture was taken. If it is not known, give the first day it can have"
            " been, and say so under the place."
        ),
    )
    capture_kind = forms.ChoiceField(
        label=_("Taken by"), choices=[("", _("Choose")), *CaptureKind.choices]
    )
    capture_place = forms.CharField(
        label=_("Where"),
        max_length=MAX_TEXT,
        help_text=_(
            "Such as “Entrance of the bank, 12 Harbour Street”. Stored so that only your agency can"
            " read it."
        ),
    )
    capture_device = forms.CharField(
        label=_("Device"),
        max_length=MAX_TEXT,
        required=False,
        help_text=_("Such as the number of the camera, the make of the phone or the account."),
    )

    def capture(self) -> Capture:
        values = self.cleaned_data
        return Capture(
            captured_on=values["captured_on"],
            kind=values["capture_kind"],
            place=values["capture_place"],
            device=values["capture_device"],
        )


class SearchForm(OnceForm):
    face = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    galleries: "forms.ModelMultipleChoiceField[Gallery]" = forms.ModelMultipleChoiceField(
        queryset=None,
        label=_("Galleries"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    # Of other agencies' galleries, by which they grant search.
    grants = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        error_messages={"required": _("Say what the search is for.")},
        help_text=_("The license grants these purposes and no others."),
    )
    basis = forms.ChoiceField(
        label=_("Legal basis"),
        choices=Basis.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a legal basis.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why this face has to be searched for. Supervisors and auditors read it."),
        error_messages={"required": _("Say why this face is searched for.")},
    )
    facts = forms.CharField(
        label=_("Facts"),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "For an initial identification: the objective facts that tie the person in the picture"
            " to the case."
        ),
    )
    reference = forms.CharField(
        label=_("Reference of the authorization"),
        required=False,
        max_length=MAX_REFERENCE_OF_AUTHORIZATION,
        help_text=_("When it was authorized elsewhere: who authorized it and under which number."),
    )
    document = forms.FileField(
        label=_("Document of the authorization"),
        required=False,
        allow_empty_file=True,
        help_text=_("PDF, JPEG or PNG."),
    )
    limit = forms.IntegerField(
        label=_("Candidates at most"),
        min_value=MIN_LIMIT,
        max_value=MAX_LIMIT,
        initial=DEFAULT_LIMIT,
        help_text=_("2 to 50. Every candidate has to be examined."),
    )

    def __init__(
        self, terms: Terms | None, granted: Sequence[Grant], *args: Any, **kwargs: Any
    ) -> None:
        """Offers what the license and other agencies grant; without a license, no purpose."""
        super().__init__(*args, **kwargs)
        self.granted_galleries = granted
        lent = cast(forms.MultipleChoiceField, self.fields["grants"])
        lent.choices = [(str(one.row.pk), one.gallery) for one in granted]
        choice = cast("forms.ModelMultipleChoiceField[Gallery]", self.fields["galleries"])
        choice.queryset = Gallery.objects.select_related("contract")
        purposes: frozenset[str] = frozenset()
        if terms is not None:
            purposes = terms.purposes
            choice.queryset = choice.queryset.filter(source_kind__in=terms.source_kinds)
            if terms.galleries is not None:
                choice.queryset = choice.queryset.filter(pk__in=terms.galleries)
        offered = [(value, label) for value, label in Purpose.choices if value in purposes]
        purpose = cast(forms.ChoiceField, self.fields["purpose"])
        purpose.choices = offered if len(offered) == 1 else [("", _("Choose")), *offered]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("galleries") and not values.get("grants"):
            shown = "galleries" if self.offered_galleries().exists() else "grants"
            self.add_error(shown, Fault("no_gallery").as_validation_error())
        return values

    def chosen_grants(self) -> list[GalleryGrant]:
        chosen = set(self.cleaned_data["grants"])
        return [one.row for one in self.granted_galleries if str(one.row.pk) in chosen]

    @property
    def shared_rows(self) -> list[tuple[Any, Grant]]:
        """The boxes of other agencies' galleries with what is granted."""
        return list(zip(self["grants"], self.granted_galleries, strict=True))

    def grounds(self) -> Grounds:
        """What was stated; the service says what is missing."""
        values, document = self.cleaned_data, self.cleaned_data["document"]
        return Grounds(
            purpose=values["purpose"],
            basis=values["basis"],
            reason=values["reason"],
            facts=values["facts"],
            reference=values["reference"],
            document=document.read() if document else b"",
        )

    def offered_galleries(self) -> "QuerySet[Gallery]":
        choice = cast("forms.ModelMultipleChoiceField[Gallery]", self.fields["galleries"])
        return cast("QuerySet[Gallery]", choice.queryset)

    def has_several_engines(self) -> bool:
        """Whether not all of the galleries can be searched at once."""
        contracts = self.offered_galleries().exclude(contract=None).order_by()
        return contracts.values("contract").distinct().count() > 1


class EnrolForm(OnceForm):
    reference = forms.CharField(
        label=_("Subject reference"),
        max_length=MAX_REFERENCE,
        help_text=_("Your agency's own reference for the person; no name is needed."),
    )
    picture = PictureField(label=_("Picture"), help_text=_("One face, seen from the front."))
    collected_on = forms.DateField(
        label=_("Collected on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("When the register took or received the picture."),
    )
    register: "forms.ModelChoiceField[SourceRegister]" = forms.ModelChoiceField(
        queryset=None,
        label=_("Source register"),
        empty_label=None,
        help_text=_("It says on what legal basis the agency holds the picture, and for how long."),
    )

    def __init__(self, gallery: Gallery, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[SourceRegister]", self.fields["register"])
        choice.queryset = SourceRegister.objects.filter(
            galleries__gallery=gallery, galleries__removed_at=None, retired_at=None
        )

    def clean_collected_on(self) -> Any:
        collected_on = self.cleaned_data["collected_on"]
        if collected_on > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."), code="future_date")
        return collected_on
