"""An approval that was used stays so: what was done by it is proved by it (CPS 5.4.1)."""

from django.db import migrations

STAYS = """
CREATE FUNCTION people_used_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an approval that was used stays so' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER people_approval_used BEFORE UPDATE OF state ON people_approval
  FOR EACH ROW WHEN (OLD.state = 'used' AND NEW.state <> OLD.state)
  EXECUTE FUNCTION people_used_is_final();
ALTER TABLE people_approval ENABLE ALWAYS TRIGGER people_approval_used
"""
STAYS_BACK = """
DROP TRIGGER people_approval_used ON people_approval;
DROP FUNCTION people_used_is_final()
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0011_ceremonies_alarm")]
    operations = [migrations.RunSQL(STAYS, STAYS_BACK)]
