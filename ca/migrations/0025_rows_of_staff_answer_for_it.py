"""What the staff site's role writes about a certificate answers for that certificate.

A revocation, or a hold, has an approval that was about it; a hold ends with the certificate, or by
such an approval; no two transactions at once get past that (CPS 4.9.1, 4.9.12). What the functions
mean no session's settings change. The role's name must be the one of `anxin/grants.py`.
"""

from importlib import import_module

from django.db import migrations

before = import_module("ca.migrations.0024_rows_of_staff_hold_nothing_up")

# A session may have a schema, or a way of reading a backslash, of its own
SETTLED = """
ALTER FUNCTION {function} SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION {function} SET standard_conforming_strings = on
"""
FUNCTIONS = (
    "ca_der(int, bytea)",
    "ca_time(timestamptz, text)",
    "ca_entry(text, timestamptz, text, timestamptz)",
    "ca_staff_asks_now()",
)
REVOKES = """
CREATE FUNCTION ca_answers_for(approval bigint, said ca_certificate) RETURNS boolean
 LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT approval = said.warrant
    OR EXISTS (SELECT 1 FROM people_approval WHERE id = approval AND state = 'used'
               AND subject IN ('ca.certificate:' || said.id, said.requester))
$$;
CREATE FUNCTION ca_staff_revokes_what_is_there() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR NEW.ending_id IS NOT NULL OR NEW.listed_at IS NOT NULL OR NEW.reason = 'certificateHold'
     OR NOT ca_answers_for(NEW.warrant, said)
     OR NEW.entry IS DISTINCT FROM ca_entry(
       said.serial, coalesce(said.held_at, NEW.revoked_at), NEW.reason, NEW.invalid_since) THEN
    RAISE EXCEPTION 'a revocation says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_holds_what_is_there() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  IF (NEW.ca_id, NEW.not_after) IS DISTINCT FROM (said.ca_id, said.not_after)
     OR coalesce(NEW.ended_at, NEW.listed_at, NEW.dropped_at) IS NOT NULL
     OR NEW.release_warrant IS NOT NULL
     OR NOT (ca_answers_for(NEW.warrant, said) OR EXISTS (  -- again, after a release
       SELECT 1 FROM ca_hold WHERE certificate_id = said.id AND release_warrant = NEW.warrant))
     OR NEW.entry IS DISTINCT FROM ca_entry(said.serial, NEW.held_at, 'certificateHold', NULL) THEN
    RAISE EXCEPTION 'a hold says of a certificate what the certificate says'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ca_staff_revokes_whole() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
  PERFORM 1 FROM ca_certificate WHERE id = number FOR NO KEY UPDATE;  -- nobody else meanwhile
  IF NOT EXISTS (SELECT 1 FROM ca_certificate c JOIN ca_revocation r ON r.certificate_id = c.id
                 WHERE c.id = number AND c.state = 'revoked') THEN
    RAISE EXCEPTION 'a certificate is revoked with its revocation, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ca_staff_holds_whole() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  number bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
  said ca_certificate%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = number FOR NO KEY UPDATE;
  IF (said.state = 'held')
     <> EXISTS (SELECT 1 FROM ca_hold WHERE certificate_id = number AND ended_at IS NULL) THEN
    RAISE EXCEPTION 'a certificate is on hold with its hold, and not without'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION ca_staff_holds_end() RETURNS trigger LANGUAGE plpgsql
 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  said ca_certificate%ROWTYPE;
  hold ca_hold%ROWTYPE;
BEGIN
  SELECT * INTO said FROM ca_certificate WHERE id = NEW.certificate_id;
  SELECT * INTO hold FROM ca_hold WHERE id = NEW.id;
  IF hold.ended_at IS NOT NULL AND (TG_OP = 'INSERT' OR NOT CASE
       WHEN hold.release_warrant IS NULL THEN said.state = 'revoked'
       ELSE ca_answers_for(hold.release_warrant, said) END) THEN
    RAISE EXCEPTION 'a hold ends with its certificate, or by an approval'
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
CREATE CONSTRAINT TRIGGER ca_hold_staff_ends
  AFTER INSERT OR UPDATE OF ended_at, release_warrant ON ca_hold
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'anxin_staff')
  EXECUTE FUNCTION ca_staff_holds_end();
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
ALTER TABLE ca_hold ENABLE ALWAYS TRIGGER ca_hold_staff_ends;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_revokes_whole;
ALTER TABLE ca_certificate ENABLE ALWAYS TRIGGER ca_certificate_staff_holds_whole
"""
REVOKES_BACK = """
DROP TRIGGER ca_certificate_staff_holds_whole ON ca_certificate;
DROP TRIGGER ca_certificate_staff_revokes_whole ON ca_certificate;
DROP TRIGGER ca_hold_staff_ends ON ca_hold;
DROP TRIGGER ca_hold_staff_holds ON ca_hold;
DROP TRIGGER ca_hold_staff_says ON ca_hold;
DROP TRIGGER ca_revocation_staff_revokes ON ca_revocation;
DROP TRIGGER ca_revocation_staff_says ON ca_revocation;
DROP FUNCTION ca_staff_holds_end();
DROP FUNCTION ca_staff_holds_whole();
DROP FUNCTION ca_staff_revokes_whole();
DROP FUNCTION ca_staff_holds_what_is_there();
DROP FUNCTION ca_staff_revokes_what_is_there();
DROP FUNCTION ca_answers_for(bigint, ca_certificate)
"""
# A moment that no list can say, or that no process can read, would stop whoever comes across it
MOMENTS = {
    "ca_certificate": (
        "not_before",
        "not_after",
        "ordered_at",
        "settled_at",
        "answers_until",
        "held_at",
    ),
    "ca_certificateauthority": ("crl_requested_at",),
    "ca_hold": ("held_at", "ended_at"),
    "ca_revocation": ("revoked_at", "invalid_since"),
}
MOMENT = (
    "ALTER TABLE {table} ADD CONSTRAINT {table}_{moment}_is_one CHECK"
    " ({moment} >= '1950-01-01 00:00:00+00' AND {moment} < '10000-01-01 00:00:00+00')"
)


class Migration(migrations.Migration):
    dependencies = [
        ("ca", "0024_rows_of_staff_hold_nothing_up"),
        ("people", "0001_initial"),  # people_approval
    ]
    operations = [
        *(
            migrations.RunSQL(
                SETTLED.format(function=function), f"ALTER FUNCTION {function} RESET ALL"
            )
            for function in FUNCTIONS
        ),
        migrations.RunSQL(before.REVOKES_BACK, before.REVOKES),
        migrations.RunSQL(REVOKES, REVOKES_BACK),
        *(
            migrations.RunSQL(
                MOMENT.format(table=table, moment=moment),
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{moment}_is_one",
            )
            for table, moments in MOMENTS.items()
            for moment in moments
        ),
    ]
