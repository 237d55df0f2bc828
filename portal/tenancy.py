"""Whose rows a piece of code may see.

Two locks on one door: PostgreSQL's row-level security reads the session setting that `scope`
writes, and the ORM refuses tenant queries outside a scope. See docs/adr/0002.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from portal.scoping import (
    ScopeError,
    current_agency_id,
    in_platform_scope,
    invitation_scope,
    own_scope,
    platform_scope,
    remembered_in_scope,
    scope,
    sign_on_scope,
    token_scope,
    user_scope,
)

__all__ = [
    "LicensingManager",
    "ScopeError",
    "TenantForeignKey",
    "TenantManager",
    "TenantModel",
    "TenantQuerySet",
    "current_agency_id",
    "in_platform_scope",
    "invitation_scope",
    "own_scope",
    "platform_scope",
    "remembered_in_scope",
    "scope",
    "sign_on_scope",
    "token_scope",
    "user_scope",
]

M = TypeVar("M", bound="models.Model", covariant=True)


class TenantQuerySet(models.QuerySet[M]):
    """Rows of the current agency only; raises ScopeError instead of returning nothing."""

    def _fetch_all(self) -> None:
        current_agency_id()
        super()._fetch_all()

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.take_scope()
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager[M]):
    def get_queryset(self) -> TenantQuerySet[M]:
        queryset: TenantQuerySet[M] = TenantQuerySet(self.model, using=self._db)
        return queryset.filter(agency_id=current_agency_id())


class LicensingManager(models.Manager[M]):
    """What the platform keeps about agencies, as licenses: all rows in its scope, else one's own.

    Raises ScopeError outside every scope. Row-level security draws the same line.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        rows: models.QuerySet[M] = super().get_queryset()
        return rows if in_platform_scope() else rows.filter(agency_id=current_agency_id())


class TenantModel(models.Model):
    """A row that belongs to one agency. Its migration must name it in `ProtectTenant`."""

    agency_id = models.BigIntegerField(editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True

    def take_scope(self) -> None:
        """Belong to the current agency; refuse to move between agencies."""
        current = current_agency_id()
        if self._state.adding and getattr(self, "agency_id", None) is None:
            self.agency_id = current
        if self.agency_id != current:
            raise ScopeError(f"{self._meta.label} of another agency")

    def unique_error_message(
        self, model_class: type[models.Model], unique_check: Sequence[str]
    ) -> ValidationError:
        """Django's words without the agency, which is no field that people know of."""
        known = tuple(name for name in unique_check if name != "agency_id")
        return super().unique_error_message(model_class, known)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.take_scope()
        super().save(*args, **kwargs)


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference inside one agency: the database constraint is (agency_id, id), see ProtectTenant.

    PostgreSQL's own foreign key checks ignore row-level security, so a plain foreign key would
    let a row point into another agency and tell whether an id exists there.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs
