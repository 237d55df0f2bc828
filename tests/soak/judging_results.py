"""Whether what was found is charged once, concluded as it should be, and the own agency's."""

from collections import Counter

from tests.soak.evidence import Evidence, commanded

CHARGED = """
SELECT u.agency_id, r.key FROM accounts_usageentry u
LEFT JOIN accounts_quotareservation r ON r.id = u.key
"""
GIVEN = """
SELECT agency_id, 'search:' || id FROM searches_search WHERE state = 'done'
UNION ALL SELECT agency_id, 'enrolment:' || id FROM searches_enrolment WHERE state = 'done'
UNION ALL SELECT i.agency_id, 'faceimage:' || i.id FROM searches_faceimage i
WHERE NOT EXISTS (SELECT FROM searches_enrolment e WHERE e.image_id = i.id)
"""
ROUNDS = """
WITH rounds AS (SELECT search_id, count(*) AS n FROM searches_examination
    WHERE state = 'submitted' GROUP BY 1),
ends AS (SELECT search_id, count(*) AS n FROM searches_conclusion GROUP BY 1),
entries AS (SELECT subject_id, count(*) AS n FROM audit_auditentry
    WHERE action = 'search.concluded' GROUP BY 1)
SELECT s.id, s.state, s.stage, coalesce(r.n, 0), coalesce(e.n, 0), coalesce(a.n, 0)
FROM searches_search s LEFT JOIN rounds r ON r.search_id = s.id
LEFT JOIN ends e ON e.search_id = s.id LEFT JOIN entries a ON a.subject_id = s.id::text
"""
CANDIDATES = """
SELECT c.id FROM searches_candidate c JOIN searches_subject s ON s.id = c.subject_id
WHERE c.agency_id = %s AND (s.agency_id <> c.agency_id OR s.gallery_id <> %s::uuid)
"""
EXAMINED = """
SELECT i.id FROM searches_examinationitem i JOIN searches_faceimage f ON f.id = i.image_id
JOIN searches_subject s ON s.id = f.subject_id
WHERE i.agency_id = %s AND (s.agency_id <> i.agency_id OR s.gallery_id <> %s::uuid)
"""
SEARCHED = """
SELECT id FROM searches_searchedgallery WHERE agency_id = %s AND gallery_id <> %s::uuid
"""


def the_ledger_is_what_was_found(evidence: Evidence) -> list[str]:
    """Each search with a result, and each enrolled picture, is charged once; nothing else is."""
    taken, due = Counter(evidence.place.rows(CHARGED)), Counter(evidence.place.rows(GIVEN))
    wrong = [f"charged without a result: {one}" for one in (taken - due).elements()]
    return wrong + [f"a result that is not charged: {one}" for one in (due - taken).elements()]


def the_portal_proves_the_ledger(evidence: Evidence) -> list[str]:
    """Ledger, reservations and counters say the same, by the portal's own proof."""
    return commanded(evidence, "quota", "check")


def conclusions_stand(evidence: Evidence) -> list[str]:
    """A search is concluded exactly if two examinations of its result were submitted."""
    place, wrong = evidence.place, list[str]()
    for pk, state, stage, submitted, conclusions, recorded in place.rows(ROUNDS):
        due = int(submitted == 2)
        if (conclusions, recorded, int(stage == "concluded")) != (due, due, due):
            wrong.append(
                f"search {pk} is {stage} with {submitted} examinations, {conclusions} conclusions,"
                f" {recorded} entries of the record"
            )
        if conclusions and state != "done":
            wrong.append(f"search {pk} is concluded without a result")
    query = "SELECT id::text FROM searches_examination WHERE state = 'submitted'"
    lost = evidence.notes.submitted.keys() - {pk for (pk,) in place.rows(query)}
    return wrong + [f"examination {pk} was submitted and is not" for pk in lost]


def agencies_are_apart(evidence: Evidence) -> list[str]:
    """No candidate, no face before an examiner and no searched gallery is the other agency's."""
    wrong = []
    for office in evidence.offices:
        for what, query in (
            ("candidate", CANDIDATES),
            ("examined face", EXAMINED),
            ("searched gallery", SEARCHED),
        ):
            rows = evidence.place.rows(query, office.agency, office.gallery)
            wrong += [f"{what} {pk} of {office.slug} is of another agency" for (pk,) in rows]
    return wrong
