"""Every address x everybody: expected status in one table, and a denied request changes nothing."""

import uuid
from dataclasses import dataclass

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import command_actor
from accounts.models import (
    Agency,
    ApiToken,
    IdentityProvider,
    Invitation,
    LicenseVersion,
    Membership,
    Notification,
    Role,
    SecurityPolicy,
    SignOnDomain,
    SignOnLink,
    TrainingCertificate,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.webhooks.acts import send_test
from galleries.models import EngineChange, Erasure, LegalHold, RetentionRun
from oversight.models import (
    AlertEvent,
    Destination,
    MisuseAlert,
    PublicPage,
    RecordReview,
    RequestLetter,
    RequestNote,
    RequestSubject,
    SubjectRequest,
    TransparencyReport,
)
from oversight.services.transparency import publish_report
from oversight.weeks import running_week
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import (
    Case,
    CaseCategory,
    CaseMember,
    CaseNote,
    Enrolment,
    Examination,
    ExaminationItem,
    ExaminerLoan,
    FaceImage,
    Gallery,
    GalleryGrant,
    GallerySource,
    Probe,
    ProbeEdit,
    Search,
    SearchDraft,
    SourceRegister,
    Subject,
)
from searches.services.examining import start_examination
from searches.services.galleries import main_register
from searches.urls_lending import LENT_PAGES
from searches.views.case_acts import ACTS
from tests.accounts.billing_cast import full_billing
from tests.conftest import PASSWORD, join
from tests.factories import (
    CAPTURE_FIELDS,
    PDF,
    make_actor,
    make_alert,
    make_case,
    make_category,
    make_certificate,
    make_draft,
    make_enrolment,
    make_erasure,
    make_gallery,
    make_image,
    make_invitation,
    make_link,
    make_loan,
    make_probe,
    make_provider,
    make_refusal,
    make_search,
    make_token,
    make_transparency_report,
    make_webhook,
    person_jpeg,
)
from tests.galleries.cast_engines import full_engine_change
from tests.galleries.cast_retention import full_retention
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.imports_cast import full_imports
from tests.oversight.requests_cast import full_requests
from tests.searches.sharing_cast import make_offer, make_owner, today
from training.models import Exercise, ExerciseAnswer
from training.services.exercises import start_exercise

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "one_log_in")]

