"""The tables of an index, written once for every database.

Whole numbers are BIGINT, bytes are BLOB, which PostgreSQL calls BYTEA. A log is found by one
number, `at` = block * 2^24 + its place in the block: SQLite writes that a quarter faster than a key
of two columns, reads it as fast, and the file is a tenth smaller. The view shows both apart.
"""

FORMAT = 1
"""Of the tables; another one when any of them changes."""
PLACE_BITS = 24
"""Of `at`: a block holds fewer than 2^24 logs, and there are fewer than 2^39 blocks."""

TABLES = {
    "audit": """
        CREATE TABLE audit (
            format BIGINT NOT NULL,
            chain_id BIGINT,
            address TEXT
        )
    """,
    "endpoint": """
        CREATE TABLE endpoint (
            id BIGINT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        )
    """,
    "window_read": """
        CREATE TABLE window_read (
            first_block BIGINT NOT NULL PRIMARY KEY,
            last_block BIGINT NOT NULL,
            endpoint BIGINT NOT NULL,
            read_at BIGINT NOT NULL,
            logs BIGINT NOT NULL,
            final BIGINT NOT NULL,
            log_digest BLOB NOT NULL
        )
    """,
    "block": """
        CREATE TABLE block (
            number BIGINT NOT NULL PRIMARY KEY,
            hash BLOB NOT NULL,
            parent BLOB NOT NULL,
            time BIGINT NOT NULL,
            window_read BIGINT NOT NULL
        )
    """,
    "log": """
        CREATE TABLE log (
            at INTEGER_KEY,
            transaction_hash BLOB NOT NULL,
            transaction_index BIGINT NOT NULL,
            contract BLOB NOT NULL,
            topics BLOB NOT NULL,
            data BLOB NOT NULL
        )
    """,
    "note": """
        CREATE TABLE note (
            id TEXT NOT NULL PRIMARY KEY,
            number BIGINT NOT NULL,
            finding TEXT NOT NULL
        )
    """,
    "fact": """
        CREATE TABLE fact (
            name TEXT NOT NULL PRIMARY KEY,
            value BLOB NOT NULL
        )
    """,
    "checkpoint": """
        CREATE TABLE checkpoint (
            version TEXT NOT NULL,
            number BIGINT NOT NULL,
            hash BLOB NOT NULL,
            state BLOB NOT NULL,
            PRIMARY KEY (version, number)
        )
    """,
    "report": """
        CREATE TABLE report (
            number BIGINT NOT NULL PRIMARY KEY,
            hash BLOB NOT NULL,
            parent BLOB NOT NULL,
            time BIGINT NOT NULL,
            kept_at BIGINT NOT NULL,
            report BLOB NOT NULL
        )
    """,
}
"""What makes each table, in order."""

VIEW = f"""
    CREATE VIEW log_provenance AS
    SELECT log.at >> {PLACE_BITS} AS block,
           log.at & {(1 << PLACE_BITS) - 1} AS place,
           log.transaction_hash,
           log.transaction_index,
           log.contract,
           log.topics,
           log.data,
           block.hash AS block_hash,
           block.time AS block_time,
           endpoint.name AS endpoint,
           window_read.read_at
    FROM log
    JOIN block ON block.number = log.at >> {PLACE_BITS}
    JOIN window_read ON window_read.first_block = block.window_read
    JOIN endpoint ON endpoint.id = window_read.endpoint
"""  # noqa: S608 - of constants
"""Each row with where it came from."""
