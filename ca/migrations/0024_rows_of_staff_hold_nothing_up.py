"""What the staff site's role writes keeps no revocation and no activation from anybody else.

A revocation says of a certificate what the certificate says, and stands only for one that is
revoked by the same transaction. What is asked about custody is asked now: workers compute with the
times. Its name must be the one of `anxin/grants.py`.
"""

from django.db import migrations

# `entry` is what every list will say, DER (RFC 5280 5.1): a SEQUENCE, and in it the serial number
REVOKES = """
CREATE FUNCTION ca_staff_revokes_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said ca_certificate%ROWTYPE;
  named bytea;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  named := decode(repeat('0', length(said.serial) % 2) || said.serial, 'hex');
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR NEW.ending_id IS NOT NULL OR NEW.listed_at IS NOT NULL
     OR octet_length(NEW.entry) < 8 OR get_byte(NEW.entry, 0) <> 48
     OR get_byte(NEW.entry, 1) <> octet_length(NEW.entry) - 2 OR get_byte(NEW.entry, 2) <> 2
     OR coalesce(position(named IN NEW.entry), 0)
        <> 5 + get_byte(NEW.entry, 3) - octet_length(named) THEN
    RAISE EXCEPTION 'a revocation says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_revokes_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ca_certificate c JOIN ca_revocation r ON r.certificate_id = c.id
                 WHERE c.id = number AND c.state = 'revoked') THEN
    RAISE EXCEPTION 'a certificate is revoked with its revocation, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ca_revocation_staff_says BEFORE INSERT ON ca_revocation
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_what_is_there();
CREATE CONSTRAINT TRIGGER ca_revocation_staff_revokes AFTER INSERT ON ca_revocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_whole('certificate_id');
CREATE CONSTRAINT TRIGGER ca_certificate_staff_revokes_whole AFTER UPDATE OF state ON ca_certificate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'anxin_staff' AND NEW.state = 'revoked' AND OLD.state <> 'revoked')
  EXECUTE FUNCTION ca_staff_revokes_whole('id');
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_says;
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_revokes;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_revokes_whole
"""
REVOKES_BACK = """
DROP TRIGGER ca_certificate_staff_revokes_whole ON ca_certificate;
DROP TRIGGER ca_revocation_staff_revokes ON ca_revocation;
DROP TRIGGER ca_revocation_staff_says ON ca_revocation;
DROP FUNCTION ca_staff_revokes_whole();
DROP FUNCTION ca_staff_revokes_what_is_there()
"""
# State and time of what staff write; clocks of two hosts may differ
ASKED = {
    "ca_activation": ("asked", "asked_at"),
    "ca_broughtshare": ("waiting", "brought_at"),
    "ca_custodyset": ("drafted", "drafted_at"),
    "ca_stoporder": ("ordered", "ordered_at"),
}
ASKS = """
CREATE FUNCTION ca_staff_asks_now() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moment timestamptz := (to_jsonb(NEW) ->> TG_ARGV[1])::timestamptz;
BEGIN
  IF NEW.state <> TG_ARGV[0] OR moment > now() + interval '1 day' OR moment < '2000-01-01' THEN
    RAISE EXCEPTION 'the staff site asks about custody, today, and notes no results'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$
"""
ASK = """
CREATE TRIGGER {table}_staff_asks BEFORE INSERT ON {table}
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_asks_now('{state}', '{moment}');
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_staff_asks
"""


class Migration(migrations.Migration):
    dependencies = [("ca", "0023_custody_records")]
    operations = [
        migrations.RunSQL(REVOKES, REVOKES_BACK),
        migrations.RunSQL(ASKS, "DROP FUNCTION ca_staff_asks_now()"),
        *(
            migrations.RunSQL(
                ASK.format(table=table, state=state, moment=moment),
                f"DROP TRIGGER {table}_staff_asks ON {table}",
            )
            for table, (state, moment) in ASKED.items()
        ),
    ]
