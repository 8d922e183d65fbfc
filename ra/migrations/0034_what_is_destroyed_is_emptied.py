"""Who a subscriber is, and what was proved of them, is emptied and never rewritten (CPS 3.2.3).

Column grants cannot say it, because the staff site's role destroys what was kept long enough. Who
comes back is sealed anew.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION ra_staff_destroys_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the staff site empties what is destroyed and rewrites nothing'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGERS = """
CREATE TRIGGER ra_subscriber_staff_empty BEFORE UPDATE ON ra_subscriber
  FOR EACH ROW WHEN (
    current_user = 'anxin_staff'
    AND ((NEW.identity IS DISTINCT FROM OLD.identity OR NEW.data_key <> OLD.data_key)
         AND NEW.identity <> ''::bytea AND OLD.identity <> ''::bytea
      OR (NEW.document_index <> OLD.document_index OR NEW.name_index <> OLD.name_index)
         AND NEW.identity <> ''::bytea)
  )
  EXECUTE FUNCTION ra_staff_destroys_alone();
ALTER TABLE ra_subscriber ENABLE ALWAYS TRIGGER ra_subscriber_staff_empty;
CREATE TRIGGER ra_verification_staff_empty BEFORE UPDATE ON ra_verification
  FOR EACH ROW WHEN (
    current_user = 'anxin_staff'
    AND NEW.proves IS DISTINCT FROM OLD.proves AND NEW.proves <> '{}'::jsonb
  )
  EXECUTE FUNCTION ra_staff_destroys_alone();
ALTER TABLE ra_verification ENABLE ALWAYS TRIGGER ra_verification_staff_empty
"""
BACK = """
DROP TRIGGER ra_subscriber_staff_empty ON ra_subscriber;
DROP TRIGGER ra_verification_staff_empty ON ra_verification;
DROP FUNCTION ra_staff_destroys_alone()
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0033_months_have_figures")]
    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGERS, BACK)]
