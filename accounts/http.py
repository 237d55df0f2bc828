"""The request of a person who works in an agency."""

from accounts.actor import Actor
from accounts.models import Agency, Membership, User
from portal.http import HtmxRequest


class AgencyRequest(HtmxRequest):
    """Set up by AgencyMiddleware; views of agency pages receive nothing less."""

    user: User
    actor: Actor
    agency: Agency
    membership: Membership
    agencies: list[Agency]