# Statuses of GET (POST where the page has no GET) for, in this order:
PEOPLE = [
    "analyst",
    "examiner",
    "supervisor",
    "auditor",
    "admin",
    "stranger",
    "nobody",
    "anonymous",
]
# stranger: everything in another agency; nobody: logged in, in no agency.
L = 302  # to the log-in page
OF_IMPORT = (
    *("import", "import_upload", "import_rejected", "import_cancel", "import_close"),
    *("import_rejected_csv", "import_rejected_zip"),
)
OF_IMPORTS = ("imports", "import_new", "import_picture", *OF_IMPORT)
IMPORT_ACTS = ("import_start", "import_pause", "import_resume")
TABLE: dict[str, list[int]] = {
    "health": [200, 200, 200, 200, 200, 200, 200, 200],
    "design": [404, 404, 404, 404, 404, 404, 403, 404],  # with CANDOR_DEBUG only
    "set_language": [302, 302, 302, 302, 302, 302, 302, L],
    "platform_acts": [403, 403, 403, 200, 200, 200, 403, L],
    "oversight": [403, 403, 200, 200, 200, 200, 403, L],
    "publishing": [403, 403, 403, 403, 200, 200, 403, L],
    "destination_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "alerts": [403, 403, 403, 200, 403, 200, 403, L],
    "alert_statistics": [403, 403, 403, 200, 403, 200, 403, L],
    "alert": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_take": [403, 403, 403, 302, 403, 404, 403, L],
    "alert_hand_over": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_close": [403, 403, 403, 200, 403, 404, 403, L],
    "alert_reopen": [403, 403, 403, 200, 403, 404, 403, L],
    "retention": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_csv": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_run_now": [403, 403, 200, 403, 200, 200, 403, L],
    "retention_runs": [403, 403, 200, 200, 200, 200, 403, L],
    "retention_run": [403, 403, 200, 200, 200, 404, 403, L],
    "retention_receipt": [403, 403, 200, 200, 200, 404, 403, L],
    "gallery_retention": [403, 403, 403, 403, 200, 404, 403, L],
    "holds": [200, 403, 200, 200, 200, 200, 403, L],
    "hold_release": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_gallery": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_subject": [403, 403, 403, 403, 200, 404, 403, L],
    "hold_image": [403, 403, 403, 403, 200, 404, 403, L],
    "erasures": [403, 403, 200, 200, 200, 200, 403, L],
    "erasure": [403, 403, 200, 200, 200, 404, 403, L],
    "erasure_receipt": [403, 403, 404, 404, 404, 404, 403, L],
    "erasure_retry": [403, 403, 409, 403, 409, 404, 403, L],
    "erase_image": [403, 403, 200, 403, 200, 404, 403, L],
    "erase_subject": [403, 403, 200, 403, 200, 404, 403, L],
    "erase_gallery": [403, 403, 200, 403, 200, 404, 403, L],
    # Whoever erases a probe sees its case.
    "erase_probe": [403, 403, 200, 403, 403, 404, 403, L],
    **{name: [403, 403, 403, 403, 200, 404, 403, L] for name in OF_IMPORTS},
    # Said on the import's page when it is not the time for it.
    **{name: [403, 403, 403, 403, 302, 404, 403, L] for name in IMPORT_ACTS},
    "switch_agency": [302, 302, 302, 302, 302, 302, 403, L],
    "home": [200, 200, 200, 200, 200, 200, 403, L],
    "find": [200, 403, 200, 200, 200, 200, 403, L],
    "notifications": [200, 200, 200, 200, 200, 200, 403, L],
    "notifications_read": [302, 302, 302, 302, 302, 302, 403, L],
    # One of the analyst's.
    "notification_open": [302, 404, 404, 404, 404, 404, 403, L],
    "search_new": [200, 403, 403, 403, 403, 200, 403, L],
    "drafts": [200, 403, 403, 403, 403, 200, 403, L],
    # The draft is the analyst's.
    "probe_draft": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_new_draft": [302, 403, 403, 403, 403, 404, 403, L],
    "draft_discard": [200, 403, 403, 403, 403, 404, 403, L],
    "cases": [200, 403, 200, 200, 403, 200, 403, L],
    "case_new": [200, 403, 403, 403, 403, 200, 403, L],
    # The analyst is a member of the case and not its owner.
    "case": [200, 403, 200, 200, 403, 404, 403, L],
    "case_timeline": [200, 403, 200, 200, 403, 404, 403, L],
    "case_notes": [200, 403, 200, 200, 403, 404, 403, L],
    "case_member_add": [403, 403, 302, 403, 403, 404, 403, L],
    "case_member_end": [403, 403, 200, 403, 403, 404, 403, L],
    "case_owner": [403, 403, 200, 403, 403, 404, 403, L],
    "case_close": [403, 403, 403, 403, 403, 404, 403, L],
    "case_reopen": [403, 403, 200, 403, 403, 404, 403, L],
    "case_hold": [403, 403, 200, 403, 403, 404, 403, L],
    "case_lift": [403, 403, 200, 403, 403, 404, 403, L],
    "case_cap": [403, 403, 200, 403, 403, 404, 403, L],
    "categories": [403, 403, 403, 403, 200, 200, 403, L],
    "category": [403, 403, 403, 403, 200, 404, 403, L],
    "category_use": [403, 403, 403, 403, 302, 404, 403, L],
    "probe_new": [200, 403, 403, 403, 403, 404, 403, L],
    "probe": [200, 403, 403, 403, 403, 404, 403, L],
    "probe_turn": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_progress": [200, 403, 403, 403, 403, 404, 403, L],
    "probe_edit": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_undo": [302, 403, 403, 403, 403, 404, 403, L],
    "probe_original": [200, 403, 200, 200, 403, 404, 403, L],
    "probe_picture": [200, 403, 200, 200, 403, 404, 403, L],
    "probe_face": [200, 403, 200, 200, 403, 404, 403, L],
    "searches": [200, 403, 200, 200, 403, 200, 403, L],
    "search": [200, 403, 200, 200, 403, 404, 403, L],
    "search_document": [200, 403, 200, 200, 403, 404, 403, L],
    "search_receipt": [200, 403, 200, 200, 403, 404, 403, L],
    "search_follow_up": [422, 403, 422, 422, 403, 404, 403, L],  # without an outcome
    "work": [200, 200, 200, 200, 200, 200, 403, L],
    "work_section": [404, 404, 200, 404, 404, 200, 403, L],  # authorizations
    "authorizations": [403, 403, 200, 403, 403, 200, 403, L],
    "authorization": [403, 403, 200, 403, 403, 404, 403, L],
    "authorization_refuse": [403, 403, 200, 403, 403, 404, 403, L],
    "search_report": [409, 403, 409, 409, 403, 404, 403, L],  # not concluded yet
    "search_bundle": [403, 403, 409, 409, 403, 404, 403, L],
    "agreement": [403, 403, 200, 200, 403, 200, 403, L],
    "galleries": [200, 403, 200, 200, 200, 200, 403, L],
    "gallery_new": [403, 403, 403, 403, 200, 200, 403, L],
    "gallery": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_sources": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_source_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "subjects_export": [403, 403, 403, 403, 200, 404, 403, L],
    "registers": [200, 403, 200, 200, 200, 200, 403, L],
    "register_new": [403, 403, 403, 403, 200, 200, 403, L],
    "register": [200, 403, 200, 200, 200, 404, 403, L],
    "register_retire": [403, 403, 403, 403, 200, 404, 403, L],
    "enrolment_new": [403, 403, 403, 403, 200, 404, 403, L],
    "subject": [200, 403, 200, 200, 200, 404, 403, L],
    "enrolment": [403, 403, 403, 403, 200, 404, 403, L],
    "portrait": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_reviews": [200, 403, 200, 200, 200, 200, 403, L],
    "gallery_reviews_keep": [403, 403, 403, 403, 302, 302, 403, L],
    "gallery_review": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_review_picture": [200, 403, 200, 200, 200, 404, 403, L],
    "gallery_quality": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_hygiene": [200, 403, 200, 200, 200, 404, 403, L],
    "subject_best": [403, 403, 403, 403, 302, 404, 403, L],
}
# Somebody else's examination: of the workbench there is no sight but one's own.
THEIRS = [403, 403, 403, 403, 403, 404, 403, L]
OF_EXAMINATION = (
    "examination",
    "examination_submit",
    "examination_probe_face",
    "examination_probe_close_up",
    "examination_probe_picture",
    "examination_probe_original",
)
AT_FACE = (
    "examination_face",
    "examination_decide",
    "examination_face_portrait",
    "examination_face_close_up",
    "examination_face_picture",
)
TABLE |= dict.fromkeys((*OF_EXAMINATION, *AT_FACE), THEIRS)
TABLE |= {
    "examination_take": [403, 302, 403, 403, 403, 404, 403, L],  # somebody has it: a message
    "examination_return": [403, 403, 200, 403, 403, 404, 403, L],
}
# Loans of another agency exist for nobody but the person lent: tests/searches/test_lending.py.
NOT_LENT = [404, 404, 404, 404, 404, 404, 403, L]
TABLE |= {
    "search_lend": [403, 403, 200, 403, 403, 404, 403, L],
    "loan_revoke": [403, 403, 200, 403, 403, 404, 403, L],
    "loans": [403, 200, 403, 403, 403, 200, 403, L],
    "lent": [403, 404, 403, 403, 403, 404, 403, L],
    "loan_decline": NOT_LENT,
    "lent_out": [403, 403, 200, 403, 200, 200, 403, L],
    "loan_recall": [403, 403, 404, 403, 404, 404, 403, L],
    **{f"lent_{name}": NOT_LENT for name in LENT_PAGES},
}
TABLE |= {
    "gallery_grants": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_grant": [403, 403, 403, 403, 200, 404, 403, L],
    "gallery_grant_revoke": [403, 403, 403, 403, 200, 404, 403, L],
    "origin": [403, 403, 403, 403, 200, 200, 403, L],
    "borrowed_galleries": [403, 403, 403, 403, 200, 200, 403, L],
    # The stranger's agency has granted it.
    "grant_accept": [403, 403, 403, 403, 200, 404, 403, L],
    "grant_decline": [403, 403, 403, 403, 200, 404, 403, L],
    # There is no such candidate; tests/galleries/test_sharing_pages.py has one.
    "shared_portrait": [404, 403, 404, 404, 403, 404, 403, L],
}
TABLE |= {
    "record": [403, 403, 403, 200, 403, 200, 403, L],
    "record_entry": [403, 403, 403, 200, 403, 404, 403, L],
    "record_export": [403, 403, 403, 200, 403, 200, 403, L],
    "looked": [403, 403, 200, 200, 403, 404, 403, L],
    "reviews": [403, 403, 403, 200, 403, 200, 403, L],
    "review": [403, 403, 403, 200, 403, 200, 403, L],  # the running week is everybody's
}
TABLE |= {
    "people": [403, 403, 200, 200, 200, 200, 403, L],
    "invite": [403, 403, 403, 403, 200, 200, 403, L],
    "invitations": [403, 403, 200, 200, 200, 200, 403, L],
    "member": [403, 403, 403, 403, 200, 404, 403, L],
    "member_deactivate": [403, 403, 403, 403, 200, 404, 403, L],
    "member_reactivate": [403, 403, 403, 403, 200, 404, 403, L],
    "member_factors_reset": [403, 403, 403, 403, 200, 404, 403, L],
    "invitation": [200, 200, 200, 200, 200, 200, 200, 200],
    "invitation_resend": [403, 403, 403, 403, 302, 404, 403, L],
    "invitation_revoke": [403, 403, 403, 403, 302, 404, 403, L],
    "account": [200, 200, 200, 200, 200, 200, 200, L],
    "password_change": [200, 200, 200, 200, 200, 200, 200, L],
}
TABLE |= {
    "tokens": [200, 200, 200, 200, 200, 200, 403, L],
    "token_new": [200, 200, 200, 200, 200, 200, 403, L],
    "token_revoke": [403, 403, 302, 403, 302, 404, 403, L],  # a supervisor's token
    "webhooks": [403, 403, 403, 403, 200, 200, 403, L],
    "webhook_new": [403, 403, 403, 403, 200, 200, 403, L],
    "webhook": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_edit": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_test": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_replay": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_rotate": [403, 403, 403, 403, 200, 404, 403, L],
    "webhook_switch": [403, 403, 403, 403, 302, 404, 403, L],
    "webhook_remove": [403, 403, 403, 403, 302, 404, 403, L],
    "agency_tokens": [403, 403, 403, 403, 200, 200, 403, L],
    "sessions": [200, 200, 200, 200, 200, 200, 403, L],
    "session_end": [404, 404, 404, 404, 404, 404, 403, L],  # somebody else's
    "sessions_end_others": [302, 302, 302, 302, 302, 302, 403, L],
    "license": [403, 403, 200, 200, 200, 200, 403, L],
    "license_download": [403, 403, 200, 200, 200, 404, 403, L],
    "usage": [403, 403, 200, 200, 200, 200, 403, L],
    "usage_export": [403, 403, 200, 200, 200, 200, 403, L],
    "certificates": [403, 403, 403, 200, 200, 200, 403, L],
    "certificate_new": [403, 403, 403, 403, 200, 200, 403, L],
    "certificate_evidence": [403, 403, 403, 200, 200, 404, 403, L],
    "certificate_withdraw": [403, 403, 403, 403, 200, 404, 403, L],
    "certificates_require": [403, 403, 403, 403, 302, 302, 403, L],
    "agency_settings": [403, 403, 200, 200, 200, 200, 403, L],
    "agency_settings_change": [403, 403, 403, 403, 200, 200, 403, L],
    "member_release": [403, 403, 403, 403, 200, 404, 403, L],
    "notice": [200, 200, 200, 200, 200, 200, 403, L],
    "closed_agencies": [404, 404, 404, 404, 404, 404, 404, L],  # nobody's is closed
    "export_download": [404, 404, 404, 404, 404, 404, 404, L],
    "export_destroy": [404, 404, 404, 404, 404, 404, 404, L],
}
TABLE |= {
    "invoices": [403, 403, 403, 200, 200, 200, 403, L],
    "invoice_file": [403, 403, 403, 200, 200, 404, 403, L],
}
TABLE |= {
    # For everybody, whoever they are; tests/oversight/test_public_page.py.
    "public_page": [200] * 8,
    "public_request": [200] * 8,
    "public_request_message": [422] * 8,  # the request is answered
    "public_request_withdraw": [200] * 8,
    "public_request_letter": [200] * 8,
    "public_page_settings": [403, 403, 403, 403, 200, 200, 403, L],
    "public_page_preview": [403, 403, 403, 403, 200, 404, 403, L],  # the stranger has none
    "public_page_switch": [403, 403, 403, 403, 302, 302, 403, L],
    "requests": [403, 403, 200, 403, 403, 200, 403, L],
    "request_new": [403, 403, 200, 403, 403, 200, 403, L],
    "request": [403, 403, 200, 403, 403, 404, 403, L],
    "request_act": [403, 403, 200, 403, 403, 404, 403, L],
    "request_erase": [403, 403, 200, 403, 403, 404, 403, L],
    "request_letter": [403, 403, 200, 403, 403, 404, 403, L],
    "request_subject_remove": [403, 403, 302, 403, 403, 404, 403, L],
}
OF_ENGINES = [403, 403, 403, 403, 200, 404, 403, L]
TABLE |= {
    "engine_changes": OF_ENGINES,
    "engine_change_new": OF_ENGINES,
    "engine_change": OF_ENGINES,
    "engine_change_pace": [403, 403, 403, 403, 302, 404, 403, L],
    "engine_change_retry": [403, 403, 403, 403, 302, 404, 403, L],
    "engine_change_rejected": OF_ENGINES,
    "engine_change_switch": OF_ENGINES,
    "engine_change_end": OF_ENGINES,
    "engine_change_compare": [403, 403, 403, 403, 422, 404, 403, L],  # it is not embedded yet
    "shadow_search": OF_ENGINES,
    "shadow_report": [403, 403, 403, 403, 404, 404, 403, L],  # there is none yet
}
# Log-in, and the factors of the person who asks (here they have none yet).
OF_LOGIN = [302, 302, 302, 302, 302, 302, 302, 200]
OWN = [200, 200, 200, 200, 200, 200, 200, L]
TABLE |= {
    "account_login": OF_LOGIN,
    "account_logout": [302] * 8,
    "mfa_authenticate": [302] * 8,  # the second step of a log-in that nobody has begun
    "mfa_login_webauthn": [302] * 8,  # its page is the log-in's
    "account_reset_password": [200] * 8,
    "account_reset_password_done": [200] * 8,
    "account_reset_password_from_key": [200] * 8,  # says that the link is dead
    "account_reset_password_from_key_done": [200] * 8,
    "account_reauthenticate": OWN,
    "mfa_reauthenticate": [302] * 8,  # without an app: by password
    "mfa_reauthenticate_webauthn": [302] * 8,
    "mfa_index": OWN,
    "mfa_activate_totp": OWN,
    "mfa_deactivate_totp": [404] * 7 + [L],
    "mfa_view_recovery_codes": [404] * 7 + [L],
    "mfa_generate_recovery_codes": OWN,
    "mfa_list_webauthn": OWN,
    "mfa_add_webauthn": OWN,
    "mfa_remove_webauthn": [404] * 7 + [L],  # somebody else's
    "mfa_edit_webauthn": [404] * 7 + [L],
}
TABLE |= {
    "sign_on": [200] * 8,
    "openid_connect_login": [404] * 8,  # Alder's provider is not enabled
    "openid_connect_callback": [404] * 8,
    "sign_on_confirm": [302] * 8,  # to the proof by password: nobody came by a provider
    "sign_on_prove": [302] * 8,
    "single_sign_on": [403, 403, 200, 200, 200, 200, 403, L],
    "sign_on_domains": [403, 403, 403, 403, 302, 404, 403, L],
    "sign_on_domain_remove": [403, 403, 403, 403, 200, 404, 403, L],
    "sign_on_link_release": [403, 403, 403, 403, 200, 404, 403, L],
    "sign_on_switch": [403, 403, 403, 403, 200, 404, 403, L],
}
REPORTS = [403, 403, 200, 200, 200, 404, 403, L]
TABLE |= {
    "transparency": [403, 403, 200, 200, 200, 200, 403, L],
    "transparency_report": REPORTS,
    "transparency_file": REPORTS,
    "transparency_form": REPORTS,
    "transparency_form_file": REPORTS,
    "transparency_publish": [403, 403, 403, 403, 200, 404, 403, L],
    "transparency_withdraw": [403, 403, 403, 403, 200, 404, 403, L],
    "public_transparency": [200] * 8,
    "public_transparency_report": [200] * 8,
    "public_transparency_file": [200] * 8,
}
NO_SANDBOX = [404, 404, 404, 404, 404, 404, 403, L]
TABLE |= {
    "training": [403, 200, 200, 200, 200, 200, 403, L],
    **dict.fromkeys(("practice_example", "practice_examine", "practice_picture"), NO_SANDBOX),
    # Of the examiner, who is at it.
    "exercise_start": [403, 302, 302, 403, 403, 302, 403, L],
    "exercise": [403, 200, 403, 403, 403, 404, 403, L],
    "exercise_picture": [403, 200, 403, 403, 403, 404, 403, L],
    "exercise_answer": [403, 422, 403, 403, 403, 404, 403, L],
    "exercise_results": [403, 403, 200, 200, 200, 200, 403, L],
    "proficiency_rules": [403, 403, 403, 403, 200, 200, 403, L],
}
# untrained: an analyst whose certificate expired; an analyst in everything but searching.
NEEDS_TRAINING = {"probe_new", "probe", "probe_turn", "probe_progress"}
NEEDS_TRAINING |= {"probe_edit", "probe_undo", "search_new", "drafts"}
NEEDS_TRAINING |= {"probe_draft", "probe_new_draft", "draft_discard"}


