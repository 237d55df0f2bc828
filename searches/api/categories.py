"""The agency's list of case categories for programs: read, and kept by its administrators."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from searches.models import CaseCategory
from searches.services.categories import (
    add_category,
    rename_category,
    restore_category,
    retire_category,
)

EXAMPLE = OpenApiExample(
    "A new category", {"name": "Abduction", "purpose": "missing_person"}, request_only=True
)
RENAMED = OpenApiExample("Another name", {"name": "Kidnapping"}, request_only=True)


class CategorySerializer(SparseSerializer):
    """`cases` is how many it has; null for who does not keep the list."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    cases = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)

    def get_cases(self, category: CaseCategory) -> int | None:
        return getattr(category, "case_count", None)


class CategoryNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)


class NewCategorySerializer(CategoryNameSerializer):
    purpose = serializers.ChoiceField(choices=Purpose.choices)


class CategoryView(AgencyApiView):
    """Base: what an administrator sees of the list, and what who opens cases sees."""

    serializer_class = CategorySerializer

    def rows(self) -> QuerySet[CaseCategory]:
        if self.actor.can(Permission.MANAGE_CATEGORIES):
            return CaseCategory.objects.annotate(case_count=Count("cases"))
        self.actor.require(Permission.OPEN_CASE)
        return CaseCategory.objects.filter(retired_at=None)

    def category_told(self, category: CaseCategory, status: int = 200) -> Response:
        return self.told(self.rows().get(pk=category.pk), status)


class Categories(CategoryView):
    """All categories for those who keep the list; those in use for those who open cases."""

    requires = {
        "get": (Permission.MANAGE_CATEGORIES, Permission.OPEN_CASE),
        "post": Permission.MANAGE_CATEGORIES,
    }
    ordering = ("name", "pk")
    ordering_fields = ("name", "created_at")

    @extend_schema(operation_id="categories_list", tags=["categories"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="categories_add",
        tags=["categories"],
        request=NewCategorySerializer,
        responses={201: CategorySerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Add one. While one is in use, every new case needs a category."""
        said = self.asked(NewCategorySerializer)
        return self.category_told(add_category(actor=self.actor, **said), 201)


class CategoryAct(CategoryView):
    """Base of what is done to a category."""

    requires = {"post": Permission.MANAGE_CATEGORIES}
    do: Callable[..., CaseCategory]

    def post(self, request: Request, pk: UUID) -> Response:
        row = get_object_or_404(CaseCategory, pk=pk)
        return self.category_told(type(self).do(actor=self.actor, category=row))


class CategoryRename(CategoryAct):
    """Gives a category another name, also on the cases it has."""

    @extend_schema(
        operation_id="categories_rename",
        tags=["categories"],
        request=CategoryNameSerializer,
        responses=CategorySerializer,
        examples=[RENAMED],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        row = get_object_or_404(CaseCategory, pk=pk)
        name = self.asked(CategoryNameSerializer)["name"]
        return self.category_told(rename_category(actor=self.actor, category=row, name=name))


def _described(operation: str) -> Any:
    schema = extend_schema(
        operation_id=f"categories_{operation}",
        tags=["categories"],
        request=None,
        responses=CategorySerializer,
    )
    return extend_schema_view(post=schema)


@_described("retire")
class CategoryRetire(CategoryAct):
    """Opens no further case by it; those it has keep it."""

    do = retire_category


@_described("restore")
class CategoryRestore(CategoryAct):
    """Takes a retired category into use again."""

    do = restore_category
