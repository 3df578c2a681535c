"""The queries of an index, written once: `?` stands for a value, in order."""

from metaorg.audit.index.schema import PLACE_BITS

MAKE = "INSERT INTO audit (format) VALUES (?)"
FORMAT = "SELECT format FROM audit"
SUBJECT = "SELECT chain_id, address FROM audit"
CLAIM = "UPDATE audit SET chain_id = ?, address = ?"

NAME_ENDPOINT = """
INSERT INTO endpoint (id, name)
SELECT (SELECT count(*) FROM endpoint) + 1, ?
WHERE NOT EXISTS (SELECT 1 FROM endpoint WHERE name = ?)
"""
KEEP_WINDOW = """
INSERT INTO window_read
    (first_block, last_block, read_at, logs, final, log_digest, endpoint)
VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM endpoint WHERE name = ?))
"""
KEEP_BLOCK = "INSERT INTO block (number, hash, parent, time, window_read) VALUES (?, ?, ?, ?, ?)"
LOG_COLUMNS = "at, transaction_hash, transaction_index, contract, topics, data"

STRADDLING = """
SELECT first_block, last_block FROM window_read WHERE first_block < ? AND last_block >= ? LIMIT 1
"""
DROP_LOGS = "DELETE FROM log WHERE at >= ?"
DROPS = (
    "DELETE FROM block WHERE number >= ?",
    "DELETE FROM window_read WHERE first_block >= ?",
    "DELETE FROM checkpoint WHERE number >= ?",
)
"""What goes with the logs from a block on."""
CLEARS = ("DELETE FROM fact", "DELETE FROM note", "DELETE FROM endpoint")

WINDOWS = """
SELECT first_block, last_block, name, read_at, logs, log_digest, final
FROM window_read JOIN endpoint ON endpoint.id = window_read.endpoint ORDER BY first_block
"""
LINK = """
SELECT last_block, log_digest FROM window_read WHERE last_block <= ?
ORDER BY first_block DESC LIMIT 1
"""
HEAD = """
SELECT number, hash, parent, time FROM block
WHERE number = (SELECT max(last_block) FROM window_read)
"""
HEADER = "SELECT number, hash, parent, time FROM block WHERE number = ?"
HEADERS = "SELECT number, hash, parent, time FROM block WHERE number > ? ORDER BY number LIMIT ?"
TIMES = "SELECT number, time FROM block WHERE number BETWEEN ? AND ?"
ROWS = f"""
SELECT at >> {PLACE_BITS}, at & {(1 << PLACE_BITS) - 1},
    transaction_hash, transaction_index, contract, topics, data
FROM log WHERE at > ? AND at <= ? ORDER BY at LIMIT ?
"""  # noqa: S608 - of constants

REMEMBER = """
INSERT INTO fact (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
RECALL = "SELECT value FROM fact WHERE name = ?"
NOTE = """
INSERT INTO note (id, number, finding) VALUES (?, (SELECT count(*) FROM note), ?)
ON CONFLICT (id) DO NOTHING
"""
NOTES = "SELECT finding FROM note ORDER BY number"

DROP_CHECKPOINT = "DELETE FROM checkpoint WHERE number = ? OR version <> ?"
KEEP_CHECKPOINT = "INSERT INTO checkpoint (version, number, hash, state) VALUES (?, ?, ?, ?)"
DROP_OLD_CHECKPOINTS = """
DELETE FROM checkpoint
WHERE number NOT IN (SELECT number FROM checkpoint ORDER BY number DESC LIMIT ?)
"""
CHECKPOINT = """
SELECT block.number, block.hash, parent, time, state
FROM checkpoint JOIN block ON block.number = checkpoint.number AND block.hash = checkpoint.hash
WHERE version = ? ORDER BY block.number DESC LIMIT 1
"""

DROP_REPORT = "DELETE FROM report WHERE number = ?"
KEEP_REPORT = """
INSERT INTO report (number, hash, parent, time, kept_at, report) VALUES (?, ?, ?, ?, ?, ?)
"""
REPORTS = "SELECT number, hash, parent, time, kept_at FROM report ORDER BY number"
REPORT = "SELECT report FROM report WHERE number = ?"
LAST_REPORT = "SELECT report FROM report ORDER BY number DESC LIMIT 1"