# Without a membership that counts: for them the agency's pages are what they are for nobody.
OUTSIDE = ("deactivated", "staff")


def expected(person: str) -> dict[str, int]:
    if person in OUTSIDE:
        return expected("nobody")
    if person == "untrained":
        trained = expected("analyst")
        return trained | dict.fromkeys(NEEDS_TRAINING, 403) | {"notification_open": 404}
    return {name: row[PEOPLE.index(person)] for name, row in TABLE.items()}


POST_ONLY = {
    *IMPORT_ACTS,
    "erasure_retry",
    "gallery_source_remove",
    "alert_take",
    "examination_take",
    "examination_decide",
    "token_revoke",
    "notification_open",
    "notifications_read",
    "probe_draft",
    "probe_new_draft",
    "practice_example",
    "practice_examine",
    "exercise_start",
    "exercise_answer",
    "webhook_switch",
    "webhook_rotate",
    "webhook_remove",
    "webhook_test",
    "webhook_replay",
    "session_end",
    "sessions_end_others",
    "certificates_require",
    "set_language",
    "account_logout",
    "switch_agency",
    "probe_turn",
    "probe_edit",
    "probe_undo",
    "search_bundle",
    "case_member_add",
    "category_use",
    "search_follow_up",
    "invitation_resend",
    "invitation_revoke",
    "export_download",
    "sign_on_domains",
    "destination_remove",
    "public_request_message",
    "public_page_switch",
    "request_subject_remove",
    "engine_change_pace",
    "engine_change_retry",
    "engine_change_compare",
    "gallery_reviews_keep",
    "subject_best",
}


