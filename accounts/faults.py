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
    # licenses
    "license_missing": _("Your agency has no license. The platform can give it one."),
    "license_pending": _("Your agency's license has not started yet."),
    "license_expired": _("Your agency's license has ended. The platform can renew it."),
    "license_suspended": _("The platform suspended your agency's license."),
    "license_terminated": _("Your agency's license was terminated."),
    "license_tampered": _(
        "Your agency's license does not match its signature. Nothing can be done under it until"
        " the platform has put it right; it was told."
    ),
    # quota
    "quota_used_up": _("The license's quota is used up."),
    "purpose_not_licensed": _("Your agency's license does not grant this purpose."),
    "reservation_ended": _("Nothing is reserved for this any more. Submit it again."),
    "plan_published": _("The plan is published. Make a new version instead."),
    "plan_not_published": _("Publish the plan before you sell it."),
    "license_signed": _("This version is signed and does not change. Amend the license instead."),
    "license_draft_open": _("There is a draft that is not signed yet. Sign it first."),
    "license_change_note_missing": _("Say what changes, so that the agency can read it."),
    "license_version_too_early": _(
        "A version takes effect after the one before it. Choose a later day."
    ),
    "license_papers_missing": _(
        "The license cannot be signed without the impact assessment and the registration."
    ),
    "license_overage_not_approved": _(
        "Searches beyond the limit wait for the approval of a second person."
    ),
    "license_overage_not_asked_for": _("Nobody's request for searches beyond the limit is open."),
    "license_overage_own_request": _(
        "You asked for it yourself. Another person of the staff has to approve it."
    ),
    "license_trial_not_renewed": _("A trial is not renewed. Enter a license."),
    "license_act_refused": _("The license cannot go there from the state it is in."),
    "license_act_too_early": _("Choose a moment that is not past and not before the last act."),
    # API tokens
    "token_permission_not_held": _("A token can only do what you may do yourself."),
    "token_without_permission": _("Choose at least one permission for the token."),
    "token_days_out_of_range": _("That is longer than a token may live. Choose fewer days."),
    "token_missing": _("Send an API token: Authorization: Bearer candor_..."),
    "token_invalid": _("This is not a valid API token."),
    "token_expired": _("The API token has expired. Create a new one."),
    "token_revoked": _("The API token was revoked. Create a new one."),
    "token_access_ended": _("The token's owner has no access to the agency at present."),
    # training certificates
    "certificate_not_a_member": _("Choose a person of your agency."),
    "certificate_ends_early": _("The last day of validity must not lie before the day of issue."),
    "certificate_issued_later": _("The day of issue has not come yet."),
    "certificate_withdrawn": _("The certificate was withdrawn already."),
    "reason_missing": _("A reason is needed."),
    "evidence_empty": _("The file is empty. Choose the certificate again."),
    "evidence_too_large": _("The file is too large. Scan the certificate at a lower quality."),
    "evidence_not_accepted": _("The certificate must be a PDF, JPEG or PNG file."),
    # billing
    "billing_account_missing": _("The agency has no billing account. Enter one first."),
    "nothing_to_bill": _("There is nothing to bill at present."),
    "usage_changed": _("The usage changed in the meantime. Try again."),
    "invoice_not_draft": _("This was issued already."),
    "invoice_not_issued": _("Only an issued invoice can be paid, credited or reminded of."),
    "invoice_not_overdue": _("The invoice is not overdue."),
    "reminder_too_early": _("It is too early for the next reminder."),
    "reminders_all_sent": _("All three reminders were sent."),
    "credit_note_open": _(
        "The draft of a credit note for this invoice is open. Issue or discard it first."
    ),
    "credit_exceeds_line": _("That is more than is left of the line to credit."),
    "amount_not_payable": _("Give an amount above zero, in whole units of the currency."),
    "payment_exceeds_balance": _("That is more than is owed for this invoice."),
    "payment_in_future": _("The day of the payment has not come yet."),
    "payment_reversed": _("This payment was reversed already."),
    "invoice_mail_failed": _("The e-mail could not be sent. Send it again later."),
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
