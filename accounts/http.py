"""The request of a person who works in an agency."""

from accounts.actor import Actor
from accounts.models import Agency, Membership, User
from accounts.policies import Policy
from portal.http import HtmxRequest

# Where the session keeps the agency that a person works in.
SESSION_KEY = "agency_id"
# Names of addresses that are for everybody, logged in or not, begin like this.
FOR_EVERYBODY = "public_"


class AgencyRequest(HtmxRequest):
    """Set up by AgencyMiddleware; views of agency pages receive nothing less."""

    user: User
    actor: Actor
    agency: Agency
    membership: Membership
    policy: Policy
    agencies: list[Agency]
