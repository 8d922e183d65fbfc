"""Who may do what to which table: the database's own copy of the staircase.

The owner role creates tables and is used for migrations only. `manage.py grant` applies this
page. A table that is not named here belongs to nobody but the owner, and a test fails.
"""

ROLES = ("anxin_staff", "anxin_worker", "anxin_public")

ALL = "SELECT, INSERT, UPDATE, DELETE"
KEEP = "SELECT, INSERT, UPDATE"  # rows that must not vanish
ADD = "SELECT, INSERT"  # append-only
READ = "SELECT"
WRITE_ENTRY = (
    "INSERT (at, actor_id, actor_name, actor_roles, address, action, outcome, subject, details)"
)

# table -> role -> privileges; "SELECT (a, b)" names columns
GRANTS: dict[str, dict[str, str]] = {
    "django_session": {"anxin_staff": ALL, "anxin_worker": ALL},
    "django_content_type": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_group_permissions": {"anxin_staff": READ, "anxin_worker": READ},
    "auth_permission": {"anxin_staff": READ, "anxin_worker": READ},
    "django_migrations": {"anxin_staff": READ, "anxin_worker": READ, "anxin_public": READ},
    # audit: `xid` is the database's to fill in; only the worker chains, nobody changes anything
    "audit_entry": {
        "anxin_staff": f"SELECT, {WRITE_ENTRY}",
        "anxin_worker": f"SELECT, {WRITE_ENTRY}",
        "anxin_public": WRITE_ENTRY,
    },
    "audit_link": {"anxin_staff": READ, "anxin_worker": ADD},
    # people: nothing vanishes, and a vote stays as it was cast
    "people_staffmember": {"anxin_staff": KEEP, "anxin_worker": READ},
    "people_formerpassword": {"anxin_staff": ADD},
    "people_onetimedevice": {"anxin_staff": KEEP},
    "people_appointment": {"anxin_staff": KEEP, "anxin_worker": READ},
    "people_approval": {
        "anxin_staff": "SELECT, INSERT, UPDATE (state)",
        "anxin_worker": "SELECT, UPDATE (state)",
    },
    "people_vote": {"anxin_staff": ADD, "anxin_worker": READ},
    # kmc: a destroyed key leaves its row; the public site opens nothing
    "kmc_datakey": {
        "anxin_staff": "SELECT, INSERT, UPDATE (wrapped, kek_id, destroyed_at)",
        "anxin_worker": "SELECT, INSERT, UPDATE (wrapped, kek_id, destroyed_at)",
    },
}
