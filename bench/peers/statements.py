"""The reads of the benchmark as one writes them by hand: one statement each, whose JSON PostgreSQL builds in the form of the service's answers.

Parameters are numbers or texts; the wall of the transaction says whose rows are seen, as it does for the service.
"""


def typed(prefix: str, column: str) -> str:
    return f"'{prefix}_' || replace({column}::text, '-', '')"


AGENCY = f"json_build_object('id', {typed('agc', 'a.id')}, 'name', a.name)"
PERSON = f"json_build_object('id', {typed('sup', 's.id')}, 'person', json_build_object('id', {typed('per', 'p.id')}, 'name', p.name))"
PEOPLE = "assignment t JOIN supervisor s ON s.id = t.supervisor_id JOIN person p ON p.id = s.person_id"
DEEP = f"""
json_build_object('id', {typed("insp", "i.id")}, 'status', i.status, 'scheduledOn', i.scheduled_on,
  'agency', json_build_object('id', {typed("agc", "a.id")}, 'name', a.name,
    'district', json_build_object('id', {typed("dst", "d.id")}, 'name', d.name)),
  'team', (SELECT coalesce(json_agg(json_build_object('id', {typed("asg", "t.id")}, 'role', t.role, 'status', t.status, 'supervisor', {PERSON})
           ORDER BY t.role, t.id), '[]') FROM {PEOPLE} WHERE t.inspection_id = i.id),
  'findings', (SELECT coalesce(json_agg(json_build_object('id', {typed("find", "f.id")}, 'remark', f.remark, 'correction', f.correction)
               ORDER BY f.item_id, f.id), '[]') FROM finding f WHERE f.inspection_id = i.id))
"""
NEWEST = "ORDER BY i.scheduled_on DESC, i.id DESC"


def deep_page(where: str = "") -> str:
    return f"""
WITH page AS (SELECT i.id, i.status, i.scheduled_on, i.agency_id FROM inspection i {where} {NEWEST} LIMIT $1::int + 1)
SELECT json_build_object('inspections', json_build_object(
  'nodes', (SELECT coalesce(json_agg({DEEP} {NEWEST}), '[]') FROM (SELECT * FROM page i {NEWEST} LIMIT $1::int) i
            JOIN organization a ON a.id = i.agency_id LEFT JOIN organization d ON d.id = a.district_id),
  'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1::int FROM page))))
"""


ONE_ROW = f"""
SELECT json_build_object('inspection', json_build_object('id', {typed("insp", "i.id")}, 'status', i.status, 'scheduledOn', i.scheduled_on,
  'agency', {AGENCY}))
  FROM inspection i JOIN organization a ON a.id = i.agency_id WHERE i.id = $1::text::uuid
"""

CARDS = f"""
SELECT coalesce(json_agg(json_build_object('id', {typed("card", "c.id")}, 'number', c.number, 'status', c.status, 'validUntil', c.valid_until)
       ORDER BY c.valid_from, c.id), '[]') FROM card c WHERE c.supervisor_id = s.id
"""
ROSTER = f"""
WITH page AS (SELECT s.* FROM supervisor s WHERE s.kind = 'EXTERNAL' AND s.standing = 'ACTIVE'
              ORDER BY s.created_at DESC, s.id DESC LIMIT $1::int + 1)
SELECT json_build_object('supervisors', json_build_object(
  'nodes', (SELECT coalesce(json_agg(json_build_object('id', {typed("sup", "s.id")}, 'kind', s.kind, 'standing', s.standing, 'level', s.level,
              'person', json_build_object('id', {typed("per", "p.id")}, 'name', p.name),
              'organization', json_build_object('id', {typed("ctr", "o.id")}, 'name', o.name), 'cards', ({CARDS}))
            ORDER BY s.created_at DESC, s.id DESC), '[]') FROM (SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $1::int) s
            JOIN person p ON p.id = s.person_id JOIN organization o ON o.id = s.organization_id),
  'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1::int FROM page))))
"""

