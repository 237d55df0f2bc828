"""What programs are told of galleries, and what they say of a new one."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.purposes import SourceKind
from accounts.rest.fields import SparseSerializer
from galleries.api.fields import RegisterField, terms_of
from galleries.api.registers import NewRegisterSerializer
from galleries.services.retention_rules import MOST_DAYS
from galleries.services.sources import NewRegister
from searches.models import Gallery, SourceRegister

OF_OLD = OpenApiExample(
    "From a register that is there",
    {"name": "Arrests", "retention_days": 1095, "register": "Custody register"},
    request_only=True,
)
OF_NEW = OpenApiExample(
    "With a new register",
    {
        "name": "Arrests",
        "new_register": {
            "name": "Custody register",
            "kind": "arrest_photographs",
            "legal_basis": "Police Act s. 1",
        },
    },
    request_only=True,
)


class GallerySerializer(SparseSerializer):
    """A gallery with how much is in it; `engine` is null until the first picture."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    source_kind = serializers.ChoiceField(choices=SourceKind.choices)
    legal_basis = serializers.CharField()
    retention_days = serializers.IntegerField()
    subjects = serializers.IntegerField(source="subject_count")
    images = serializers.IntegerField(source="image_count")
    engine = serializers.SerializerMethodField()
    contract = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by_label")
    created_at = serializers.DateTimeField()

    def get_engine(self, gallery: Gallery) -> str | None:
        return gallery.contract.engine if gallery.contract else None

    def get_contract(self, gallery: Gallery) -> str | None:
        return gallery.contract.contract if gallery.contract else None


class HeldSourceSerializer(serializers.Serializer[Any]):
    """A source, how many pictures are of it, and when they were collected."""

    register = serializers.UUIDField(source="register.pk")
    name = serializers.CharField(source="register.name")
    agreement_ends = serializers.DateField(source="register.agreement_ends", allow_null=True)
    retired_at = serializers.DateTimeField(source="register.retired_at", allow_null=True)
    images = serializers.IntegerField()
    oldest = serializers.DateField(allow_null=True)
    newest = serializers.DateField(allow_null=True)


class YearSerializer(serializers.Serializer[Any]):
    """`share` of all pictures, in percent."""

    year = serializers.IntegerField()
    images = serializers.IntegerField()
    share = serializers.IntegerField()


class ExpirySerializer(serializers.Serializer[Any]):
    """Pictures that expire within `days` and not within the step before; null: later."""

    days = serializers.IntegerField(allow_null=True)
    images = serializers.IntegerField()


class HoldingsSerializer(serializers.Serializer[Any]):
    """`overdue` are pictures that the next run of the retention removes."""

    sources = HeldSourceSerializer(many=True)
    years = YearSerializer(many=True)
    expiries = ExpirySerializer(many=True)
    overdue = serializers.IntegerField()


class OneGallerySerializer(GallerySerializer):
    """`version` is the digest over its live pictures, which a search is sealed with; it has been
    this one since `changed_at`."""

    version = serializers.CharField()
    changed_at = serializers.DateTimeField(allow_null=True)
    holdings = HoldingsSerializer()


class NewGallerySerializer(serializers.Serializer[Any]):
    """The register it is filled from: one that is there (`register`), or `new_register`."""

    name = serializers.CharField(max_length=120)
    retention_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, default=1095
    )
    register = RegisterField(required=False)
    new_register = NewRegisterSerializer(required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two, as `register`."""
        register: SourceRegister | None = said.pop("register", None)
        new: dict[str, Any] | None = said.pop("new_register", None)
        if (register is None) == (new is None):
            words = _("Give either register or new_register.")
            raise serializers.ValidationError({"register": words}, "required")
        described = new and NewRegister(new["kind"], new["legal_basis"], terms_of(new))
        return said | {"register": register or described}


class NewSourceSerializer(serializers.Serializer[Any]):
    register = RegisterField()
