"""A notice stays as it was written and was told to whom it was told (CPS 4.3.2).

A column grant cannot say it, because the staff site's role empties the notices of what is destroyed.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION ra_staff_empty_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the staff site empties notices and rewrites none'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGERS = """
CREATE TRIGGER ra_notice_staff_empty BEFORE UPDATE ON ra_notice
  FOR EACH ROW WHEN (
    current_user = 'anxin_staff'
    AND (NEW.sealed IS DISTINCT FROM OLD.sealed AND NEW.sealed <> ''::bytea
      OR NEW.masked_to IS DISTINCT FROM OLD.masked_to AND NEW.masked_to <> '')
  )
  EXECUTE FUNCTION ra_staff_empty_notices();
ALTER TABLE ra_notice ENABLE ALWAYS TRIGGER ra_notice_staff_empty
"""
BACK = """
DROP TRIGGER ra_notice_staff_empty ON ra_notice;
DROP FUNCTION ra_staff_empty_notices()
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0031_consents")]
    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGERS, BACK)]
