"""The rules of the procedure, where no forgotten `if` can break them.

A search moves along its stages only, its grounds never change, its token is never replaced, three
rounds are three people, and a conclusion is what the examinations come to. docs/procedure.md says
the same in words.
"""

from django.db import migrations

from portal.rowsecurity import ProtectTenant

# What may be deleted at all: everything with its agency, content of a search with its erasure.
FREE = """
CREATE FUNCTION searches_destroying(p_agency bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_offboarding WHERE agency_id = p_agency AND state = 'destroying')
$$;
CREATE FUNCTION searches_content_gone(p_agency bigint, p_search uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT searches_destroying(p_agency) OR EXISTS (
        SELECT FROM searches_search WHERE agency_id = p_agency AND id = p_search
        AND stage IN ('refused', 'expired', 'erased')
    )
$$;
-- By the clock and not by the beginning of the transaction: one that is held open waits for nothing.
CREATE FUNCTION searches_locked(p_agency bigint, p_search uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM searches_search s WHERE s.agency_id = p_agency AND s.id = p_search
        AND s."authorization" = 'after' AND clock_timestamp() > s.authorize_by AND NOT EXISTS (
            SELECT FROM searches_authorization a WHERE a.agency_id = p_agency
            AND a.search_id = p_search AND a.decision = 'approved'
        )
    )
$$;
CREATE FUNCTION searches_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_destroying(OLD.agency_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE FUNCTION searches_keep_until_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND searches_content_gone(OLD.agency_id, OLD.search_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only until it is erased', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$
"""

# What the examinations come to. Whoever may be the same person for one examiner and not for the
# other is disputed; an adjudicator decides about the disputed alone.
OUTCOME = """
CREATE FUNCTION searches_decided(p_agency bigint, p_search uuid, p_round int)
RETURNS TABLE (candidate bigint, disposition text) LANGUAGE sql STABLE AS $$
    SELECT i.candidate_id, i.disposition FROM searches_examinationitem i
    JOIN searches_examination e ON e.agency_id = i.agency_id AND e.id = i.examination_id
    WHERE e.agency_id = p_agency AND e.search_id = p_search AND e.round = p_round
        AND e.state = 'submitted' AND i.candidate_id IS NOT NULL
$$;
CREATE FUNCTION searches_round_done(p_agency bigint, p_search uuid, p_round int)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM searches_examination WHERE agency_id = p_agency AND search_id = p_search
        AND round = p_round AND state = 'submitted'
    )
$$;
CREATE FUNCTION searches_disputed(p_agency bigint, p_search uuid)
RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT candidate FROM searches_decided(p_agency, p_search, 1) AS a
    JOIN searches_decided(p_agency, p_search, 2) AS b USING (candidate)
    WHERE (a.disposition = 'retained') <> (b.disposition = 'retained')
$$;
CREATE FUNCTION searches_leads(p_agency bigint, p_search uuid)
RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT candidate FROM searches_decided(p_agency, p_search, 1) AS a
    JOIN searches_decided(p_agency, p_search, 2) AS b USING (candidate)
    WHERE a.disposition = 'retained' AND b.disposition = 'retained'
    UNION
    SELECT candidate FROM searches_decided(p_agency, p_search, 3) AS c
    WHERE c.disposition = 'retained'
$$;
CREATE FUNCTION searches_outcome(p_agency bigint, p_search uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT (searches_round_done(p_agency, p_search, 1) AND searches_round_done(p_agency, p_search, 2)) THEN
        RETURN 'undecided';
    END IF;
    IF NOT searches_round_done(p_agency, p_search, 3)
        AND EXISTS (SELECT FROM searches_disputed(p_agency, p_search)) THEN
        RETURN 'disagreement';
    END IF;
    IF EXISTS (SELECT FROM searches_leads(p_agency, p_search)) THEN
        RETURN 'lead';
    END IF;
    -- An adjudicator's word on a candidate replaces those of the two.
    IF EXISTS (SELECT FROM searches_decided(p_agency, p_search, 3) WHERE disposition = 'inconclusive')
        OR EXISTS (
            SELECT FROM generate_series(1, 2) AS r, searches_decided(p_agency, p_search, r) AS d
            WHERE d.disposition = 'inconclusive' AND d.candidate NOT IN (
                SELECT candidate FROM searches_decided(p_agency, p_search, 3))
        ) THEN
        RETURN 'inconclusive';
    END IF;
    RETURN 'no_lead';
END $$
"""