LAST_INSPECTIONS = f"""
SELECT coalesce(json_agg(json_build_object('id', {typed("insp", "i.id")}, 'status', i.status, 'scheduledOn', i.scheduled_on,
    'findings', (SELECT coalesce(json_agg(json_build_object('id', {typed("find", "f.id")}, 'remark', f.remark, 'correction', f.correction,
                   'item', json_build_object('id', {typed("item", "m.id")}, 'code', m.code)) ORDER BY f.item_id, f.id), '[]')
                 FROM finding f JOIN checklist_item m ON m.id = f.item_id WHERE f.inspection_id = i.id),
    'opinionLetter', (SELECT json_build_object('id', {typed("opn", "l.id")}, 'status', l.status,
                        'requiresRectification', l.requires_rectification, 'dueOn', l.due_on) FROM opinion_letter l WHERE l.inspection_id = i.id))
    {NEWEST}), '[]') FROM (SELECT * FROM inspection i WHERE i.agency_id = $1::text::uuid {NEWEST} LIMIT 10) i
"""
LAST_SESSIONS = f"""
SELECT coalesce(json_agg(json_build_object('id', {typed("ses", "r.id")}, 'status', r.status, 'occupation', r.occupation, 'level', r.level,
    'candidateCount', r.candidate_count, 'startsAt', r.starts_at) ORDER BY r.starts_at DESC, r.id DESC), '[]')
  FROM (SELECT * FROM recognition_session WHERE agency_id = $1::text::uuid ORDER BY starts_at DESC, id DESC LIMIT 20) r
"""
OPEN_RECTIFICATIONS = f"""
SELECT coalesce(json_agg(json_build_object('id', {typed("rect", "x.id")}, 'status', x.status, 'dueOn', x.due_on,
    'inspection', json_build_object('id', {typed("insp", "x.inspection_id")})) ORDER BY x.due_on, x.id), '[]')
  FROM (SELECT * FROM rectification WHERE agency_id = $1::text::uuid AND status IN ('REQUIRED', 'SUBMITTED', 'SENT_BACK')
        ORDER BY due_on, id LIMIT 20) x
"""
AGENCY_FILE = f"""
SELECT json_build_object(
  'agency', json_build_object('id', {typed("agc", "a.id")}, 'name', a.name, 'creditCode', a.credit_code, 'kind', a.kind, 'place', a.place,
    'district', json_build_object('id', {typed("dst", "d.id")}, 'name', d.name)),
  'inspections', json_build_object('nodes', ({LAST_INSPECTIONS})),
  'recognitionSessions', json_build_object('nodes', ({LAST_SESSIONS})),
  'rectifications', json_build_object('nodes', ({OPEN_RECTIFICATIONS})))
  FROM organization a LEFT JOIN organization d ON d.id = a.district_id WHERE a.id = $1::text::uuid
"""

COUNTED = f"""
SELECT json_build_object('inspections', json_build_object('totalCount', (SELECT count(*) FROM inspection),
  'nodes', (SELECT coalesce(json_agg(json_build_object('id', {typed("insp", "i.id")}, 'status', i.status, 'scheduledOn', i.scheduled_on,
              'agency', {AGENCY}) {NEWEST}), '[]')
            FROM (SELECT * FROM inspection i {NEWEST} LIMIT $1::int) i JOIN organization a ON a.id = i.agency_id)))
"""

