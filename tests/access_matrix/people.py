"""The people of an agency, their invitations and their training certificates."""

from django.core import mail

from accounts.models import Membership, TrainingCertificate
from tests.access_matrix.area import Area, Arguments, L, Posts, Table
from tests.access_matrix.ground import Ground
from tests.factories import make_invitation

TABLE: Table = {
    "people": [403, 403, 200, 200, 200, 200, 403, L],
    "invite": [403, 403, 403, 403, 200, 200, 403, L],
    "invitations": [403, 403, 200, 200, 200, 200, 403, L],
    "member": [403, 403, 403, 403, 200, 404, 403, L],
    "member_deactivate": [403, 403, 403, 403, 200, 404, 403, L],
    "member_reactivate": [403, 403, 403, 403, 200, 404, 403, L],
    "member_factors_reset": [403, 403, 403, 403, 200, 404, 403, L],
    "member_release": [403, 403, 403, 403, 200, 404, 403, L],
    "invitation": [200, 200, 200, 200, 200, 200, 200, 200],
    "invitation_resend": [403, 403, 403, 403, 302, 404, 403, L],
    "invitation_revoke": [403, 403, 403, 403, 302, 404, 403, L],
    "certificates": [403, 403, 403, 200, 200, 200, 403, L],
    "certificate_new": [403, 403, 403, 403, 200, 200, 403, L],
    "certificate_evidence": [403, 403, 403, 200, 200, 404, 403, L],
    "certificate_withdraw": [403, 403, 403, 403, 200, 404, 403, L],
    "certificates_require": [403, 403, 403, 403, 302, 302, 403, L],
}
POST_ONLY = ("invitation_resend", "invitation_revoke", "certificates_require")

ON_MEMBER = ("", "_deactivate", "_reactivate", "_factors_reset", "_release")


def arguments(ground: Ground) -> Arguments:
    examiner = Membership.objects.get(user=ground.user("examiner"))
    waiting = make_invitation(ground.alder)
    link = str(mail.outbox[-1].body).split("/invitation/")[1].split("/")[0]
    certificate = TrainingCertificate.objects.get()
    return {
        **{f"member{name}": [examiner.pk] for name in ON_MEMBER},
        "invitation": [link],
        "invitation_resend": [waiting.pk],
        "invitation_revoke": [waiting.pk],
        "certificate_evidence": [certificate.pk],
        "certificate_withdraw": [certificate.pk],
    }


def posts(ground: Ground) -> Posts:
    return {
        "invite": {"email": "new@alder.example", "roles": ["analyst"], "language": "en"},
        "member": {"roles": ["admin"]},
        "member_deactivate": {},
        "member_reactivate": {},
        "member_factors_reset": {},
        "member_release": {},
        "invitation_resend": {},
        "invitation_revoke": {},
        "certificate_new": {"title": "x"},
        "certificate_withdraw": {"reason": "x"},
        "certificates_require": {"required": "on"},
    }


AREA = Area(TABLE, POST_ONLY, arguments, posts)