SEARCH = """
-- As for the kinds of registers (0004): some signed license, by its version in effect today.
CREATE FUNCTION searches_purpose_licensed(p_agency bigint, p_purpose text)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT DISTINCT ON (v.license_id) v.purposes, v.ends_on + v.grace_days AS last_day,
                (now() AT TIME ZONE a.time_zone)::date AS today
            FROM accounts_licenseversion v JOIN accounts_agency a ON a.id = v.agency_id
            WHERE v.agency_id = p_agency AND v.signature <> ''
                AND v.effective_on <= (now() AT TIME ZONE a.time_zone)::date
            ORDER BY v.license_id, v.effective_on DESC
        ) AS held WHERE held.today <= held.last_day AND p_purpose = ANY (held.purposes)
    )
$$;
CREATE FUNCTION searches_guard_grounds(s searches_search) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT searches_purpose_licensed(s.agency_id, s.purpose) THEN
        RAISE EXCEPTION 'purpose_not_licensed: no license grants the purpose of the search'
            USING ERRCODE = 'check_violation';
    END IF;
    IF s.basis = '' OR length(s.reason_sealed) = 0
        OR (s.basis = 'initial_identification' AND length(s.facts_sealed) = 0)
        OR (s.basis = 'authorized'
            AND (length(s.reference_sealed) = 0 OR s.document_sha256 !~ '^[0-9a-f]{64}$')) THEN
        RAISE EXCEPTION 'grounds_missing: a search has a basis and its reasons'
            USING ERRCODE = 'check_violation';
    END IF;
    IF s.basis = 'urgent' AND s.authorize_by > now() + interval '48 hours 1 minute' THEN
        RAISE EXCEPTION 'authorize_by: an urgent search is authorized within 48 hours'
            USING ERRCODE = 'check_violation';
    END IF;
    IF s."authorization" = 'none' AND (
        SELECT p.authorize_every_search FROM accounts_securitypolicy p
        WHERE p.agency_id = s.agency_id ORDER BY p.number DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'authorization_needed: the policy of the agency asks for it'
            USING ERRCODE = 'check_violation';
    END IF;
    IF s.stage <> (CASE s."authorization" WHEN 'before' THEN 'awaiting_authorization' ELSE 'queued' END) THEN
        RAISE EXCEPTION 'a search begins at its first stage' USING ERRCODE = 'check_violation';
    END IF;
END $$;
CREATE FUNCTION searches_may_enter(s searches_search) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE s.stage
        WHEN 'queued' THEN EXISTS (SELECT FROM searches_authorization a WHERE a.agency_id = s.agency_id
            AND a.search_id = s.id AND a.decision = 'approved')
        WHEN 'refused' THEN EXISTS (SELECT FROM searches_authorization a WHERE a.agency_id = s.agency_id
            AND a.search_id = s.id AND a.decision = 'refused')
        WHEN 'second_examination' THEN searches_round_done(s.agency_id, s.id, 1)
        WHEN 'adjudication' THEN searches_outcome(s.agency_id, s.id) = 'disagreement'
        WHEN 'concluded' THEN EXISTS (SELECT FROM searches_conclusion c WHERE c.agency_id = s.agency_id
            AND c.search_id = s.id)
        ELSE true
    END;
END $$;
CREATE FUNCTION searches_guard_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a search is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM searches_guard_grounds(NEW);
        NEW.stage_since := now();
        RETURN NEW;
    END IF;
    -- The id too: two searches that swap theirs would swap all that was decided about them.
    IF (NEW.id, NEW.agency_id, NEW.case_id, NEW.probe_id, NEW.face_index, NEW.basis,
            NEW."authorization", NEW."limit", NEW.requested_by_id, NEW.requested_by_label,
            NEW.authorize_by, NEW.created_at, NEW.document_sha256, NEW.document_type,
            NEW.submission_key)
        IS DISTINCT FROM
        (OLD.id, OLD.agency_id, OLD.case_id, OLD.probe_id, OLD.face_index, OLD.basis,
            OLD."authorization", OLD."limit", OLD.requested_by_id, OLD.requested_by_label,
            OLD.authorize_by, OLD.created_at, OLD.document_sha256, OLD.document_type,
            OLD.submission_key) THEN
        RAISE EXCEPTION 'the grounds of a search do not change' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.reason_sealed <> OLD.reason_sealed AND length(NEW.reason_sealed) > 0)
        OR (NEW.facts_sealed <> OLD.facts_sealed AND length(NEW.facts_sealed) > 0)
        OR (NEW.reference_sealed <> OLD.reference_sealed AND length(NEW.reference_sealed) > 0)
        OR (NEW.document_key <> OLD.document_key AND NEW.document_key <> '')
        OR ((NEW.reason_sealed, NEW.facts_sealed, NEW.reference_sealed, NEW.document_key)
            <> (OLD.reason_sealed, OLD.facts_sealed, OLD.reference_sealed, OLD.document_key)
            AND NEW.stage NOT IN ('refused', 'expired', 'erased')) THEN
        RAISE EXCEPTION 'the reasons of a search do not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage <> 'queued' AND (NEW.contract_id, NEW.scale, NEW.published_threshold, NEW.templates_searched)
        IS DISTINCT FROM (OLD.contract_id, OLD.scale, OLD.published_threshold, OLD.templates_searched) THEN
        RAISE EXCEPTION 'the result of a search does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = OLD.stage THEN
        NEW.stage_since := OLD.stage_since;
        RETURN NEW;
    END IF;
    IF NEW.stage IN ('refused', 'expired', 'erased') AND EXISTS (SELECT FROM searches_case c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.case_id AND c.held_at IS NOT NULL) THEN
        RAISE EXCEPTION 'case_under_hold: nothing of this case is erased' USING ERRCODE = 'check_violation';
    END IF;
    -- Only a worker that had it brings a search to its examination.
    IF NEW.stage = 'examination' AND (OLD.state <> 'running' OR NEW.contract_id = ''
            OR NEW.templates_searched IS NULL) THEN
        RAISE EXCEPTION 'not_searched: there is nothing to examine yet' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (OLD.stage, NEW.stage) IN (
        ('awaiting_authorization', 'queued'), ('awaiting_authorization', 'refused'),
        ('awaiting_authorization', 'expired'),
        ('queued', 'examination'), ('queued', 'failed'), ('queued', 'refused'),
        ('examination', 'second_examination'), ('examination', 'refused'),
        ('second_examination', 'adjudication'), ('second_examination', 'concluded'),
        ('second_examination', 'refused'),
        ('adjudication', 'concluded'), ('adjudication', 'refused'), ('concluded', 'refused'),
        ('queued', 'erased'), ('examination', 'erased'), ('second_examination', 'erased'),
        ('adjudication', 'erased'), ('concluded', 'erased'), ('failed', 'erased')
    ) OR NOT searches_may_enter(NEW) THEN
        RAISE EXCEPTION 'stage_order: a search does not go from % to %', OLD.stage, NEW.stage
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.stage_since := now();
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_search BEFORE INSERT OR UPDATE OR DELETE ON searches_search
    FOR EACH ROW EXECUTE FUNCTION searches_guard_search();

-- At the end of the transaction: what runs has a token, what was found was paid for, what is gone
-- has a receipt.
CREATE FUNCTION searches_complete_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    s searches_search;
    is_complete boolean := true;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    SELECT * INTO s FROM searches_search WHERE agency_id = NEW.agency_id AND id = NEW.id;
    IF s.stage IN ('queued', 'examination', 'second_examination', 'adjudication', 'concluded') THEN
        is_complete := s.basis = '' OR (
            EXISTS (SELECT FROM searches_searchtoken t
                WHERE t.agency_id = s.agency_id AND t.search_id = s.id)
            AND (s.stage = 'queued' OR EXISTS (SELECT FROM accounts_quotareservation r
                WHERE r.agency_id = s.agency_id AND r.key = 'search:' || s.id
                AND r.state = 'committed')));
    ELSIF s.stage IN ('refused', 'expired', 'erased') THEN
        is_complete := EXISTS (SELECT FROM searches_erasurereceipt r
            WHERE r.agency_id = s.agency_id AND r.search_id = s.id);
    END IF;
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_complete THEN
        RAISE EXCEPTION 'search % at % lacks its token, quota or receipt', s.id, s.stage
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_complete_search AFTER INSERT OR UPDATE OF stage ON searches_search
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION searches_complete_search()
"""

