"""The agency's license: what counts now, and every version that was signed."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.license_documents import KIND
from accounts.licensing import (
    LicenseState,
    current_terms,
    licenses_of,
    local_day,
    state_at,
    version_at,
)
from accounts.models import Agency, License, LicenseActKind, LicenseVersion
from accounts.permissions import Permission
from accounts.purposes import Purpose, SourceKind
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from portal.signing import public_key_text

LIMIT: dict[str, Any] = {"allow_null": True, "help_text": "null: no limit"}


class LicenseVersionSerializer(serializers.Serializer[Any]):
    """The terms of a license from `effective_on` on."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    effective_on = serializers.DateField()
    change_note = serializers.CharField()
    purchase_order = serializers.CharField()
    contract_number = serializers.CharField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
    signed_on = serializers.DateField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    grace_days = serializers.IntegerField()
    seats = serializers.IntegerField(**LIMIT)
    searches_per_month = serializers.IntegerField(**LIMIT)
    searches_per_term = serializers.IntegerField(**LIMIT)
    faces = serializers.IntegerField(**LIMIT)
    overage_allowed = serializers.BooleanField()
    overage_unit_price = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)
    overage_cap = serializers.IntegerField(allow_null=True)
    impact_assessment_id = serializers.CharField()
    registration_id = serializers.CharField()
    purposes = serializers.ListField(child=serializers.ChoiceField(choices=Purpose.choices))
    source_kinds = serializers.ListField(child=serializers.ChoiceField(choices=SourceKind.choices))
    galleries = serializers.ListField(
        child=serializers.UUIDField(), allow_null=True, help_text="null: every gallery"
    )


class LicenseActSerializer(serializers.Serializer[Any]):
    act = serializers.ChoiceField(source="kind", choices=LicenseActKind.choices)
    effective_at = serializers.DateTimeField()
    reason = serializers.CharField()


class OneLicenseSerializer(serializers.Serializer[Any]):
    """`in_effect` is the number of the version that counts today."""

    number = serializers.CharField()
    trial = serializers.BooleanField()
    state = serializers.ChoiceField(choices=LicenseState.choices)
    in_effect = serializers.IntegerField(allow_null=True)
    versions = LicenseVersionSerializer(many=True)
    acts = LicenseActSerializer(many=True)


class LicensesSerializer(SparseSerializer):
    """`code` is empty while the agency may work, and else says why it may not."""

    code = serializers.CharField()
    number = serializers.CharField(allow_null=True, help_text="of the license that counts")
    licenses = OneLicenseSerializer(many=True)


class SignedVersionSerializer(SparseSerializer):
    """What docs/licenses.md says how to verify."""

    kind = serializers.CharField()
    document = serializers.JSONField()
    signature = serializers.CharField()
    key_id = serializers.CharField()
    public_key = serializers.CharField()


class LicenseView(AgencyApiView):
    """The license that counts now, and all that were signed for the agency."""

    requires = {"get": Permission.VIEW_LICENSE}
    serializer_class = LicensesSerializer

    @extend_schema(operation_id="license", tags=["license"])
    def get(self, request: Request) -> Response:
        terms = current_terms(self.agency.pk, timezone.now())
        state = "missing" if terms is None else terms.state.value
        found = [_shown(one, self.agency) for one in licenses_of(self.agency.pk)]
        answer = {
            "code": "" if terms is not None and terms.usable else f"license_{state}",
            "number": None if terms is None else terms.number,
            "licenses": [one for one in found if one["versions"]],
        }
        return self.told(answer)


class SignedVersion(AgencyApiView):
    """One version as it was signed, with the signature and the platform's public key."""

    requires = {"get": Permission.VIEW_LICENSE}
    serializer_class = SignedVersionSerializer

    @extend_schema(operation_id="license_version", tags=["license"])
    def get(self, request: Request, pk: int) -> Response:
        version = get_object_or_404(LicenseVersion, pk=pk, agency_id=self.actor.agency)
        if not version.is_signed:
            raise Http404
        names = ("document", "signature", "key_id")
        signed = {name: getattr(version, name) for name in names}
        return self.told({"kind": KIND, "public_key": public_key_text(), **signed})


def _shown(one: License, agency: Agency) -> dict[str, Any]:
    now, zone = timezone.now(), agency.time_zone
    version = version_at(one.versions.all(), local_day(now, zone))
    signed = [each for each in one.versions.all() if each.is_signed]
    return {
        "number": one.number,
        "trial": one.trial,
        "state": state_at(one.acts.all(), version, now, zone),
        "in_effect": None if version is None else version.version,
        "versions": sorted(signed, key=lambda each: -each.version),
        "acts": [act for act in one.acts.all() if act.effective_at <= now],
    }
