"""The tables of ../schema.sql as mapped classes, and the one transaction of a delivery."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import BigInteger, create_engine, event, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

MERCHANT = "mer_bench"
ACCOUNT = "acc_bench"
GENESIS = "0" * 64


@dataclass(frozen=True)
class OpenAccount:
    id: str
    merchant: str
    key: bytes


@dataclass(frozen=True)
class Delivery:
    account: OpenAccount
    headers: str
    body: bytes
    received_at: int


class Base(DeclarativeBase):
    type_annotation_map = {int: BigInteger().with_variant(sqlite.INTEGER(), "sqlite")}


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    webhook_secret: Mapped[str]


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    merchant_order_id: Mapped[str]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    paid_at: Mapped[int | None]


class WebhookEvent(Base):
    __tablename__ = "webhook_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str]
    event_id: Mapped[str | None]
    decision: Mapped[str]
    headers: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[int]


class JournalHead(Base):
    __tablename__ = "journal_heads"
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]


class Entry(Base):
    __tablename__ = "journal"
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    event_id: Mapped[str]
    at: Mapped[int]
    prev_hash: Mapped[str]
    hash: Mapped[str]


class Job(Base):
    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[str]
    once_key: Mapped[str]
    payment_id: Mapped[int]
    state: Mapped[str]
    run_at: Mapped[int]


sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
accounts: dict[str, OpenAccount] = {}


def row(delivery: Delivery, decision: str, event_id: str | None = None) -> dict:
    return {
        "account_id": delivery.account.id,
        "event_id": event_id,
        "decision": decision,
        "headers": delivery.headers,
        "body": delivery.body,
        "received_at": delivery.received_at,
    }


def keep(delivery: Delivery, decision: str) -> str:
    """Keeps a delivery that moves nothing."""
    with sessions.begin() as session:
        session.execute(insert(WebhookEvent), row(delivery, decision))
    return decision


def settle(delivery: Delivery, told) -> str:
    """Stores the delivery, moves its payment, writes journal and outbox: one transaction."""
    with sessions.begin() as session:
        event_id = f"{delivery.account.id}:{told.id}"
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = dialect.insert(WebhookEvent).on_conflict_do_nothing(index_elements=["event_id"])
        kept = session.scalar(first.returning(WebhookEvent.id), row(delivery, "applied", event_id))
        if kept is None:
            session.execute(insert(WebhookEvent), row(delivery, "duplicate"))
            return "duplicate"
        named = (Payment.merchant_id == delivery.account.merchant, Payment.merchant_order_id == told.data.merchantOrderId)
        payment = session.scalar(select(Payment).where(*named).with_for_update())
        other = compare(payment, told.data)
        if other:
            session.get_one(WebhookEvent, kept).decision = other
            return other
        payment.status, payment.paid_at = "paid", delivery.received_at
        for kind in ("tell_customer", "fulfil_order"):
            session.add(job(kind, payment, delivery.received_at))
        # Before the head is locked: every delivery of the merchant waits for that row until the commit.
        session.flush()
        session.add(entry(session, delivery, payment, event_id))
    return "applied"


def compare(payment: Payment | None, told) -> str | None:
    if payment is None:
        return "unknown_payment"
    if told.status != "paid":
        return "no_change"
    if (payment.amount_minor, payment.currency) != (told.amountMinor, told.currency):
        return "mismatch"
    return "no_change" if payment.status == "paid" else None


def job(kind: str, payment: Payment, now: int) -> Job:
    payload = json.dumps({"payment": payment.id})
    once_key = f"{kind}:{payment.id}"
    return Job(kind=kind, payload=payload, once_key=once_key, payment_id=payment.id, state="queued", run_at=now)


def entry(session: Session, delivery: Delivery, payment: Payment, event_id: str) -> Entry:
    head = session.scalar(
        select(JournalHead).where(JournalHead.merchant_id == delivery.account.merchant).with_for_update()
    )
    made = Entry(
        merchant_id=head.merchant_id,
        number=head.number + 1,
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        event_id=event_id,
        at=delivery.received_at,
        prev_hash=head.hash,
    )
    lines = (made.merchant_id, made.number, made.payment_id, made.amount_minor, made.currency, event_id, made.at)
    made.hash = hashlib.sha256("\n".join(map(str, (*lines, made.prev_hash))).encode()).hexdigest()
    head.number, head.hash = made.number, made.hash
    return made


def open_database(url: str, payments: int, secret: str) -> None:
    if url.startswith("sqlite:"):
        engine = open_sqlite(url.removeprefix("sqlite:"))
    else:
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
        engine = create_engine(url, pool_size=16, max_overflow=0, pool_timeout=10)
    sessions.configure(bind=engine)
    seed(engine, payments, secret)
    with sessions() as session:
        for account in session.scalars(select(Account)):
            key = base64.b64decode(account.webhook_secret.removeprefix("whsec_"))
            accounts[account.id] = OpenAccount(account.id, account.merchant_id, key)


def open_sqlite(file: str):
    # One connection: threads take turns in the pool, not in SQLite's busy handler, which sleeps.
    engine = create_engine(
        f"sqlite:///{file}",
        pool_size=1,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def settings(connection, _record):
        # The driver begins no transaction of its own; ours begins below.
        connection.isolation_level = None
        # An answer means "on disk": FULL syncs the write-ahead log on each commit.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def seed(engine, payments: int, secret: str) -> None:
    postgres = engine.dialect.name == "postgresql"
    serial = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY"
    schema = (Path(__file__).parent.parent / "schema.sql").read_text()
    schema = "\n".join(line for line in schema.splitlines() if not line.startswith("--"))
    schema = schema.replace("{serial}", serial).replace("{blob}", "BYTEA" if postgres else "BLOB")
    with engine.begin() as connection:
        for statement in schema.split(";"):
            connection.execute(text(statement))
        connection.execute(insert(Account), {"id": ACCOUNT, "merchant_id": MERCHANT, "webhook_secret": secret})
        connection.execute(insert(JournalHead), {"merchant_id": MERCHANT, "number": 0, "hash": GENESIS})
        pending = {"merchant_id": MERCHANT, "status": "pending", "amount_minor": 500_000, "currency": "AMD"}
        for start in range(1, payments + 1, 10_000):
            numbers = range(start, min(start + 10_000, payments + 1))
            connection.execute(insert(Payment), [{**pending, "merchant_order_id": f"B{n}"} for n in numbers])
    # Beside SQLAlchemy's transactions: neither statement may stand inside one.
    bare = engine.raw_connection()
    if postgres:
        bare.driver_connection.autocommit = True
    bare.driver_connection.execute("VACUUM ANALYZE" if postgres else "PRAGMA wal_checkpoint(TRUNCATE)")
    bare.detach()
    bare.close()
