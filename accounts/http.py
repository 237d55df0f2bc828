"""The request of a person who works in an agency."""

from accounts.actor import Actor
from accounts.models import Agency, Membership, User
from accounts.policies import Policy
from portal.http import HtmxRequest

# Where the session keeps the agency that a person works in.
SESSION_KEY = "agency_id"
# Pages for everybody, in which neither a log-in nor an agency plays a part.
FOR_EVERYBODY = frozenset(
    {"public_transparency", "public_transparency_report", "public_transparency_file"}
)


class AgencyRequest(HtmxRequest):
    """Set up by AgencyMiddleware; views of agency pages receive nothing less."""

    user: User
    actor: Actor
    agency: Agency
    membership: Membership
    policy: Policy
    agencies: list[Agency]
