from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.services import sessions, user_sessions  # noqa: F401 - log-in signals
