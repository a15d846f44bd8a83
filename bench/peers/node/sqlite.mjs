// The store on SQLite: synchronous by nature, so a delivery is one uninterrupted transaction.
import Database from 'better-sqlite3';
import { ACCOUNT, GENESIS, MERCHANT, entryHash, jobsOf, openAccount, schema, weigh } from './common.mjs';

export function open(url, { payments, secret }) {
  const db = new Database(url.slice('sqlite:'.length));
  // An answer means "on disk": FULL syncs the write-ahead log on each commit.
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 10000');
  seed(db, payments, secret);

  const accounts = new Map(db.prepare('SELECT * FROM accounts').all().map((row) => [row.id, openAccount(row)]));
  const keepEvent = db.prepare(
    `INSERT INTO webhook_events (account_id, event_id, decision, headers, body, received_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (event_id) DO NOTHING`,
  );
  const findPayment = db.prepare(
    'SELECT id, status, amount_minor, currency FROM payments WHERE merchant_id = ? AND merchant_order_id = ?',
  );
  const decideEvent = db.prepare('UPDATE webhook_events SET decision = ? WHERE id = ?');
  const payPayment = db.prepare("UPDATE payments SET status = 'paid', paid_at = ? WHERE id = ?");
  const readHead = db.prepare('SELECT number, hash FROM journal_heads WHERE merchant_id = ?');
  const writeHead = db.prepare('UPDATE journal_heads SET number = ?, hash = ? WHERE merchant_id = ?');
  const writeEntry = db.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const writeJob = db.prepare(
    "INSERT INTO jobs (kind, payload, once_key, payment_id, state, run_at) VALUES (?, ?, ?, ?, 'queued', ?)",
  );

  const settle = db.transaction(({ account, headers, body, receivedAt, event }) => {
    const eventId = `${account.id}:${event.id}`;
    const kept = keepEvent.run(account.id, eventId, 'applied', headers, body, receivedAt);
    if (kept.changes === 0) {
      keepEvent.run(account.id, null, 'duplicate', headers, body, receivedAt);
      return 'duplicate';
    }
    const payment = findPayment.get(account.merchant, event.merchantOrderId);
    const other = weigh(payment, event);
    if (other) {
      decideEvent.run(other, kept.lastInsertRowid);
      return other;
    }
    payPayment.run(receivedAt, payment.id);
    const head = readHead.get(account.merchant);
    const number = head.number + 1;
    const hash = entryHash(account.merchant, number, payment, eventId, receivedAt, head.hash);
    const { id, amount_minor, currency } = payment;
    writeEntry.run(account.merchant, number, id, amount_minor, currency, eventId, receivedAt, head.hash, hash);
    writeHead.run(number, hash, account.merchant);
    for (const job of jobsOf(payment)) writeJob.run(job.kind, job.payload, job.onceKey, id, receivedAt);
    return 'applied';
  });

  return {
    account: (id) => accounts.get(id),
    keep: ({ account, headers, body, receivedAt }, decision) => {
      keepEvent.run(account.id, null, decision, headers, body, receivedAt);
      return decision;
    },
    settle: settle.immediate,
    close: () => db.close(),
  };
}

function seed(db, payments, secret) {
  db.transaction(() => {
    db.exec(schema('INTEGER PRIMARY KEY', 'BLOB'));
    db.prepare('INSERT INTO accounts VALUES (?, ?, ?)').run(ACCOUNT, MERCHANT, secret);
    db.prepare('INSERT INTO journal_heads VALUES (?, 0, ?)').run(MERCHANT, GENESIS);
    const insert = db.prepare(
      `INSERT INTO payments (merchant_id, merchant_order_id, status, amount_minor, currency)
       VALUES (?, ?, 'pending', 500000, 'AMD')`,
    );
    for (let n = 1; n <= payments; n += 1) insert.run(MERCHANT, `B${n}`);
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
}
