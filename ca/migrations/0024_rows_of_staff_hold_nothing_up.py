"""What the staff site's role writes keeps no revocation and no activation from anybody else.

A revocation, or a hold, says of a certificate what the certificate says, in the bytes of its lists,
and stands only for one that is revoked, or on hold, by the same transaction. What is asked about custody is asked now: workers compute with the
times. Its name must be the one of `anxin/grants.py`.
"""

from django.db import migrations

# What every list will say, DER (RFC 5280 5.1.2.6, 5.3), as `pki.revocations.Entry` writes it; parts
# of less than 128 octets. Of what has no such time or reason: null
ENTRIES = """
CREATE FUNCTION ca_der(tag int, content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT decode(lpad(to_hex(tag), 2, '0') || lpad(to_hex(octet_length(content)), 2, '0'), 'hex')
         || content
$$;
CREATE FUNCTION ca_time(moment timestamptz, form text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT convert_to(to_char(moment AT TIME ZONE 'UTC', form || 'MMDDHH24MISS"Z"'), 'UTF8')
  WHERE moment >= '1950-01-01 00:00:00+00' AND moment < '10000-01-01 00:00:00+00'
$$;
CREATE FUNCTION ca_entry(serial text, dated timestamptz, reason text, since timestamptz)
RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT ca_der(48, ca_der(2, CASE WHEN get_byte(named, 0) > 127 THEN '\\x00'::bytea ELSE '' END
                              || named)
    || CASE WHEN dated < '2050-01-01 00:00:00+00' THEN ca_der(23, ca_time(dated, 'YY'))
            ELSE ca_der(24, ca_time(dated, 'YYYY')) END
    || ca_der(48, ca_der(48, '\\x0603551d15'::bytea || ca_der(4, ca_der(10, code)))
         || CASE WHEN since IS NULL THEN '' ELSE ca_der(48, '\\x0603551d18'::bytea
              || ca_der(4, ca_der(24, ca_time(since, 'YYYY')))) END))
  FROM decode(repeat('0', length(serial) % 2) || serial, 'hex') AS named,
       decode(CASE reason WHEN 'keyCompromise' THEN '01' WHEN 'cACompromise' THEN '02'
                          WHEN 'affiliationChanged' THEN '03' WHEN 'superseded' THEN '04'
                          WHEN 'cessationOfOperation' THEN '05' WHEN 'certificateHold' THEN '06'
                          WHEN 'privilegeWithdrawn' THEN '09' END, 'hex') AS code
$$
"""
ENTRIES_BACK = """
DROP FUNCTION ca_entry(text, timestamptz, text, timestamptz);
DROP FUNCTION ca_time(timestamptz, text);
DROP FUNCTION ca_der(int, bytea)
"""
REVOKES = """
CREATE FUNCTION ca_staff_revokes_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR NEW.ending_id IS NOT NULL OR NEW.listed_at IS NOT NULL OR NOT isfinite(NEW.revoked_at)
     OR NEW.entry IS DISTINCT FROM ca_entry(
       said.serial, coalesce(said.held_at, NEW.revoked_at), NEW.reason, NEW.invalid_since) THEN
    RAISE EXCEPTION 'a revocation says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_holds_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR coalesce(NEW.ended_at, NEW.listed_at, NEW.dropped_at) IS NOT NULL
     OR NEW.entry IS DISTINCT FROM ca_entry(said.serial, NEW.held_at, 'certificateHold', NULL) THEN
    RAISE EXCEPTION 'a hold says of a certificate what the certificate says'
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
CREATE FUNCTION ca_staff_holds_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
  IF (SELECT state = 'held' FROM ca_certificate WHERE id = number)
     <> EXISTS (SELECT 1 FROM ca_hold WHERE certificate_id = number AND ended_at IS NULL) THEN
    RAISE EXCEPTION 'a certificate is on hold with its hold, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ca_revocation_staff_says BEFORE INSERT ON ca_revocation
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_what_is_there();
CREATE TRIGGER ca_hold_staff_says BEFORE INSERT ON ca_hold
  FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_what_is_there();
CREATE CONSTRAINT TRIGGER ca_revocation_staff_revokes AFTER INSERT ON ca_revocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_revokes_whole('certificate_id');
CREATE CONSTRAINT TRIGGER ca_hold_staff_holds AFTER INSERT OR UPDATE OF ended_at ON ca_hold
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_whole('certificate_id');
CREATE CONSTRAINT TRIGGER ca_certificate_staff_revokes_whole AFTER UPDATE OF state ON ca_certificate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'anxin_staff' AND NEW.state = 'revoked' AND OLD.state <> 'revoked')
  EXECUTE FUNCTION ca_staff_revokes_whole('id');
CREATE CONSTRAINT TRIGGER ca_certificate_staff_holds_whole AFTER UPDATE OF state ON ca_certificate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'anxin_staff' AND (NEW.state = 'held') <> (OLD.state = 'held'))
  EXECUTE FUNCTION ca_staff_holds_whole('id');
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_says;
ALTER TABLE ca_revocation ENABLE ALWAYS TRIGGER ca_revocation_staff_revokes;
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_says;
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_holds;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_revokes_whole;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_holds_whole
"""
REVOKES_BACK = """
DROP TRIGGER ca_certificate_staff_holds_whole ON ca_certificate;
DROP TRIGGER ca_certificate_staff_revokes_whole ON ca_certificate;
DROP TRIGGER ca_hold_staff_holds ON ca_hold;
DROP TRIGGER ca_hold_staff_says ON ca_hold;
DROP TRIGGER ca_revocation_staff_revokes ON ca_revocation;
DROP TRIGGER ca_revocation_staff_says ON ca_revocation;
DROP FUNCTION ca_staff_holds_whole();
DROP FUNCTION ca_staff_revokes_whole();
DROP FUNCTION ca_staff_holds_what_is_there();
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
        migrations.RunSQL(ENTRIES, ENTRIES_BACK),
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
