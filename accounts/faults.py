"""What can go wrong for people and access: stable codes and words that say what to do."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: dict[str, str | Promise] = {
    # the platform
    "agency_transition_refused": _("The agency cannot go there from the state it is in."),
    "reason_too_short": _("Give a reason of at least 10 characters."),
    "staff_password_wrong": _("That is not your password."),
    "staff_locked": _("Too many wrong passwords. Try again in 15 minutes."),
    "own_account": _("You cannot deactivate yourself."),
    # people
    "already_member": _("This person belongs to the agency already."),
    "member_deactivated": _("This person belonged to the agency before. Reactivate them."),
    "already_invited": _("This address is invited already. Send the invitation again instead."),
    "seats_used_up": _("All seats of the agency are used. Deactivate somebody first."),
    "own_membership": _("You cannot change your own roles. Ask another administrator."),
    "last_admin": _("The agency needs an administrator. Give somebody else that role first."),
    "roles_unknown": _("Choose at least one of the roles offered."),
    # invitations
    "invitation_dead": _(
        "This invitation is used, withdrawn or too old. Ask your administrator for another one."
    ),
    "invitation_refused": _(
        "That did not work. With a Candor account for this address, give its password."
        " Without one, choose a password of at least 15 characters that is not easily guessed."
    ),
    "invitation_other_person": _(
        "This invitation is for another address. Log out, then open the link again."
    ),
    "mail_not_sent": _(
        "The invitation is saved, but the e-mail could not be sent. Send it again later."
    ),
    # API tokens
    "token_permission_not_held": _("A token can only do what you may do yourself."),
    "token_without_permission": _("Choose at least one permission for the token."),
    "token_days_out_of_range": _("That is longer than a token may live. Choose fewer days."),
    "token_missing": _("Send an API token: Authorization: Bearer candor_..."),
    "token_invalid": _("This is not a valid API token."),
    "token_expired": _("The API token has expired. Create a new one."),
    "token_revoked": _("The API token was revoked. Create a new one."),
    "token_access_ended": _("The token's owner has no access to the agency at present."),
    # policies, the lock, the notice
    "policy_changed_meanwhile": _(
        "Somebody changed the policies meanwhile. Look at what holds now, then change it again."
    ),
    "policy_too_loose": _("That is looser than this installation allows."),
    "policy_out_of_range": _("That is outside of what Candor allows."),
    "policy_unchanged": _("Nothing is different from what holds now."),
    "notice_changed_meanwhile": _("The notice has changed. Read it again."),
    "not_locked": _("This person can log in. There is nothing to release."),
    "own_lock": _("You cannot release yourself. Ask another administrator."),
    "staff_lock": _("This person works for the platform, whose staff release them."),
    # training certificates
    "certificate_not_a_member": _("Choose a person of your agency."),
    "certificate_ends_early": _("The last day of validity must not lie before the day of issue."),
    "certificate_issued_later": _("The day of issue has not come yet."),
    "certificate_withdrawn": _("The certificate was withdrawn already."),
    "reason_missing": _("A reason is needed."),
    "evidence_empty": _("The file is empty. Choose the certificate again."),
    "evidence_too_large": _("The file is too large. Scan the certificate at a lower quality."),
    "evidence_not_accepted": _("The certificate must be a PDF, JPEG or PNG file."),
}


class Fault(Exception):
    """A request that cannot be met; nothing was changed. `code` is a key of FAULTS."""

    def __init__(self, code: str) -> None:
        if code not in FAULTS:
            raise KeyError(code)
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return str(FAULTS[self.code])

    def as_validation_error(self) -> ValidationError:
        """The same for a form."""
        return ValidationError(self.message, self.code)
