"""How somebody without an account reaches what one agency shows to the public.

The agency is found by its short name; no agency, a closed one and one without an open page are the
same answer, after the same queries.
"""

from collections.abc import Callable
from hashlib import sha256

from django.http import Http404
from django.urls import NoReverseMatch, reverse

from accounts.actor import Actor
from accounts.agency_states import is_open
from accounts.models import Agency
from oversight.models import PublicPage, RequestLink
from portal.tenancy import platform_scope, scope

NOBODY = 0
# Asked in the scope of the agency: whether it has published anything to link to.
PUBLISHED: list[Callable[[], bool]] = []


def agency_for(slug: str) -> Agency:
    """The agency with this short name, also while its page is off. Raises Http404."""
    with platform_scope():
        agency = Agency.objects.filter(slug=slug).first()
    if agency is None or not is_open(agency.state):
        raise Http404("agency")
    return agency


def open_page_for(slug: str) -> tuple[Agency, PublicPage]:
    """An agency whose page is on, and the page as it is. Raises Http404."""
    with platform_scope():
        agency = Agency.objects.filter(slug=slug).first()
    with scope(NOBODY if agency is None else agency.pk):
        page = PublicPage.objects.first()
    if agency is None or page is None or not page.is_open or not is_open(agency.state):
        raise Http404("public page")
    return agency, page


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def link_for(token: str) -> RequestLink:
    """The link with this secret, in the scope of its agency. Raises Http404."""
    links = RequestLink.objects.select_related("request")
    found = links.filter(token_hash=hash_of(token)).first()
    if found is None:
        raise Http404("link")
    return found


def public_actor(agency: Agency) -> Actor:
    """Whoever sits before the public page. The record keeps no address of theirs."""
    return Actor(None, "public page", agency.pk, frozenset(), "page: public")


def transparency_address(agency: Agency) -> str:
    """Where the agency's published reports are; "" while there are none."""
    if not any(is_published() for is_published in PUBLISHED):
        return ""
    try:
        return reverse("public_transparency", args=[agency.slug])
    except NoReverseMatch:
        return ""
