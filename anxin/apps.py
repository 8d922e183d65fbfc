from django.apps import AppConfig


class AnxinConfig(AppConfig):
    name = "anxin"

    def ready(self) -> None:
        from anxin import checks  # noqa: F401, PLC0415 -- registers the system checks
        from anxin.celery_app import app  # noqa: PLC0415 -- needs the app registry

        # Now, not when the first worker starts: `enqueue` looks tasks up in every process.
        app.autodiscover_tasks(force=True)
