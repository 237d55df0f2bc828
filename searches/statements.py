"""Fixed texts that go with every result, on every page and in every output.

Whoever changes one raises the version: a conclusion keeps the version it was made with.
"""

from django.utils.translation import gettext_lazy as _

STATEMENT_VERSION = 1

LEAD_STATEMENT = _(
    "A candidate is a lead to be examined, not an identification. It is not probable cause and "
    "must not be the only basis of any action."
)

CONCLUSION_STATEMENT = _(
    "This is an investigative lead at most. It is not an identification of any person. It is not "
    "probable cause and must not be the only basis of any action against a person. A person found "
    "this way must not be shown in a line-up or photo array without independent evidence that "
    "links them to the offence."
)

UNEXAMINED = _(
    "Nobody has examined these candidates yet. Two examiners do that in the portal, which shows"
    " them to nobody else before the search is concluded."
)
