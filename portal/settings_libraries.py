"""How the libraries are used. Nothing here depends on the environment."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# --- django-allauth -------------------------------------------------------------------------------
# Accounts are made by invitation; an address is proved by its link.
ACCOUNT_ADAPTER = "accounts.login.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_TIMEOUT = 600
# Per account; the lock of an account is our own and stricter. Per address of the network under a
# name of our own, because allauth clears its own counts too early (accounts/login/attempts.py).
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/15m/key",
    "login_failed_from": "30/15m/ip",
    "reset_password": "20/15m/ip,3/15m/key",
    "reauthenticate": "10/m/user",
    "sign_on": "60/15m/ip",
    "public": "60/m/ip",
}
ACCOUNT_FORMS = {
    "login": "accounts.login.forms.LoginForm",
    "reset_password": "accounts.login.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.login.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.login.forms.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.login.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A clock may be half a minute off; a code counts once all the same.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.login.forms.CodeForm",
    "reauthenticate": "accounts.login.forms.CodeAgainForm",
    "activate_totp": "accounts.login.forms.ActivateForm",
    "authenticate_webauthn": "accounts.login.forms.PasskeyForm",
    "login_webauthn": "accounts.login.forms.PasskeyAloneForm",
    "reauthenticate_webauthn": "accounts.login.forms.PasskeyAgainForm",
    "add_webauthn": "accounts.login.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.login.forms.RenamePasskeyForm",
}

# Identity providers of agencies (accounts/login/single_sign_on).
SOCIALACCOUNT_ADAPTER = "accounts.login.single_sign_on.adapter.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False

# --- django-unfold: the platform's pages ---------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Candor",
    "SITE_HEADER": _("Candor: platform"),
    "SITE_URL": None,
    "SITE_SYMBOL": "domain",
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda request: static("portal/candor.svg")}],
    "STYLES": [lambda request: static("accounts/platform.css")],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": [{"title": _("To the portal"), "link": "/"}]},
}

# --- Django REST framework ------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.rest.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.rest.limits.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "accounts.rest.media.VersionedRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "accounts.rest.paging.Pages",
    "DEFAULT_FILTER_BACKENDS": ["accounts.rest.filters.Filters", "accounts.rest.filters.Ordering"],
    "DEFAULT_SCHEMA_CLASS": "accounts.rest.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "accounts.rest.problems.answer",
    "UNAUTHENTICATED_USER": None,
    # Only Accept chooses the media type.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Candor",
    "DESCRIPTION": "Accountable face search for agencies. See docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    # Others ask for the agency whose rows they give.
    "DEFAULT_QUERY_MANAGER": "_base_manager",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices that several resources have, or of which one has some, go by their own names.
    "ENUM_NAME_OVERRIDES": {
        "Purpose": "accounts.purposes.Purpose",
        "AlertDecision": "oversight.models.AlertDisposition",
        "ReviewDecision": "galleries.models.ReviewDecision",
        "RequestStage": "oversight.models.request_words.RequestState",
        "SourceKind": "accounts.purposes.SourceKind",
        "JobState": "searches.models.JobState",
        "LegalBasis": "searches.models.Basis",
        "ImportKind": "galleries.models.ImportKind",
        "ErasureTarget": "galleries.models.ErasureTarget",
        "ErasureCause": "galleries.models.ErasureCause",
        "GivenCause": "galleries.forms_erasure.GIVEN",
        "HoldTarget": "galleries.models.HoldTarget",
        "ReviewKind": "galleries.models.ReviewKind",
        "ReviewState": "galleries.models.ReviewState",
        "RecordOutcomeEnum": "portal.audit.outcomes.Outcome",
        "OutcomeEnum": "searches.models.Outcome",
        "SearchStageEnum": "searches.models.Stage",
        "FollowUpOutcomeEnum": "searches.models.FollowUpOutcome",
        "ExaminationStateEnum": "searches.models.ExaminationState",
        "GrantState": "searches.models.GrantState",
        "GrantUseState": "searches.models.UseState",
        "ImportStageEnum": "galleries.models.ImportStage",
        "EngineChangeStage": "galleries.models.ChangeStage",
        "EngineSwitch": "galleries.models.Switch",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "validatorUrl": None,
        "tagsSorter": "alpha",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.rest.schema.describe_everywhere",
    ],
    "AUTHENTICATION_WHITELIST": ["accounts.rest.authentication.TokenAuthentication"],
}
