"""Who may do what to which table: the database's own copy of the staircase.

The owner role creates tables and is used for migrations only. `manage.py grant` applies this
page. A table that is not named here belongs to nobody but the owner, and a test fails.
"""

ROLES = ("anxin_staff", "anxin_worker", "anxin_public")

ALL = "SELECT, INSERT, UPDATE, DELETE"
KEEP = "SELECT, INSERT, UPDATE"  # rows that must not vanish
ADD = "SELECT, INSERT"  # append-only
READ = "SELECT"

# table -> role -> privileges; "SELECT (a, b)" names columns
GRANTS: dict[str, dict[str, str]] = {
    "django_session": {"anxin_staff": ALL, "anxin_worker": ALL},
    "django_content_type": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group_permissions": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_permission": {"anxin_staff": READ, "anxin_worker": READ},
    "django_migrations": {"anxin_staff": READ, "anxin_worker": READ, "anxin_public": READ},
    # kmc: a destroyed key leaves its row; the public site opens nothing
    "kmc_datakey": {
        "anxin_staff": "SELECT, INSERT, UPDATE (wrapped, kek_id, destroyed_at)",
        "anxin_worker": "SELECT, INSERT, UPDATE (wrapped, kek_id, destroyed_at)",
    },
}
