from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Agencies and staff")

    def ready(self) -> None:
        from accounts import (  # noqa: F401 - what it adds to pages of all apps
            home_parts,
            notification_parts,
            sealed_parts,
        )
        from accounts.access import files_of
        from accounts.moving import own_rules  # noqa: F401 - it registers itself
        from accounts.moving.former import forget_contents
        from accounts.services import (  # noqa: F401 - signals
            factors,
            locking,
            sessions,
            user_sessions,
        )
        from portal.audit.contents import on_destroyed, seal_with

        seal_with(files_of)
        on_destroyed(forget_contents)
