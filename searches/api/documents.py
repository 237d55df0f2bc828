"""What may be saved of a search: report, disclosure bundle, the warrant, the receipt."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.faults import Fault as AccountFault
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.media import FileNegotiation
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from portal.storage import MissingFile
from searches.access import search_for
from searches.api.conclusions import NOT_TOLD
from searches.documents.report import LANGUAGES
from searches.faults import Fault
from searches.receipts import receipt_of
from searches.services.disclosing import make_bundle, make_report
from searches.services.warrants import ENDINGS, view_document
from searches.views.documents import HEADERS


def _saved(name: str) -> dict[str, str]:
    return HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}


class Report(AgencyApiView):
    """The report of a concluded search as a PDF; that it was made is recorded."""

    requires = {"get": Permission.VIEW_CANDIDATES}
    parameters = frozenset({"lang"})
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="report_get",
        tags=["documents"],
        parameters=[OpenApiParameter("lang", str, enum=LANGUAGES)],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **NOT_TOLD},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """`lang` is its language, else the one of Accept-Language."""
        search = search_for(self.actor, pk)
        language = self._language()
        try:
            data = make_report(actor=self.actor, search=search, language=language)
        except Fault as fault:
            raise Problem(409, fault) from fault
        headers = _saved(f"report-{search.pk}-{language}.pdf")
        return HttpResponse(data, content_type="application/pdf", headers=headers)

    def _language(self) -> str:
        asked = self.request.query_params.get("lang")
        if asked is not None and asked not in LANGUAGES:
            raise Problem(400, AccountFault("query_invalid"), parameter="lang")
        found = asked or get_language() or ""
        return found if found in LANGUAGES else LANGUAGES[0]


class Bundle(AgencyApiView):
    """The disclosure bundle of a concluded search, signed; the record keeps its SHA-256."""

    requires = {"get": Permission.DISCLOSE}
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="bundle_get",
        tags=["documents"],
        responses={(200, "application/zip"): OpenApiTypes.BINARY, **NOT_TOLD},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        search = search_for(self.actor, pk)
        try:
            data = make_bundle(actor=self.actor, search=search)
        except Fault as fault:
            raise Problem(409, fault) from fault
        name = f"disclosure-{search.pk}.zip"
        return FileResponse(
            data, as_attachment=True, filename=name, content_type="application/zip", headers=HEADERS
        )


class Document(AgencyApiView):
    """The document of an authorization that was given elsewhere; that it was read is recorded."""

    requires = {"get": Permission.VIEW_CASES}
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="document_get",
        tags=["documents"],
        responses={
            (200, kind): OpenApiResponse(OpenApiTypes.BINARY, "As it was handed in")
            for kind in ENDINGS
        },
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        search = search_for(self.actor, pk)
        try:
            data = view_document(actor=self.actor, search=search)
        except MissingFile as error:
            raise Http404 from error
        headers = _saved(f"authorization-{str(pk)[:8]}.{ENDINGS[search.document_type]}")
        return HttpResponse(data, content_type=search.document_type, headers=headers)


class SignatureSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    key_id = serializers.CharField()
    value = serializers.CharField()


class SearchReceiptSerializer(SparseSerializer):
    """What this installation signed; it names digests and no content."""

    document = serializers.DictField()
    signature = SignatureSerializer()
    public_key = serializers.CharField()


class Receipt(AgencyApiView):
    """The proof that the content of a search was erased, as it can be checked elsewhere."""

    requires = {"get": Permission.VIEW_CASES}
    serializer_class = SearchReceiptSerializer

    @extend_schema(operation_id="receipt_get", tags=["documents"])
    def get(self, request: Request, pk: UUID) -> Response:
        receipt = receipt_of(search_for(self.actor, pk))
        if receipt is None:
            raise Http404
        return self.told(receipt.as_json())
