"""What is sealed by an agency's key: sealed texts of all models, and what searches keep apart."""

from collections.abc import Iterator
from functools import partial

from django.apps import apps

from accounts.sealed_columns import SealedColumn, bytes_column, seal_anew, text_column
from portal.tenancy import TenantModel
from searches.models import SearchDraft, SearchedFace, SharedFace
from searches.sealed import identity_of, sealed_texts_of
from searches.services.origins import BOUND_TO

# The origin of a shared face lies with the agency that searched, by the key of the one that lent.
_LENT = "t.searched_grant_id IN (SELECT g.id FROM searches_searchedgrant g WHERE g.owner_id = %s)"


def _columns() -> Iterator[SealedColumn]:
    for model in apps.get_models():
        if issubclass(model, TenantModel):
            for column in sealed_texts_of(model).values():
                yield text_column(model, column, partial(identity_of, model, column=column))
    drafts = partial(identity_of, SearchDraft, column="entered_sealed")
    yield text_column(SearchDraft, "entered_sealed", drafts)
    faces = partial(identity_of, SearchedFace, column="sealed")
    yield bytes_column(SearchedFace, "sealed", faces)
    yield text_column(SharedFace, "origin", lambda: BOUND_TO, (), _LENT)


seal_anew(_columns)