AUTHORIZATION = """
-- Which roles may do what is in accounts/permissions.py; these two acts have one role each.
CREATE FUNCTION searches_has_role(p_agency bigint, p_user bigint, p_role text)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_membership m WHERE m.agency_id = p_agency
        AND m.user_id = p_user AND m.deactivated_at IS NULL AND p_role = ANY (m.roles))
$$;
CREATE FUNCTION searches_guard_authorization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s searches_search;
BEGIN
    SELECT * INTO s FROM searches_search WHERE agency_id = NEW.agency_id AND id = NEW.search_id FOR UPDATE;
    -- A search that comes later in the same transaction would be nobody's here.
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a decision comes after its search' USING ERRCODE = 'check_violation';
    END IF;
    IF length(NEW.reason_sealed) = 0 THEN
        RAISE EXCEPTION 'a decision has a reason' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT searches_has_role(NEW.agency_id, NEW.decided_by_id, 'supervisor') THEN
        RAISE EXCEPTION 'not_entitled: a supervisor decides' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (s."authorization" = 'before' AND s.stage = 'awaiting_authorization'
        OR s."authorization" = 'after' AND s.stage NOT IN ('refused', 'failed', 'expired', 'erased')) THEN
        RAISE EXCEPTION 'not_awaiting: the search waits for no authorization'
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.requested_by_id := s.requested_by_id;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_authorization BEFORE INSERT ON searches_authorization
    FOR EACH ROW EXECUTE FUNCTION searches_guard_authorization();
CREATE TRIGGER searches_keep_authorization BEFORE UPDATE OR DELETE ON searches_authorization
    FOR EACH ROW EXECUTE FUNCTION searches_keep();

-- A decision takes effect in its transaction: nobody writes "refused" and lets the search go on.
CREATE FUNCTION searches_complete_authorization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    is_complete boolean;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    is_complete := NOT EXISTS (SELECT FROM searches_search WHERE agency_id = NEW.agency_id
        AND id = NEW.search_id AND (stage = 'awaiting_authorization'
            OR NEW.decision = 'refused' AND stage <> 'refused'));
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_complete THEN
        RAISE EXCEPTION 'a decision takes effect at once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_complete_authorization AFTER INSERT ON searches_authorization
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION searches_complete_authorization();

CREATE FUNCTION searches_guard_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id
        AND s.id = NEW.search_id AND (s.state = 'queued' OR s.state = 'held' AND EXISTS (
            SELECT FROM searches_authorization a WHERE a.agency_id = s.agency_id
            AND a.search_id = s.id AND a.decision = 'approved'))) THEN
        RAISE EXCEPTION 'a token is sealed between authorization and search'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_token BEFORE INSERT ON searches_searchtoken
    FOR EACH ROW EXECUTE FUNCTION searches_guard_token();
CREATE TRIGGER searches_keep_token BEFORE UPDATE OR DELETE ON searches_searchtoken
    FOR EACH ROW EXECUTE FUNCTION searches_keep();
CREATE TRIGGER searches_keep_receipt BEFORE UPDATE OR DELETE ON searches_erasurereceipt
    FOR EACH ROW EXECUTE FUNCTION searches_keep();
-- Everything of it has gone before it is written; what it says is not to be taken back.
CREATE FUNCTION searches_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id
        AND s.stage IN ('refused', 'expired', 'erased') AND s.document_key = ''
        AND length(s.reason_sealed) + length(s.facts_sealed) + length(s.reference_sealed) = 0
        AND NOT EXISTS (SELECT FROM searches_candidate c
            WHERE c.agency_id = s.agency_id AND c.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_examination e
            WHERE e.agency_id = s.agency_id AND e.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_conclusion c
            WHERE c.agency_id = s.agency_id AND c.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_followup f
            WHERE f.agency_id = s.agency_id AND f.search_id = s.id)
    ) THEN
        RAISE EXCEPTION 'not_erased: a receipt is for what is gone' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_receipt BEFORE INSERT ON searches_erasurereceipt
    FOR EACH ROW EXECUTE FUNCTION searches_guard_receipt();

-- The galleries of a search are named in the transaction that makes it; `stage_since` is when that
-- began.
CREATE FUNCTION searches_guard_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id
            AND s.id = NEW.search_id AND s.state IN ('held', 'queued') AND s.stage_since = now())
        OR EXISTS (SELECT FROM searches_searchtoken t WHERE t.agency_id = NEW.agency_id
            AND t.search_id = NEW.search_id) THEN
        RAISE EXCEPTION 'the galleries of a search do not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_searched BEFORE INSERT ON searches_searchedgallery
    FOR EACH ROW EXECUTE FUNCTION searches_guard_searched();
CREATE TRIGGER searches_keep_searched BEFORE UPDATE OR DELETE ON searches_searchedgallery
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased()
"""