# a month of a district; of the rules only the share, by the profile in force on the last day
RATIO = """
SELECT split_part(line->>'value', '/', 1)::int AS over, split_part(line->>'value', '/', 2)::int AS under, p.rules
  FROM profile p, jsonb_array_elements(p.rules) line
 WHERE line->>'id' = 'sampling.min_ratio' AND p.effective_from < bounds.until ORDER BY p.effective_from DESC LIMIT 1
"""
BOUNDS = """
SELECT first::timestamp AT TIME ZONE 'Asia/Shanghai' AS since, (first + interval '1 month') AT TIME ZONE 'Asia/Shanghai' AS until, first
  FROM (SELECT ($1::text || '-01')::date AS first) month
"""
COVERAGE = """
SELECT count(*) AS held, count(*) FILTER (WHERE EXISTS (SELECT FROM inspection i WHERE i.recognition_session_id = r.id AND i.dispatcher_id = r.district_id
         AND NOT i.internal AND i.status IN ('CHECKLIST_SIGNED', 'OPINION_SERVED', 'CLOSED'))) AS inspected
  FROM recognition_session r WHERE r.district_id = whose.id AND r.status IN ('HELD', 'RESULTS_POSTED')
   AND r.starts_at >= bounds.since AND r.starts_at < bounds.until
"""
COVERED = "json_build_object('held', held, 'inspected', inspected, 'needed', (held * over + under - 1) / under)"
DAY = "(({})::timestamptz AT TIME ZONE 'Asia/Shanghai')::date"
LINES = f"""
SELECT coalesce(json_agg(json_build_object('inspection', {typed("insp", "i.id")}, 'recognitionSession', {typed("ses", "r.id")},
    'agency', a.name, 'creditCode', a.credit_code, 'occupation', r.occupation, 'level', r.level, 'mode', r.mode, 'candidateCount', r.candidate_count,
    'heldOn', {DAY.format("r.starts_at")}, 'scheduledOn', i.scheduled_on, 'closedOn', {DAY.format("i.closed_at")},
    'teamSize', (SELECT count(*) FROM assignment t WHERE t.inspection_id = i.id AND t.status IN ('CHECKED_IN', 'DONE')),
    'yes', said.yes, 'no', said.no, 'notApplicable', said.not_applicable, 'notObserved', said.not_observed,
    'findings', (SELECT coalesce(json_agg(m.code ORDER BY m.position), '[]') FROM finding f JOIN checklist_item m ON m.id = f.item_id
                 WHERE f.inspection_id = i.id),
    'rectification', (SELECT x.status FROM rectification x WHERE x.inspection_id = i.id)) ORDER BY i.scheduled_on, i.id), '[]')
  FROM inspection i JOIN recognition_session r ON r.id = i.recognition_session_id JOIN organization a ON a.id = i.agency_id,
       LATERAL (SELECT count(*) FILTER (WHERE value = 'YES') AS yes, count(*) FILTER (WHERE value = 'NO') AS no,
                count(*) FILTER (WHERE value = 'NOT_APPLICABLE') AS not_applicable, count(*) FILTER (WHERE value = 'NOT_OBSERVED') AS not_observed
                FROM answer WHERE answer.inspection_id = i.id) said
 WHERE i.dispatcher_id = whose.id AND NOT i.internal AND i.closed_at >= bounds.since AND i.closed_at < bounds.until
"""
DUE_DAY = "SELECT (line->>'value')::int FROM jsonb_array_elements(rules) line WHERE line->>'id' = 'monthly_return.due_day'"
MONTH = f"""
SELECT json_build_object('coverage', {COVERED}, 'monthlyReturnDraft', json_build_object('month', $1::text,
    'dueAt', (first + interval '1 month' + make_interval(days => ({DUE_DAY}))) AT TIME ZONE 'Asia/Shanghai',
    'coverage', {COVERED}, 'lines', ({LINES})))
  FROM ({BOUNDS}) bounds, (SELECT $2::text::uuid AS id) whose, LATERAL ({COVERAGE}) covered, LATERAL ({RATIO}) ratio
"""


DISTRICTS = f"""
WITH covered AS (SELECT whose.*, held, (held * over + under - 1) / under AS needed, inspected FROM ({BOUNDS}) bounds,
                 (SELECT id, code, name FROM organization WHERE tier = 'DISTRICT') whose, LATERAL ({COVERAGE}) covered, LATERAL ({RATIO}) ratio)
SELECT json_build_object('coverages', (
  SELECT json_agg(json_build_object('district', {typed("dst", "c.id")}, 'name', c.name, 'held', c.held, 'inspected', c.inspected, 'needed', c.needed,
      'timeliness', m.timeliness) ORDER BY c.code)
    FROM covered c LEFT JOIN monthly_return m ON m.district_id = c.id AND m.month = $1::text AND m.edition = 1),
  'monthlyReturns', json_build_object('nodes', (
  SELECT coalesce(json_agg(json_build_object('id', {typed("mret", "m.id")}, 'status', m.status, 'timeliness', m.timeliness,
      'submittedAt', m.submitted_at, 'district', json_build_object('id', {typed("dst", "o.id")}, 'name', o.name))
      ORDER BY m.submitted_at, m.id), '[]')
    FROM (SELECT * FROM monthly_return WHERE month = $1::text ORDER BY submitted_at, id LIMIT 100) m JOIN organization o ON o.id = m.district_id)))
"""


def steps(*cases: tuple[str, str]) -> str:
    """What a dispatcher may do next, by the status of `i`; `cases` are pairs of a condition and the steps as JSON."""
    said = " ".join(f"WHEN {condition} THEN '{words}'::json" for condition, words in cases)
    return f"CASE {said} ELSE '[]'::json END"


