"""Fixed texts that go with every result, on every page and in every output."""

from django.utils.translation import gettext_lazy as _

LEAD_STATEMENT = _(
    "A candidate is a lead to be examined, not an identification. It is not probable cause and "
    "must not be the only basis of any action."
)