CANDIDATE = """
CREATE FUNCTION searches_guard_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s JOIN searches_searchedgallery g
            ON g.agency_id = s.agency_id AND g.search_id = s.id AND g.gallery_id = NEW.gallery_id
        WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id
        AND s.stage = 'queued' AND s.state = 'running' AND NEW.rank BETWEEN 1 AND s."limit") THEN
        RAISE EXCEPTION 'candidates come from a running search of their gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_candidate BEFORE INSERT ON searches_candidate
    FOR EACH ROW EXECUTE FUNCTION searches_guard_candidate();
CREATE TRIGGER searches_keep_candidate BEFORE UPDATE OR DELETE ON searches_candidate
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased();

-- A picture is enrolled as it is and goes as it is: no later one becomes an earlier one, and no
-- examiner sees another face than the one that was found.
CREATE FUNCTION searches_keep_image() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an enrolled picture does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER searches_keep_image BEFORE UPDATE ON searches_faceimage
    FOR EACH ROW WHEN (NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION searches_keep_image();
-- The same of the picture that is searched with, once it is; erasing empties it.
CREATE FUNCTION searches_keep_searched_faces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.case_id, NEW.quarter_turns) IS NOT DISTINCT FROM (OLD.case_id, OLD.quarter_turns)
        AND NEW.faces IN (OLD.faces, '[]') AND NEW.portrait_keys IN (OLD.portrait_keys, '[]')
        AND NEW.display_key IN (OLD.display_key, '') THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM searches_search WHERE agency_id = NEW.agency_id AND probe_id = NEW.id) THEN
        RAISE EXCEPTION 'a picture that was searched with does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_keep_searched_faces BEFORE UPDATE OF
    case_id, faces, quarter_turns, display_key, portrait_keys ON searches_probe
    FOR EACH ROW EXECUTE FUNCTION searches_keep_searched_faces()
"""

