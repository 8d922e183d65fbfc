"""django-ca issues certificates with a P-256 authority, in two processes.

Run by the interpreter of django-ca's own virtual environment: `HOST DATABASE USER KEYS RUNS MANY`.
Prints for each run its rate, certificates a second, and the seconds of processor time it took.
"""

import multiprocessing
import resource
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PROCESSES = 2
HOST, DATABASE, USER, KEYS = sys.argv[1:5]
RUNS, MANY = int(sys.argv[5]), int(sys.argv[6])


def set_up() -> None:
    """Its tables and one authority."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.urls import include, path

    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": DATABASE,
                "USER": USER,
                "HOST": HOST,
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_ca"],
        SECRET_KEY="unused",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        CA_DEFAULT_HOSTNAME="ca.example.com",
        CA_USE_CELERY=False,
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "django-ca": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": KEYS},
            },
        },
    )
    django.setup()
    settings.ROOT_URLCONF = (path("django_ca/", include("django_ca.urls")),)
    call_command("migrate", verbosity=0)
    call_command("init_ca", "bench", "CN=Bench,C=CN", key_type="EC", stdout=sys.stderr)


def requests(many: int) -> list[x509.CertificateSigningRequest]:
    """Made and parsed before the clock runs."""
    made = []
    for _ in range(many):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        made.append(builder.sign(key, hashes.SHA256()))
    return made


def issue(some: list[x509.CertificateSigningRequest], gate: object) -> None:
    """What `manage.py sign_cert` and the API call, without their front ends."""
    from django.db import connection
    from django_ca.models import Certificate, CertificateAuthority

    authority = CertificateAuthority.objects.get(name="bench")
    options = authority.key_backend.get_use_private_key_options(authority, {})
    connection.ensure_connection()
    gate.wait()  # both are ready: the clock starts
    for number, request in enumerate(some):
        subject = x509.Name(
            [
                x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, f"user{number}.example.com"),
            ]
        )
        Certificate.objects.create_cert(authority, options, request, subject=subject)


def run(many: int) -> float:
    from django.db import connection

    connection.close()
    fork = multiprocessing.get_context("fork")
    gate = fork.Barrier(PROCESSES + 1)
    shares = [requests(many // PROCESSES) for _ in range(PROCESSES)]
    workers = [fork.Process(target=issue, args=(share, gate)) for share in shares]
    for worker in workers:
        worker.start()
    gate.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    taken = time.perf_counter() - begun
    if any(worker.exitcode for worker in workers):
        raise SystemExit("a process of django-ca failed")
    return many / taken


def processor_time() -> float:
    """Of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


set_up()
run(MANY)
print("begin", flush=True)
for _ in range(RUNS):
    before = processor_time()
    print(run(MANY), processor_time() - before, flush=True)
