"""The columns of exported tables, as ethereum-etl and cryo name and fill them.

What an index does not hold is there and empty, so that a reader of these tools' files finds every
column: of ethereum-etl's blocks all but `number`, `hash`, `parent_hash` and `timestamp`; of cryo's
`author`, `gas_used`, `extra_data` and `base_fee_per_gas`. Logs are complete in both.

ethereum-etl: names, order and text conventions of the CSV (0x and lower-case hex, topics joined by
commas, lines that end with CR LF) are those of its exporters and of the expected files of its own
tests. It names types of Parquet columns only for one database: BIGINT, text, and a list of texts
for topics, which are used here; its `timestamp` is Unix seconds there as in the CSV, its difficulty
is empty and a number here. Its logs for databases have a `block_timestamp` more, its CSV has not.

cryo: names and types are those of its source: unsigned numbers of 32 bits (of 64: chain id), raw
bytes in Parquet, 0x-hex in CSV. Its early versions lack `n_data_bytes` and `block_hash` of logs and
call blocks' `block_number` and `block_hash` `number` and `hash`. `block_hash` of logs and
`parent_hash` of blocks are columns that it writes when asked to. The order of its columns and its
lines' end were not seen in files that it wrote; here lines end with LF.

`windows` and `events` are tables of this project: what was read where and when, and decoded events,
whose arguments are JSON with whole numbers as decimal texts and bytes as 0x-hex.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any, Literal, NamedTuple

from metaorg.audit.collecting.record import Counts
from metaorg.audit.events import Header, Row
from metaorg.audit.index import Window

Kind = Literal["number", "bytes", "text", "topics"]
"""Of values: int, bytes, str, and topics one behind the other."""
Values = tuple[Any, ...]
"""Of one row, by column; None for none."""


class Column(NamedTuple):
    """A column. `arrow`: its type in Parquet. `filled`: whether a row has a value in it."""

    name: str
    kind: Kind
    arrow: str
    filled: Literal["always", "sometimes", "never"] = "always"


class Placed(NamedTuple):
    """A log, the hash of its block, and the chain."""

    row: Row
    block_hash: bytes
    chain_id: int


class Standard(NamedTuple):
    """How one tool writes tables.

    Args:
        tables: columns by table. log, header: from a value to a row of its table. read_log,
            read_header: back; a ValueError says what is wrong. line_end: in CSV.
    """

    tables: Mapping[str, tuple[Column, ...]]
    log: Callable[[Placed], Values]
    read_log: Callable[[Values], Placed]
    header: Callable[[Header, int], Values]
    read_header: Callable[[Values], Header]
    line_end: str


def columns_of(arrow: str, kind: Kind, names: str) -> tuple[Column, ...]:
    """Columns of one kind."""
    return tuple(Column(name, kind, arrow) for name in names.split())


def _empty(arrow: str, names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text", arrow, "never") for name in names.split())


def _topics(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "bytes", "binary", "sometimes") for name in names.split())


WINDOWS = (
    *columns_of("int64", "number", "first_block last_block"),
    *columns_of("string", "text", "endpoint"),
    *columns_of("int64", "number", "read_at logs headers proved unproved with_logs by_receipts"),
    *columns_of("binary", "bytes", "log_digest"),
    *columns_of("int64", "number", "final"),
)
_COUNTED = 5
"""How many of `Counts` go out; that they were imported is told by who imports them."""
EVENTS = (
    *columns_of("int64", "number", "block_number log_index block_timestamp"),
    *columns_of("string", "bytes", "transaction_hash"),
    *columns_of("string", "text", "address event arguments"),
)


def window_values(window: Window, counts: Counts) -> Values:
    """A row of the table of windows."""
    first, last, endpoint, read_at, logs, digest, final = window
    counted = astuple(counts)[:_COUNTED]
    return first, last, endpoint, read_at, logs, *counted, digest, int(final)


def read_window(values: Values) -> tuple[Window, Counts]:
    """The window of such a row, and how far it was proved.

    Raises:
        ValueError: it is malformed.
    """
    first, last, endpoint, read_at, logs, *counted, digest, final = values
    if final not in (0, 1):
        raise ValueError("final is 0 or 1")
    if not all(0 <= count <= last - first + 1 for count in counted):
        raise ValueError("headers to by_receipts are counts of its blocks")
    window = Window(first, last, endpoint, read_at, logs, digest, bool(final))
    found = Counts(*counted)
    found.imported = last - first + 1
    return window, found


# ethereum-etl


def _etl_log(placed: Placed) -> Values:
    block, place, transaction, position, contract, topics, data = placed.row
    return place, transaction, position, placed.block_hash, block, contract, data, topics


def _read_etl_log(values: Values) -> Placed:
    place, transaction, position, block_hash, block, contract, data, topics = values
    return Placed(Row(block, place, transaction, position, contract, topics, data), block_hash, 0)


def _etl_header(header: Header, _: int) -> Values:
    number, own, parent, time = header
    return number, own, parent, *[None] * 13, time, *[None] * 6


def _read_etl_header(values: Values) -> Header:
    number, own, parent, *_ = values
    return Header(number, own, parent, values[16])


_ETL_BLOCKS = (
    *columns_of("int64", "number", "number"),
    *columns_of("string", "bytes", "hash parent_hash"),
    *_empty("string", "nonce sha3_uncles logs_bloom transactions_root"),
    *_empty("string", "state_root receipts_root miner"),
    *_empty("decimal128", "difficulty total_difficulty"),
    *_empty("int64", "size"),
    *_empty("string", "extra_data"),
    *_empty("int64", "gas_limit gas_used"),
    *columns_of("int64", "number", "timestamp"),
    *_empty("int64", "transaction_count base_fee_per_gas"),
    *_empty("string", "withdrawals_root withdrawals"),
    *_empty("int64", "blob_gas_used excess_blob_gas"),
)
_ETL_LOGS = (
    *columns_of("int64", "number", "log_index"),
    *columns_of("string", "bytes", "transaction_hash"),
    *columns_of("int64", "number", "transaction_index"),
    *columns_of("string", "bytes", "block_hash"),
    *columns_of("int64", "number", "block_number"),
    *columns_of("string", "bytes", "address data"),
    *columns_of("list", "topics", "topics"),
)

# cryo


def _cryo_log(placed: Placed) -> Values:
    block, place, transaction, position, contract, topics, data = placed.row
    each = [topics[at : at + 32] or None for at in range(0, 128, 32)]
    front = (block, placed.block_hash, position, place, transaction, contract)
    return *front, *each, data, len(data), placed.chain_id


def _read_cryo_log(values: Values) -> Placed:
    block, block_hash, position, place, transaction, contract, *each, data, size, chain = values
    topics = [topic for topic in each if topic is not None]
    if each[: len(topics)] != topics or any(len(topic) != 32 for topic in topics):
        raise ValueError("topics have 32 bytes each and stand in front")
    if size != len(data):
        raise ValueError("n_data_bytes is not the size of data")
    row = Row(block, place, transaction, position, contract, b"".join(topics), data)
    return Placed(row, block_hash, chain)


def _cryo_header(header: Header, chain_id: int) -> Values:
    number, own, parent, time = header
    return number, own, parent, time, None, None, None, None, chain_id


def _read_cryo_header(values: Values) -> Header:
    return Header(*values[:4])


_CRYO_BLOCKS = (
    *columns_of("uint32", "number", "block_number"),
    *columns_of("binary", "bytes", "block_hash parent_hash"),
    *columns_of("uint32", "number", "timestamp"),
    *_empty("binary", "author"),
    *_empty("uint64", "gas_used"),
    *_empty("binary", "extra_data"),
    *_empty("uint64", "base_fee_per_gas"),
    *columns_of("uint64", "number", "chain_id"),
)
_CRYO_LOGS = (
    *columns_of("uint32", "number", "block_number"),
    *columns_of("binary", "bytes", "block_hash"),
    *columns_of("uint32", "number", "transaction_index log_index"),
    *columns_of("binary", "bytes", "transaction_hash address"),
    *_topics("topic0 topic1 topic2 topic3"),
    *columns_of("binary", "bytes", "data"),
    *columns_of("uint32", "number", "n_data_bytes"),
    *columns_of("uint64", "number", "chain_id"),
)

# SQL: the index's own columns, with bytes as texts, for no kind of literal is the same everywhere.


def _sql_log(placed: Placed) -> Values:
    return tuple(placed.row)


def _read_sql_log(values: Values) -> Placed:
    return Placed(Row(*values), b"", 0)


def _sql_header(header: Header, _: int) -> Values:
    return tuple(header)


def _read_sql_header(values: Values) -> Header:
    return Header(*values)


_SQL_BLOCKS = (
    *columns_of("", "number", "number"),
    *columns_of("", "bytes", "hash parent"),
    *columns_of("", "number", "time"),
)
_SQL_LOGS = (
    *columns_of("", "number", "block place"),
    *columns_of("", "bytes", "transaction_hash"),
    *columns_of("", "number", "transaction_index"),
    *columns_of("", "bytes", "contract topics data"),
)

STANDARDS = {
    "ethereum-etl": Standard(
        {"windows": WINDOWS, "blocks": _ETL_BLOCKS, "logs": _ETL_LOGS},
        _etl_log, _read_etl_log, _etl_header, _read_etl_header, "\r\n",
    ),
    "cryo": Standard(
        {"windows": WINDOWS, "blocks": _CRYO_BLOCKS, "logs": _CRYO_LOGS},
        _cryo_log, _read_cryo_log, _cryo_header, _read_cryo_header, "\n",
    ),
    "sql": Standard(
        {"windows": WINDOWS, "blocks": _SQL_BLOCKS, "logs": _SQL_LOGS},
        _sql_log, _read_sql_log, _sql_header, _read_sql_header, "\n",
    ),
}  # fmt: skip