ON_MEMBERS = ("member", "member_deactivate", "member_reactivate")


@dataclass
class World:
    """Alder with one of everything; the people of PEOPLE; arguments for every address."""

    agency: Agency
    people: dict[str, User | None]
    arguments: dict[str, list[object]]
    posts: dict[str, dict[str, object]]


@pytest.fixture
def world(alder: Agency, birch: Agency, nil: User) -> World:
    people: dict[str, User | None] = {
        role.value: join(alder, f"{role}@alder.example", role.value, role) for role in Role
    }
    people["stranger"] = join(birch, "all@birch.example", "All", *Role)
    people |= {"nobody": nil, "anonymous": None}
    untrained = join(alder, "untrained@alder.example", "Untrained", Role.ANALYST)
    make_certificate(alder, untrained, days_left=-1)
    people["untrained"] = untrained
    people["deactivated"] = join(alder, "gone@alder.example", "Gone", Role.ADMIN)
    people["staff"] = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    assert people["supervisor"] is not None
    assert people["analyst"] is not None
    assert people["examiner"] is not None
    api_token, _text = make_token(alder, people["supervisor"])
    with scope(alder.pk):
        Membership.objects.filter(user=people["deactivated"]).update(deactivated_at=timezone.now())
        gallery, case = make_gallery(alder), make_case(alder)
        member = case.members.get(user_id=untrained.pk)
        category = make_category(alder, retired=True)
        joiner = Membership.objects.get(user=people["auditor"])
        image, register = make_image(gallery, "P-1"), main_register(gallery)
        probe = make_probe(case, person_jpeg(1))
        search = make_search(probe, [gallery])
        awaiting = make_search(
            make_probe(case, person_jpeg(3)),
            [gallery],
            run=False,
            basis="authorized",
            reference="12/2026",
            document=PDF,
        )
        refused = make_refusal(make_probe(case, person_jpeg(4)), gallery)
        enrolment = make_enrolment(gallery, "P-2", person_jpeg(2))
        erasure = make_erasure(gallery)
        imported, _ = full_imports(gallery)
        run, hold = full_retention(alder)
        doubles = checking(make_gallery(alder, "Doubles"))
        enrolled(doubles, "P-3", 0)
        review = held(doubles, "P-4", 1)
        loan = make_loan(search, "somebody@elsewhere.example")
        alert = make_alert(search, untrained.pk)
        # By a person who is not in the table.
        examiner = make_actor(alder.pk, "eve", Role.EXAMINER)
        examination = start_examination(actor=examiner, search=search)
    one: dict[str, list[object]] = {
        "case": [case.pk],
        "probe": [probe.pk],
        "search": [search.pk],
        "gallery": [gallery.pk],
        "subject": [image.subject_id],
        "enrolment": [enrolment.pk],
        "retention_run": [run.pk],
        "retention_receipt": [run.pk],
        "gallery_retention": [gallery.pk],
        "hold_release": [hold.pk],
        "hold_gallery": [gallery.pk],
        "hold_subject": [image.subject_id],
        "hold_image": [image.pk],
        "erasure": [erasure.pk],
        "erasure_receipt": [erasure.pk],
        "erasure_retry": [erasure.pk],
        "erase_image": [image.pk],
        "erase_subject": [image.subject_id],
        "erase_gallery": [gallery.pk],
        "erase_probe": [probe.pk],
        "portrait": [image.pk],
        "gallery_review": [review.pk],
        "gallery_review_picture": [review.pk],
        "gallery_quality": [gallery.pk],
        "gallery_hygiene": [gallery.pk],
        "subject_best": [image.subject_id],
        "examination_take": [search.pk],
    }
    one |= {name: [examination.pk] for name in (*OF_EXAMINATION, "examination_return")}
    one |= {name: [examination.pk, 1] for name in AT_FACE}
    same = {"probe_turn": "probe", "probe_progress": "probe", "probe_picture": "probe"}
    same |= {"search_report": "search", "search_bundle": "search"}
    same |= dict.fromkeys(("probe_edit", "probe_undo", "probe_original"), "probe")
    arguments = one | {name: one[like] for name, like in same.items()}
    arguments |= {"probe_face": [probe.pk, 0], "probe_new": [case.pk]}
    arguments |= {"probe_draft": [probe.pk], "probe_new_draft": [case.pk]}
    with scope(alder.pk):
        arguments["draft_discard"] = [make_draft(probe, people["analyst"]).pk]
    of_gallery = ("enrolment_new", "gallery_sources", "subjects_export")
    arguments |= {name: [gallery.pk] for name in of_gallery}
    arguments |= {"register": [register.pk], "register_retire": [register.pk]}
    arguments |= {"gallery_source_remove": [gallery.pk, register.pk]}
    arguments |= {name: [gallery.pk] for name in ("imports", "import_new")}
    arguments |= {name: [imported.pk] for name in (*OF_IMPORT, *IMPORT_ACTS)}
    with scope(alder.pk):
        arguments["import_picture"] = [imported.entries.get().pk]
    of_case = ("timeline", "notes", "member_add", "owner", *ACTS)
    arguments |= {f"case_{name}": [case.pk] for name in of_case}
    arguments |= {"case_member_end": [case.pk, member.pk]}
    arguments |= {"category": [category.pk], "category_use": [category.pk]}
    deciding = ("search_document", "authorization", "authorization_refuse")
    arguments |= {name: [awaiting.pk] for name in deciding}
    arguments |= {"search_receipt": [refused.pk], "search_follow_up": [search.pk]}
    arguments["work_section"] = ["authorizations"]
    with scope(alder.pk):
        arguments["record_entry"] = [AuditEntry.objects.earliest("pk").pk]
        told = Notification.objects.filter(user=people["analyst"]).earliest("made_at")
        at_work = Membership.objects.get(user=people["examiner"])
        exercise = start_exercise(actor=actor_of(people["examiner"], alder, at_work, "127.0.0.1"))
    arguments["notification_open"] = [told.pk]
    arguments |= {name: [exercise.pk] for name in ("exercise", "exercise_answer")}
    arguments |= {"exercise_picture": [exercise.pk, 1, 1], "practice_picture": [1]}
    arguments["practice_examine"] = [search.pk]
    arguments["looked"] = ["case", case.pk]
    arguments["review"] = [running_week(alder).isoformat()]
    arguments |= {"search_lend": [search.pk]}
    of_alert = ("alert", "alert_take", "alert_hand_over", "alert_close", "alert_reopen")
    arguments |= {name: [alert.pk] for name in of_alert}
    on_loan = ("loan_revoke", "lent", "loan_decline", "loan_recall")
    arguments |= {name: [loan.pk] for name in on_loan}
    arguments |= {f"lent_{name}": [loan.pk] for name in LENT_PAGES}
    of_a_face = ("face", "decide", "face_portrait", "face_close_up", "face_picture")
    arguments |= {f"lent_examination_{name}": [loan.pk, 1] for name in of_a_face}
    given = make_offer(make_owner(alder, subjects=0), birch)
    offered = make_offer(make_owner(birch, subjects=0), alder)
    arguments |= {"gallery_grants": [gallery.pk], "shared_portrait": [uuid.uuid4()]}
    arguments |= {name: [given.pk] for name in ("gallery_grant", "gallery_grant_revoke")}
    arguments |= {name: [offered.pk] for name in ("grant_accept", "grant_decline")}
    with scope(alder.pk):
        examining_member = Membership.objects.get(user=people["examiner"])
        waiting = make_invitation(alder)
    link = str(mail.outbox[-1].body).split("/invitation/")[1].split("/")[0]
    for name in (*ON_MEMBERS, "member_release", "member_factors_reset"):
        arguments[name] = [examining_member.pk]
    arguments |= {"invitation_resend": [waiting.pk], "invitation_revoke": [waiting.pk]}
    arguments["invitation"] = [link]
    arguments["invoice_file"] = [full_billing(alder).pk]
    with scope(alder.pk):
        certificate = TrainingCertificate.objects.get()
    on_certificate = ("certificate_evidence", "certificate_withdraw")
    arguments |= {name: [certificate.pk] for name in on_certificate}
    with scope(alder.pk):
        arguments["license_download"] = [LicenseVersion.objects.earliest("pk").pk]
    arguments |= {"token_revoke": [api_token.pk], "session_end": [0]}
    webhook, _secret = make_webhook(alder)
    with scope(alder.pk):
        send_test(actor=command_actor("test", alder.pk), endpoint=webhook)
        arguments["webhook_replay"] = [WebhookDelivery.objects.get().pk]
    arguments["webhook"] = [webhook.pk]
    for act in ("edit", "switch", "rotate", "remove", "test"):
        arguments[f"webhook_{act}"] = [webhook.pk]
    provider = make_provider(alder)
    make_link(provider, people["supervisor"])
    with scope(alder.pk):
        domain, sign_on_link = SignOnDomain.objects.get(), SignOnLink.objects.get()
    arguments |= {n: [provider.pk] for n in ("openid_connect_login", "openid_connect_callback")}
    arguments |= {"sign_on_domain_remove": [domain.pk], "sign_on_link_release": [sign_on_link.pk]}
    arguments |= {"mfa_remove_webauthn": [0], "mfa_edit_webauthn": [0]}
    arguments["account_reset_password_from_key"] = ["1", "x-y"]
    arguments |= {"export_download": [alder.pk], "export_destroy": [alder.pk]}
    with scope(alder.pk):
        place = Destination(kind="email", target="court@example.org", added_by_label="x")
        place.save(force_insert=True)
    arguments["destination_remove"] = [place.pk]
    with scope(alder.pk):
        report = make_transparency_report(alder, "2025")
        publish_report(actor=command_actor("test", alder.pk), report=report)
        unpublished = make_transparency_report(alder, "2024")
    arguments |= {"transparency_report": [report.pk], "transparency_withdraw": [report.pk]}
    arguments |= {"transparency_file": [report.pk, "public", "csv"]}
    arguments["transparency_publish"] = [unpublished.pk]
    in_form = ("transparency_form", "transparency_form_file")
    arguments |= {name: [report.pk, "maryland"] for name in in_form}
    arguments |= {"public_transparency": ["alder"], "public_transparency_report": ["alder", "2025"]}
    arguments["public_transparency_file"] = ["alder", "2025", "csv"]
    with scope(alder.pk):
        taken = full_requests(alder)
        letter, chosen = taken.request.letters.get(), taken.request.subjects.get()
    following = (alder.slug, taken.token)
    arguments |= {"public_page": [alder.slug], "public_request_letter": [*following, letter.pk]}
    of_public = ("public_request", "public_request_message", "public_request_withdraw")
    arguments |= {name: [*following] for name in of_public}
    arguments |= {"request": [taken.request.pk], "request_act": [taken.request.pk, "note"]}
    arguments |= {"request_letter": [letter.pk], "request_erase": [taken.request.pk]}
    arguments["request_subject_remove"] = [taken.request.pk, chosen.pk]
    with scope(alder.pk):
        shadow = full_engine_change(gallery)
    arguments |= {n: [gallery.pk] for n in ("engine_changes", "engine_change_new")}
    of_change = ("", "_pace", "_retry", "_rejected", "_switch", "_end", "_compare")
    arguments |= {f"engine_change{name}": [shadow.change_id] for name in of_change}
    arguments |= {"shadow_search": [shadow.pk], "shadow_report": [shadow.pk]}
    picture: dict[str, object] = {"submission_key": uuid.uuid4()}
    posts: dict[str, dict[str, object]] = {
        "case_new": {"number": "X-1", "title": "x", "purpose": "missing_person"},
        "case_notes": {"text": "x"},
        "case_member_add": {"person": joiner.user_id},
        "case_member_end": {},
        "case_owner": {"person": joiner.user_id},
        "case_cap": {"cap": 5, "reason": "For a good reason"},
        **{f"case_{name}": {"reason": "For a good reason"} for name in ACTS if name != "cap"},
        "categories": {"name": "x", "purpose": "missing_person"},
        "category": {"name": "x"},
        "category_use": {},
        "probe_new": {**CAPTURE_FIELDS, **picture},
        "probe_edit": {"operation": "rotate", "degrees": 5, "seen": probe.shown_as, **picture},
        "probe_undo": {"seen": probe.shown_as},
        "probe": {
            "face": 0,
            "galleries": [gallery.pk],
            "purpose": "missing_person",
            "limit": 20,
            **picture,
        },
        "probe_turn": {"direction": "left"},
        "examination_take": {},
        "examination_decide": {"disposition": "excluded", "nose": "dissimilar"},
        "examination_submit": {},
        "examination_return": {},
        "authorization": {"reason": "The warrant is valid"},
        "authorization_refuse": {"reason": "The warrant is not valid"},
        "gallery_new": {
            "name": "x",
            "source": "x",
            "source_kind": "arrest_photographs",
            "legal_basis": "x",
            "retention_days": 1,
            "purposes": ["missing_person"],
        },
        "gallery_sources": {"register": "x"},
        "register_new": {
            "name": "x",
            "kind": "arrest_photographs",
            "legal_basis": "x",
            "retention_days": 1,
            "purposes": ["missing_person"],
        },
        "register_retire": {},
        "gallery_source_remove": {},
        "register": {"name": "x", "retention_days": 1, "purposes": ["missing_person"]},
        "enrolment_new": {"reference": "x", **picture},
        "import_new": {"archive_name": "x.zip", "archive_size": 10, **picture},
        **{name: {} for name in (*IMPORT_ACTS, "import_cancel", "import_close")},
        "gallery_reviews_keep": {"item": [review.pk], "confirmed": "yes"},
        "gallery_review": {"decision": "discard"},
        "gallery_quality": {"duplicate_check": "off"},
        "gallery_hygiene": {"submission_key": uuid.uuid4()},
        "subject_best": {"image": image.pk},
        "set_language": {"language": "fr"},
        "invite": {"email": "new@alder.example", "roles": ["analyst"], "language": "en"},
        "member": {"roles": ["admin"]},
        "member_deactivate": {},
        "member_reactivate": {},
        "member_factors_reset": {},
        "member_release": {},
        "agency_settings_change": {"idle_minutes": 5},
        "invitation_resend": {},
        "invitation_revoke": {},
        "account": {"name": "x"},
        "password_change": {},
        "token_new": {"name": "x", "permissions": ["cases.view"], "days": 5},
        "token_revoke": {},
        "notification_open": {},
        "probe_draft": {},
        "probe_new_draft": {},
        "draft_discard": {},
        "practice_example": {},
        "practice_examine": {},
        "exercise_start": {},
        "exercise_answer": {},
        "proficiency_rules": {"pairs": 1},
        "notifications_read": {},
        **{f"webhook_{act}": {} for act in ("switch", "rotate", "test", "replay", "remove")},
        "webhook_new": {"url": "https://hooks.example.org/", "events": ["search.stage"]},
        "webhook_edit": {"url": "https://hooks.example.org/", "events": ["search.stage"]},
        "session_end": {},
        "sessions_end_others": {},
        "certificate_new": {"title": "x"},
        "certificate_withdraw": {"reason": "x"},
        "certificates_require": {"required": "on"},
        "export_download": {},
        "export_destroy": {"short_name": "alder"},
        "switch_agency": {"agency": birch.pk},
        "alert_take": {},
        "alert_hand_over": {"user_id": joiner.user_id, "reason": "For a good reason"},
        "alert_close": {"disposition": "justified", "note": "For a good reason"},
        "alert_reopen": {"reason": "For a good reason"},
        "search_bundle": {},
        "publishing": {"kind": "file"},
        "destination_remove": {},
        "record_export": {"contents": "on"},
        "review": {"looked": "on", "finding": "nothing"},
        "public_page_settings": {"seen": 2, "en_policy": "x"},
        "public_page_switch": {"to": "off"},  # without the version that was seen: a message
        "request_new": {"kind": "access"},
        "erasure_retry": {},
        "retention_run_now": {},
        "gallery_retention": {"days": 1, "confirmed": "on"},
        "hold_release": {"reason": "For a good reason"},
        **{
            f"hold_{of}": {"reason": "For a good reason", "submission_key": uuid.uuid4()}
            for of in ("gallery", "subject", "image")
        },
        "request_erase": {},
        **{f"erase_{name}": {} for name in ("image", "subject", "gallery", "probe")},
        "request_act": {"text": "x"},
        "request_subject_remove": {},
        "single_sign_on": {"name": "x", "issuer": "https://idp.example", "client_id": "x"},
        "sign_on_domains": {"domain": "x.example"},
        "sign_on_domain_remove": {},
        "sign_on_link_release": {},
        "sign_on_switch": {"to": "off"},
        "gallery_grants": {
            "agency": "birch",
            "purposes": ["missing_person"],
            "starts_on": today().isoformat(),
            "ends_on": today().isoformat(),
            "searches": 1,
            "agreement": "1/2026",
            "reason": "For a good reason",
        },
        "gallery_grant_revoke": {"reason": "For a good reason"},
        "origin": {"code": "x"},
        "grant_accept": {},
        "grant_decline": {},
        "search_lend": {"email": "x@birch.example", "days": 7, "reason": "Nobody is here"},
        "loan_revoke": {},
        "lent": {},
        "loan_decline": {},
        "loan_recall": {},
        "lent_examination_decide": {},
        "lent_examination_submit": {},
        "lent_examination_return": {},
        "transparency": {"period": "2025"},
        "transparency_publish": {},
        "transparency_withdraw": {},
        "engine_change_new": {"contract": "x"},
        "engine_change_pace": {"act": "pause"},
        "engine_change_retry": {},
        "engine_change_switch": {"losses": 1},
        "engine_change_end": {},
        "engine_change_compare": {"searches": 10, **picture},
    }
    return World(alder, people, arguments, posts)


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            # The platform's pages have a table of their own (accounts/test_platform_admin.py),
            # and so has the API (api/test_access.py).
            if pattern.namespace != "platform" and str(pattern.pattern) != "api/v1/":
                found |= names(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            found.add(pattern.name)
    return found


def test_no_address_is_forgotten() -> None:
    assert names(get_resolver().url_patterns) == set(TABLE)


def contents(agency: Agency) -> tuple[int, ...]:
    """How many rows the agency has of each kind, in one query: it is asked for every address."""
    with scope(agency.pk), connection.cursor() as cursor:
        of_cases = (CaseMember, CaseNote, CaseCategory)
        searching = (
            *of_cases,
            Case,
            Probe,
            ProbeEdit,
            SearchDraft,
            Search,
            Gallery,
            GalleryGrant,
            GallerySource,
            SourceRegister,
            Subject,
            FaceImage,
            Enrolment,
            Erasure,
            LegalHold,
            RetentionRun,
        )
        examining = (Examination, ExaminationItem, RecordReview, MisuseAlert, AlertEvent)
        hooks = (WebhookEndpoint, WebhookDelivery)
        models = (
            *searching,
            *hooks,
            Membership,
            Invitation,
            ApiToken,
            TrainingCertificate,
            SecurityPolicy,
        )
        letters = (RequestLetter, PublicPage, TransparencyReport)
        answering = (SubjectRequest, RequestNote, RequestSubject, *letters)
        signing_on = (IdentityProvider, SignOnDomain, SignOnLink)
        training = (Exercise, ExerciseAnswer)
        asked = (*models, *signing_on, *examining, *answering, *training)
        every = (*asked, ExaminerLoan, AuditEntry)
        tables = [model._meta.db_table for model in every]
        counts = [f"(SELECT count(*) FROM {name} WHERE agency_id = {agency.pk})" for name in tables]
        cursor.execute(f"SELECT {', '.join(counts)}")
        counted: tuple[int, ...] = cursor.fetchone()
        changes = EngineChange.objects.values_list("stage", "asked", "paused", "throttle")
        return (*counted, hash(tuple(changes)))


@pytest.mark.parametrize("person", [*PEOPLE, "untrained", *OUTSIDE])
def test_everybody_sees_what_the_table_says(client: Client, world: World, person: str) -> None:
    user = world.people[person]
    seen = {}
    for name in TABLE:
        if user is not None:
            client.force_login(user)
        else:
            client.logout()
        before = contents(world.agency)
        address = reverse(name, args=world.arguments.get(name, []))
        if name in POST_ONLY:
            response = client.post(address, world.posts.get(name, {}))
        else:
            response = client.get(address)
        seen[name] = response.status_code
        if response.status_code in (403, 404):
            assert contents(world.agency) == before, name
        if response.status_code == L and user is None and name != "account_login":
            assert response["Location"].startswith(("/login/", "/")), name
    assert seen == expected(person)


@pytest.mark.parametrize("person", [*PEOPLE, "untrained", *OUTSIDE])
def test_a_denied_post_changes_nothing(client: Client, world: World, person: str) -> None:
    user = world.people[person]
    statuses = expected(person)
    for name, values in world.posts.items():
        # Whoever has the right may be told that it is not the time (409) or what is missing (422).
        allowed = statuses[name] in (200, 302, 409, 422) and user is not None
        if allowed:
            continue
        if user is not None:
            client.force_login(user)
        before = contents(world.agency)
        address = reverse(name, args=world.arguments.get(name, []))
        response = client.post(address, values)
        assert response.status_code in (302, 403, 404), name
        if response.status_code == 302:
            assert response["Location"].startswith("/login/") or name == "set_language"
        assert contents(world.agency) == before, name


def test_switching_to_a_foreign_agency_changes_nothing(client: Client, world: World) -> None:
    user = world.people["analyst"]
    assert user is not None
    client.force_login(user)
    client.post(reverse("switch_agency"), world.posts["switch_agency"])
    assert client.get(reverse("home")).context["agency"] == world.agency


def test_unsafe_methods_without_a_token_are_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    user = world.people["analyst"]
    assert user is not None
    client.force_login(user)
    before = contents(world.agency)
    for name, values in world.posts.items():
        response = client.post(reverse(name, args=world.arguments.get(name, [])), values)
        assert response.status_code == 403, name
    assert contents(world.agency) == before
