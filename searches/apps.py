from django.apps import AppConfig


class SearchesConfig(AppConfig):
    name = "searches"

    def ready(self) -> None:
        from searches import offboarding  # noqa: F401 - what the end of an agency must know