# One picture's gallery and subject are written here too; these keys keep them the same (0002).
SAME_PLACE = [
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_image_place"
    " FOREIGN KEY (agency_id, image_id, subject_id, gallery_id)"
    " REFERENCES searches_faceimage (agency_id, id, subject_id, gallery_id)"
    " DEFERRABLE INITIALLY DEFERRED"
    for table in ("searches_candidate", "searches_examinationitem")
]

EXAMINATION = """
CREATE FUNCTION searches_stage_of_round(p_round int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['examination', 'second_examination', 'adjudication'])[p_round]
$$;
-- Whether a round is open for work; holds the search's stage still until the transaction ends.
CREATE FUNCTION searches_require_round(p_agency bigint, p_search uuid, p_round int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_stage text;
BEGIN
    SELECT stage INTO found_stage FROM searches_search
        WHERE agency_id = p_agency AND id = p_search FOR SHARE;
    IF found_stage IS DISTINCT FROM searches_stage_of_round(p_round) THEN
        RAISE EXCEPTION 'round_not_open: the search is at %', found_stage USING ERRCODE = 'check_violation';
    END IF;
    IF searches_locked(p_agency, p_search) THEN
        RAISE EXCEPTION 'results_locked: nobody authorized the search in time' USING ERRCODE = 'check_violation';
    END IF;
END $$;
-- 0009 adds whom another agency lends.
CREATE FUNCTION searches_may_examine(p_agency bigint, p_search uuid, p_round int, p_user bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN searches_has_role(p_agency, p_user, CASE p_round WHEN 3 THEN 'supervisor' ELSE 'examiner' END);
END $$;
CREATE FUNCTION searches_require_examiner_role(e searches_examination) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT searches_may_examine(e.agency_id, e.search_id, e.round, e.examiner_id) THEN
        RAISE EXCEPTION 'not_entitled: this person may not examine here' USING ERRCODE = 'check_violation';
    END IF;
END $$;
-- What the checklist has to say before a face may be decided (searches/features.py).
CREATE FUNCTION searches_supports(p_disposition text, p_features jsonb, p_comment bytea)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_disposition
        WHEN '' THEN true
        WHEN 'retained' THEN (SELECT count(*) >= 3 FROM jsonb_each_text(p_features) f
            WHERE f.value = 'similar')
        ELSE length(p_comment) > 0 OR EXISTS (SELECT FROM jsonb_each_text(p_features) f WHERE f.value
            = CASE p_disposition WHEN 'excluded' THEN 'dissimilar' ELSE 'not_visible' END)
    END
$$;
CREATE FUNCTION searches_round_faces(p_agency bigint, p_search uuid, p_round int)
RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT c.id FROM searches_candidate c WHERE p_round < 3 AND c.agency_id = p_agency AND c.search_id = p_search
    UNION ALL
    SELECT d FROM searches_disputed(p_agency, p_search) AS d WHERE p_round = 3
$$;
CREATE FUNCTION searches_guard_examination() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_content_gone(OLD.agency_id, OLD.search_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'an examination is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM searches_require_round(NEW.agency_id, NEW.search_id, NEW.round);
        PERFORM searches_require_examiner_role(NEW);
        IF NEW.state <> 'open' OR EXISTS (
            SELECT FROM searches_examination e WHERE e.agency_id = NEW.agency_id
            AND e.search_id = NEW.search_id AND e.examiner_id = NEW.examiner_id AND e.round <> NEW.round
        ) THEN
            RAISE EXCEPTION 'examiner_not_independent: has seen another round' USING ERRCODE = 'check_violation';
        END IF;
        NEW.requested_by_id := (SELECT s.requested_by_id FROM searches_search s
            WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id);
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR (NEW.id, NEW.agency_id, NEW.search_id, NEW.round, NEW.examiner_id,
            NEW.examiner_label, NEW.requested_by_id, NEW.started_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.search_id, OLD.round, OLD.examiner_id,
            OLD.examiner_label, OLD.requested_by_id, OLD.started_at) THEN
        RAISE EXCEPTION 'an examination does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'submitted' THEN
        PERFORM searches_require_round(NEW.agency_id, NEW.search_id, NEW.round);
        PERFORM searches_require_examiner_role(NEW);
        IF EXISTS (SELECT FROM searches_examinationitem i WHERE i.agency_id = NEW.agency_id
                AND i.examination_id = NEW.id AND i.disposition = '')
            OR EXISTS (SELECT f FROM searches_round_faces(NEW.agency_id, NEW.search_id, NEW.round) AS f
                EXCEPT SELECT i.candidate_id FROM searches_examinationitem i
                WHERE i.agency_id = NEW.agency_id AND i.examination_id = NEW.id) THEN
            RAISE EXCEPTION 'candidates_undecided: every candidate has to be decided' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_examination BEFORE INSERT OR UPDATE OR DELETE ON searches_examination
    FOR EACH ROW EXECUTE FUNCTION searches_guard_examination();

CREATE FUNCTION searches_guard_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e searches_examination;
BEGIN
    SELECT * INTO e FROM searches_examination
        WHERE agency_id = coalesce(NEW.agency_id, OLD.agency_id)
        AND id = coalesce(NEW.examination_id, OLD.examination_id) FOR SHARE;
    IF TG_OP = 'DELETE' THEN
        IF searches_content_gone(OLD.agency_id, e.search_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a face examined is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF e.state IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'examination_closed: the examination is over' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM searches_require_round(e.agency_id, e.search_id, e.round);
    IF TG_OP = 'INSERT' THEN
        IF NEW.disposition <> '' OR NOT (
            NEW.candidate_id IS NULL AND e.round = 2
            AND NOT EXISTS (SELECT FROM searches_candidate c WHERE c.agency_id = e.agency_id
                AND c.search_id = e.search_id AND c.subject_id = NEW.subject_id)
            AND EXISTS (SELECT FROM searches_searchedgallery g WHERE g.agency_id = e.agency_id
                AND g.search_id = e.search_id AND g.gallery_id = NEW.gallery_id)
            OR EXISTS (SELECT FROM searches_candidate c WHERE c.agency_id = e.agency_id
                AND c.search_id = e.search_id AND c.id = NEW.candidate_id AND c.subject_id = NEW.subject_id
                AND c.image_id = NEW.image_id AND c.gallery_id = NEW.gallery_id
                AND c.id IN (SELECT searches_round_faces(e.agency_id, e.search_id, e.round)))
        ) THEN
            RAISE EXCEPTION 'the face does not belong into this examination' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.examination_id, NEW.position, NEW.candidate_id, NEW.gallery_id,
            NEW.subject_id, NEW.image_id)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.examination_id, OLD.position, OLD.candidate_id,
            OLD.gallery_id, OLD.subject_id, OLD.image_id) THEN
        RAISE EXCEPTION 'the face of an examination does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT searches_supports(NEW.disposition, NEW.features, NEW.comment_sealed) THEN
        RAISE EXCEPTION 'checklist_incomplete: the checklist does not bear the decision out'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_item BEFORE INSERT OR UPDATE OR DELETE ON searches_examinationitem
    FOR EACH ROW EXECUTE FUNCTION searches_guard_item()
"""

