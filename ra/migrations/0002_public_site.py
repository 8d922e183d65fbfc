"""What keeps the public site's role small where a column grant cannot.

Decoys: the row that is tried when an unknown number is asked for, so that asking costs the same.
Trigger: that role may update `state`, because taking a certificate accepts it; this step and no
other. Its name must be the one of `anxin/grants.py`.
"""

import secrets
from datetime import UTC, datetime

from django.db import migrations

DECOY = "-"

FUNCTION = """
CREATE FUNCTION ra_public_only_accepts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'anxin_public' AND NOT (OLD.state = 'issued' AND NEW.state = 'accepted') THEN
    RAISE EXCEPTION 'the public site accepts certificates and does nothing else'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER ra_application_public BEFORE UPDATE OF state ON ra_application
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ra_public_only_accepts();
ALTER TABLE ra_application ENABLE ALWAYS TRIGGER ra_application_public
"""
BACK = "DROP TRIGGER ra_application_public ON ra_application; DROP FUNCTION ra_public_only_accepts()"


def add_decoys(apps, schema_editor):
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    apps.get_model("ra", "StatusAccess").objects.create(
        number=DECOY, code_hash=secrets.token_bytes(32)
    )
    apps.get_model("ra", "DownloadCredential").objects.create(
        state="expired",
        reference=DECOY,
        code_hash=secrets.token_bytes(32),
        issued_at=long_ago,
        expires_at=long_ago,
    )


def remove_decoys(apps, schema_editor):
    apps.get_model("ra", "StatusAccess").objects.filter(number=DECOY).delete()
    apps.get_model("ra", "DownloadCredential").objects.filter(reference=DECOY).delete()


class Migration(migrations.Migration):
    dependencies = [("ra", "0001_initial")]
    operations = [
        migrations.RunPython(add_decoys, remove_decoys),
        migrations.RunSQL(FUNCTION + ";" + TRIGGER, BACK),
    ]
