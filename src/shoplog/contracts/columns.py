"""Every column of the chain, once. Same quantity, same name, same type everywhere."""

from __future__ import annotations

from shoplog.contracts.channels import CHANNEL
from shoplog.contracts.events import EVENT_COLUMNS
from shoplog.contracts.model import Column
from shoplog.contracts.pages import PAGE
from shoplog.contracts.people import AGENT, COUNTRY

FATES = ("accepted", "quarantined", "duplicate")
REASONS = {
    "bad_identity": "the record does not carry our identity: something else writes to the topic",
    "unknown_site": "no site file has this site's name",
    "truncated": "longer than 1 MiB, cut on the way",
    "not_utf8": "bytes that are not valid UTF-8",
    "empty": "nothing but white space",
    "control_character": "a raw control character: another writer or a forged line",
    "header": "a header line of a W3C or CloudFront file: no hit",
    "unparsable": "does not read as the site's log format, or its size is no number from 0",
    "bad_status": "the status is not between 100 and 599",
    "bad_time": "the time stamp is no time or before 1995",
    "future": "event time more than 5 minutes ahead of its ingest time",
}

SITE = Column("site", "string", "the shop's name in sites/", nullable=False)
HOST = Column("host", "string", "the machine that wrote the line", nullable=False)
FILE = Column("file", "string", "name of the log file, without a compression suffix", nullable=False)
BYTE_OFFSET = Column("byte_offset", "bigint", "first byte of the line in its uncompressed file", nullable=False)
IDENTITY = (SITE, HOST, FILE, BYTE_OFFSET)
IDENTITY_NAMES = tuple(column.name for column in IDENTITY)

LINE_BYTES = Column("line_bytes", "bigint", "length of the line before any cut, without its line end")
RAW = Column("raw", "binary", "the line as received")
TOPIC = Column("topic", "string", "Kafka topic; null for imported lines")
PARTITION = Column("kafka_partition", "int", "Kafka partition")
OFFSET = Column("kafka_offset", "bigint", "offset in the Kafka partition")
INGEST_TIME = Column("ingest_time", "timestamp", "when the broker took the line in", nullable=False)
INGEST_DATE = Column("ingest_date", "date", "UTC day of ingest_time", nullable=False)
FATE = Column("fate", "string", "what live processing made of the line", nullable=False, allowed=FATES)
REASON = Column("reason", "string", "why the line was refused", allowed=tuple(REASONS))

EVENT_TIME = Column("event_time", "timestamp", "the shopper's moment, UTC")
EVENT_DATE = Column("event_date", "date", "UTC day of event_time")
REQUEST = (
    Column("method", "string", "request method; null when the request line is no request"),
    Column("url", "string", "request target as logged, secrets masked"),
    Column("path", "string", "url up to ? or #, without scheme and host, secrets masked"),
    Column("status", "int", "response status, 100 to 599"),
    Column("bytes_sent", "bigint", "response body bytes; 0 where the log has -"),
    Column("duration_ms", "double", "request time, where the format has it"),
    Column("upstream_ms", "double", "time the servers behind took, summed, where the format has it"),
    Column("referrer", "string", "Referer header, secrets masked; null where the log has -"),
    Column("user_agent", "string", "User-Agent header; null where the log has -"),
    Column("request_id", "string", "the server's request id, where the format has it"),
    Column("vhost", "string", "virtual host without its port, where the format has it"),
    Column("cache_status", "string", "what the cache made of it, as logged, where the format has it"),
)
ADDRESS_ID = Column(
    "address_id", "string", "keyed hash of day salt, site and address, whatever the agent; null once the salt is dead"
)
VISITOR_ID = Column(
    "visitor_id", "string", "keyed hash of day salt, site, address and user agent; null once the salt is dead"
)
VISITOR_ID_PREV = Column(
    "visitor_id_prev", "string", "the same with the previous day's salt, so that sessions cross midnight"
)
LOGIN_ID = Column(
    "login_id",
    "string",
    "keyed hash of site and the user name that the server logged, the same every day; null without one",
)
VISITOR = (ADDRESS_ID, VISITOR_ID, VISITOR_ID_PREV, LOGIN_ID)
ENRICHED = (*AGENT, COUNTRY, *CHANNEL, *PAGE, *EVENT_COLUMNS)
RULES_VERSION = Column("rules_version", "int", "version of the site's rules that read the line")

HTTP_STATUS = Column("http_status", "int", "response status, 100 to 599")
WINDOW_START = Column("window_start", "timestamp", "start of the window, inclusive, UTC", nullable=False)
WINDOW_END = Column("window_end", "timestamp", "end of the window, exclusive, UTC", nullable=False)
WINDOW_DATE = Column("window_date", "date", "UTC day of window_start")
PATH = next(column for column in REQUEST if column.name == "path")