CONCLUSION = """
CREATE FUNCTION searches_guard_conclusion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s searches_search;
BEGIN
    SELECT * INTO s FROM searches_search WHERE agency_id = NEW.agency_id AND id = NEW.search_id FOR UPDATE;
    IF s.stage NOT IN ('second_examination', 'adjudication')
        OR s.purpose = '' OR s.basis = ''
        OR searches_locked(s.agency_id, s.id)
        OR NEW.outcome IS DISTINCT FROM searches_outcome(s.agency_id, s.id) THEN
        RAISE EXCEPTION 'outcome_not_examined: this is not what the examinations come to'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_conclusion BEFORE INSERT ON searches_conclusion
    FOR EACH ROW EXECUTE FUNCTION searches_guard_conclusion();
CREATE TRIGGER searches_keep_conclusion BEFORE UPDATE OR DELETE ON searches_conclusion
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased();

CREATE FUNCTION searches_complete_conclusion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    is_complete boolean;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    -- Both may be gone again, with the agency or by an erasure.
    is_complete := NOT EXISTS (SELECT FROM searches_search WHERE agency_id = NEW.agency_id
        AND id = NEW.search_id AND (stage NOT IN ('concluded', 'refused', 'erased')
            OR stage = 'concluded' AND NOT EXISTS (SELECT FROM audit_auditentry a
                WHERE a.agency_id = NEW.agency_id AND a.subject_type = 'search'
                AND a.subject_id = NEW.search_id::text AND a.action = 'search.concluded')));
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_complete THEN
        RAISE EXCEPTION 'a conclusion ends its search, on record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_complete_conclusion AFTER INSERT ON searches_conclusion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION searches_complete_conclusion();

CREATE FUNCTION searches_guard_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search WHERE agency_id = NEW.agency_id AND id = NEW.search_id
        AND stage = 'concluded') THEN
        RAISE EXCEPTION 'not_concluded: what follows comes after the conclusion' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_follow_up BEFORE INSERT ON searches_followup
    FOR EACH ROW EXECUTE FUNCTION searches_guard_follow_up();
CREATE TRIGGER searches_keep_follow_up BEFORE UPDATE OR DELETE ON searches_followup
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased()
"""

PROTECTED = (
    "SearchToken",
    "Authorization",
    "Examination",
    "ExaminationItem",
    "Conclusion",
    "FollowUp",
    "ErasureReceipt",
)


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0007_procedure"),
        ("accounts", "0024_authorize_every_search"),
    ]

    operations = [
        *(ProtectTenant(name) for name in PROTECTED),
        *(
            migrations.RunSQL(sql, migrations.RunSQL.noop)
            for sql in (FREE, OUTCOME, SEARCH, AUTHORIZATION, CANDIDATE, EXAMINATION, CONCLUSION)
        ),
        migrations.RunSQL(SAME_PLACE, migrations.RunSQL.noop),
    ]