OPEN = "('DISPATCHED', 'NOTIFIED', 'IN_PROGRESS', 'CHECKLIST_SIGNED', 'OPINION_SERVED')"
NOTIFY, CANCEL, CLOSE, SERVE, SEND_BACK, ACCEPT = (
    f'{{"mutation":"{mutation}","to":"{to}"}}'
    for mutation, to in (
        ("inspectionNotify", "NOTIFIED"),
        ("inspectionCancel", "CANCELLED"),
        ("inspectionClose", "CLOSED"),
        ("opinionLetterServe", "SERVED"),
        ("rectificationSendBack", "SENT_BACK"),
        ("rectificationAccept", "ACCEPTED"),
    )
)
ASK = '{"mutation":"evidenceRequestMake","to":null}'
NEXT = steps(
    ("i.status = 'DISPATCHED'", f"[{NOTIFY},{CANCEL}]"),
    ("i.status = 'NOTIFIED'", f"[{CANCEL},{ASK}]"),
    ("i.status = 'OPINION_SERVED'", f"[{ASK},{CLOSE}]"),
    ("i.status IN ('IN_PROGRESS', 'CHECKLIST_SIGNED')", f"[{ASK}]"),
)
VIEWER = f"""
SELECT json_build_object('id', {typed("acct", "c.id")}, 'name', c.name, 'person', json_build_object('id', {typed("per", "p.id")}, 'name', p.name),
    'organization', json_build_object('id', {typed("dst", "o.id")}, 'name', o.name))
  FROM account c JOIN person p ON p.id = c.person_id JOIN organization o ON o.id = c.organization_id
 WHERE c.person_id = current_setting('app.person')::uuid
"""
WORKBENCH = f"""
SELECT json_build_object('viewer', ({VIEWER}),
  'inspections', json_build_object('nodes', (
    SELECT coalesce(json_agg(json_build_object('id', {typed("insp", "i.id")}, 'status', i.status, 'scheduledOn', i.scheduled_on, 'agency', {AGENCY},
        'team', (SELECT coalesce(json_agg(json_build_object('id', {typed("asg", "t.id")}, 'status', t.status, 'supervisor', {PERSON})
                 ORDER BY t.role, t.id), '[]') FROM {PEOPLE} WHERE t.inspection_id = i.id),
        'availableSteps', {NEXT}) {NEWEST}), '[]')
      FROM (SELECT * FROM inspection i WHERE i.status IN {OPEN} {NEWEST} LIMIT 20) i JOIN organization a ON a.id = i.agency_id)),
  'opinionLetters', json_build_object('nodes', (
    SELECT coalesce(json_agg(json_build_object('id', {typed("opn", "l.id")}, 'requiresRectification', l.requires_rectification,
        'inspection', json_build_object('id', {typed("insp", "i.id")}, 'scheduledOn', i.scheduled_on), 'availableSteps', '[{SERVE}]'::json)
        ORDER BY l.created_at DESC, l.id DESC), '[]')
      FROM (SELECT * FROM opinion_letter WHERE status = 'DRAFT' ORDER BY created_at DESC, id DESC LIMIT 20) l JOIN inspection i ON i.id = l.inspection_id)),
  'rectifications', json_build_object('nodes', (
    SELECT coalesce(json_agg(json_build_object('id', {typed("rect", "x.id")}, 'dueOn', x.due_on,
        'inspection', json_build_object('id', {typed("insp", "i.id")}, 'agency', {AGENCY}), 'availableSteps', '[{SEND_BACK},{ACCEPT}]'::json)
        ORDER BY x.due_on, x.id), '[]')
      FROM (SELECT * FROM rectification WHERE status = 'SUBMITTED' ORDER BY due_on, id LIMIT 20) x JOIN inspection i ON i.id = x.inspection_id
      JOIN organization a ON a.id = i.agency_id)))
"""

STATEMENTS = {
    "page": deep_page(),
    "page_at": deep_page("WHERE (i.scheduled_on, i.id) < ($2::text::date, $3::text::uuid)"),
    "one_row": ONE_ROW,
    "roster": ROSTER,
    "agency_file": AGENCY_FILE,
    "workbench": WORKBENCH,
    "month": MONTH,
    "districts": DISTRICTS,
    "counted": COUNTED,
}
"""By the document of bench/queries that asks for the same."""
