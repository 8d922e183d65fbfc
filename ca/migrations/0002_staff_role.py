"""What keeps the staff site's role small where a column grant cannot.

Workers sign the bytes of a planned certificate as they stand. So that role may bring orders and
take a valid certificate to revoked, and nothing else; its name must be the one of
`anxin/grants.py`.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION ca_staff_orders_and_revokes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'ordered' AND NEW.serial IS NULL AND NEW.tbs IS NULL AND NEW.der IS NULL THEN
      RETURN NEW;
    END IF;
  ELSIF OLD.state = 'valid' AND NEW.state = 'revoked' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the staff site orders and revokes certificates and does nothing else'
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGERS = """
CREATE TRIGGER ca_certificate_staff_orders BEFORE INSERT ON ca_certificate
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_orders_and_revokes();
CREATE TRIGGER ca_certificate_staff_revokes BEFORE UPDATE OF state ON ca_certificate
  FOR EACH ROW WHEN (current_user = 'anxin_staff' AND OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION ca_staff_orders_and_revokes();
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_orders;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_revokes
"""
BACK = """
DROP TRIGGER ca_certificate_staff_orders ON ca_certificate;
DROP TRIGGER ca_certificate_staff_revokes ON ca_certificate;
DROP FUNCTION ca_staff_orders_and_revokes()
"""


class Migration(migrations.Migration):
    dependencies = [("ca", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTION + ";" + TRIGGERS, BACK)]
