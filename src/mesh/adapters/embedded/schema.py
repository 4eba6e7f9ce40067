"""The tables, as a list of migrations: append, never edit one that was released.

Times are texts in UTC with six decimals, so that they sort (see `mesh.kit.records.sortable`).
"""

FIRST = """
CREATE TABLE tenants (
    msp_id TEXT PRIMARY KEY, name TEXT NOT NULL, simulated INTEGER NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE keys (
    key_id TEXT PRIMARY KEY, msp_id TEXT NOT NULL REFERENCES tenants ON DELETE CASCADE,
    hash BLOB NOT NULL, label TEXT NOT NULL, created_at TEXT NOT NULL, revoked_at TEXT
) WITHOUT ROWID;
CREATE TABLE records (
    msp_id TEXT NOT NULL, kind TEXT NOT NULL, record_id TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (msp_id, kind, record_id)
);
CREATE INDEX records_by_time ON records (msp_id, kind, at, record_id);
CREATE INDEX records_by_series ON records (
    msp_id, kind, json_extract(body, '$.client_id'), json_extract(body, '$.metric_type'), at, record_id
);
CREATE TABLE results (
    msp_id TEXT NOT NULL, result_id TEXT NOT NULL, agent TEXT NOT NULL, answered_at TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (msp_id, result_id)
);
CREATE INDEX results_by_time ON results (msp_id, answered_at, result_id);
CREATE INDEX results_by_agent ON results (msp_id, agent, answered_at, result_id);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, msp_id TEXT NOT NULL, type TEXT NOT NULL, topic TEXT NOT NULL,
    subject TEXT NOT NULL, time TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX events_by_tenant ON events (msp_id, seq);
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY, msp_id TEXT NOT NULL, agent TEXT NOT NULL, question TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, created_at TEXT NOT NULL, not_before TEXT NOT NULL,
    result_id TEXT, problem TEXT
);
CREATE INDEX jobs_due ON jobs (state, not_before);
CREATE INDEX jobs_by_tenant ON jobs (msp_id, created_at, job_id);
CREATE TABLE replies (
    msp_id TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, begun_at TEXT NOT NULL,
    lease_until TEXT, status INTEGER, headers TEXT, body BLOB, PRIMARY KEY (msp_id, key)
);
CREATE INDEX replies_by_age ON replies (begun_at);
CREATE TABLE states (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, at TEXT NOT NULL, took_ms REAL NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX states_by_agent ON states (agent, seq);
"""

DIRECTORY = """
CREATE TABLE directory (
    msp_id TEXT PRIMARY KEY, handle TEXT NOT NULL UNIQUE, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE meetings (
    id TEXT PRIMARY KEY, asking TEXT NOT NULL, asked TEXT NOT NULL, state TEXT NOT NULL,
    opened_at TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX meetings_by_asking ON meetings (asking, opened_at);
CREATE INDEX meetings_by_asked ON meetings (asked, opened_at);
"""

COMMONS = """
CREATE TABLE commons (
    shelf TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (shelf, key)
) WITHOUT ROWID;
CREATE INDEX commons_by_owner ON commons (owner, shelf, key);
"""

# One client's tickets or invoices in order of time; records_by_series has the metric before the time.
BY_CLIENT = """
CREATE INDEX records_by_client ON records (msp_id, kind, json_extract(body, '$.client_id'), at, record_id);
"""

# What a key may do (those of before: what they could), when it last did, and how much is asked.
ROLES_AND_USE = """
ALTER TABLE keys ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
ALTER TABLE keys ADD COLUMN last_used_at TEXT;
CREATE TABLE requests (
    msp_id TEXT NOT NULL REFERENCES tenants ON DELETE CASCADE, day TEXT NOT NULL, passed INTEGER NOT NULL,
    refused INTEGER NOT NULL, since TEXT NOT NULL, PRIMARY KEY (msp_id, day)
) WITHOUT ROWID;
"""

# Rows that are of no use after a time; most of the commons stays for good.
ENDING = """
ALTER TABLE commons ADD COLUMN until TEXT;
CREATE INDEX commons_ending ON commons (until) WHERE until IS NOT NULL;
"""

MIGRATIONS: tuple[str, ...] = (FIRST, DIRECTORY, COMMONS, BY_CLIENT, ROLES_AND_USE, ENDING)
