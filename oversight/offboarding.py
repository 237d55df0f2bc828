"""What the end of an agency must know of oversight: its sealed texts are exported in clear."""

from functools import partial

from django.apps import apps

from accounts.offboarding.registry import export_as, unseal_text
from portal.tenancy import TenantModel
from searches.sealed import identity_of, sealed_texts_of


def unseal_all() -> None:
    """Every sealed text of every model of this app, also of those that are added later."""
    for model in apps.get_app_config("oversight").get_models():
        if issubclass(model, TenantModel):
            for name, column in sealed_texts_of(model).items():
                bound = partial(identity_of, model, column=column)
                unseal_text(model._meta.db_table, column, name, bound)


unseal_all()
# A hash of a secret is of no use to the agency.
export_as("oversight_requestlink", "to_jsonb(t) - 'token_hash'")
