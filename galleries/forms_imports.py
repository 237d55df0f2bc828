"""The form that opens an import. What it checks again, the service checks too."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from galleries.models import ImportKind
from galleries.services.imports.opening import ImportWish
from searches.forms import OnceForm
from searches.models import Gallery, SourceRegister


class ArchiveField(forms.FileField):
    """Needed, but with a script it comes afterwards: the form says so when neither is there."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return None if data is None else super().clean(data, initial)


class ImportForm(OnceForm):
    """With a script the archive comes in parts afterwards, and only its name and size here."""

    register: "forms.ModelChoiceField[SourceRegister]" = forms.ModelChoiceField(
        queryset=None,
        label=_("Source register"),
        empty_label=None,
        help_text=_("Every picture belongs to it, unless a manifest names another one."),
    )
    collected_on = forms.DateField(
        label=_("Collected on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("When the register took or received the pictures, unless a manifest says it."),
    )
    archive = ArchiveField(
        label=_("ZIP file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        help_text=_("A folder in it is a subject; a picture in no folder is a subject of its own."),
    )
    manifest = forms.FileField(
        label=_("Manifest"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.jsonl"}),
        help_text=_(
            "CSV or JSON Lines with the columns subject and file, and if you like register,"
            " collected_on and expires_on. It may also lie in the ZIP file as manifest.csv or"
            " manifest.jsonl."
        ),
    )
    archive_name = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    archive_size = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, gallery: Gallery, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[SourceRegister]", self.fields["register"])
        choice.queryset = SourceRegister.objects.filter(galleries__gallery=gallery, retired_at=None)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        archive: UploadedFile[Any] | None = values.get("archive")
        if archive is None and not values.get("archive_size"):
            self.add_error("archive", forms.ValidationError(_("Choose a ZIP file."), "required"))
        elif archive is not None and (archive.size or 0) > settings.UPLOAD_MAX_BYTES:
            problem = _("Without JavaScript a file of at most %(limit)d MB can be sent.")
            details = {"limit": settings.UPLOAD_MAX_BYTES // 2**20}
            self.add_error("archive", forms.ValidationError(problem, "archive_too_large", details))
        return values

    def archive_bytes(self) -> bytes | None:
        """The whole archive, when the form brought it."""
        archive: UploadedFile[Any] | None = self.cleaned_data["archive"]
        return None if archive is None else archive.read()

    def wish(self) -> ImportWish:
        values = self.cleaned_data
        archive: UploadedFile[Any] | None = values["archive"]
        manifest: UploadedFile[Any] | None = values["manifest"]
        sent = (values["archive_name"], values["archive_size"] or 0)
        name, size = sent if archive is None else (archive.name, archive.size)
        return ImportWish(
            register=values["register"],
            collected_on=values["collected_on"],
            name=name or "",
            size=size or 0,
            kind=ImportKind.ZIP,
            manifest=b"" if manifest is None else manifest.read(),
            manifest_name="" if manifest is None else manifest.name or "",
        )
