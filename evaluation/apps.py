from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    """Measures engines on labelled folders. It has no models: nothing of it is stored."""

    name = "evaluation"
