"""Control of a name is what workers saw (CPS 3.2.4): the staff site's role asks, and proves none.

A column grant cannot say it, because whoever asks anew clears what was found before.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION ra_staff_ask_for_proofs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.method = '' AND NEW.proved_at IS NULL AND NEW.valid_until IS NULL THEN
    RETURN NEW;  -- and not proved, says a constraint
  ELSIF TG_OP = 'UPDATE' THEN
    IF (NEW.state, NEW.method, NEW.proved_at, NEW.valid_until, NEW.findings, NEW.reason, NEW.token)
      IS NOT DISTINCT FROM
      (OLD.state, OLD.method, OLD.proved_at, OLD.valid_until, OLD.findings, OLD.reason, OLD.token)
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the staff site asks for proofs and proves none'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGERS = """
CREATE TRIGGER ra_nameproof_staff_ask BEFORE INSERT OR UPDATE ON ra_nameproof
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ra_staff_ask_for_proofs();
ALTER TABLE ra_nameproof ENABLE ALWAYS TRIGGER ra_nameproof_staff_ask
"""
BACK = """
DROP TRIGGER ra_nameproof_staff_ask ON ra_nameproof;
DROP FUNCTION ra_staff_ask_for_proofs()
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0026_headquarters")]
    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGERS, BACK)]
