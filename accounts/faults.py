"""What can go wrong with agencies, people and access: stable codes and words for users."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: dict[str, str | Promise] = {
    # people
    "already_member": _("This person belongs to the agency already."),
    "member_deactivated": _("This person belonged to the agency before. Reactivate them."),
    "already_invited": _("This address is invited already. Send the invitation again instead."),
    "seats_used_up": _("All seats of the agency are used. Deactivate somebody first."),
    "own_membership": _("You cannot change your own roles. Ask another administrator."),
    "last_admin": _("The agency needs an administrator. Give somebody else that role first."),
    "roles_unknown": _("Choose at least one of the roles offered."),
    "membership_unchanged": _("Somebody else has changed this already. Load the page again."),
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
}


class Fault(Exception):
    """A request that cannot be met. `code` is a key of FAULTS."""

    def __init__(self, code: str) -> None:
        if code not in FAULTS:
            raise KeyError(code)
        super().__init__(code)  # one argument, so that it crosses processes
        self.code = code

    @property
    def message(self) -> str:
        return str(FAULTS[self.code])

    def as_validation_error(self) -> ValidationError:
        """The same for a form."""
        return ValidationError(self.message, self.code)
