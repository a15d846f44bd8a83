// What both stores share: the schema, the journal's hash, the jobs of a paid payment.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const MERCHANT = 'mer_bench';
export const ACCOUNT = 'acc_bench';
export const GENESIS = '0'.repeat(64);

export const schema = (serial, blob) =>
  readFileSync(new URL('../schema.sql', import.meta.url), 'utf8').replaceAll('{serial}', serial).replaceAll('{blob}', blob);

/** The account as the receiver needs it: its key is decoded once. */
export const openAccount = (row) => ({
  id: row.id,
  merchant: row.merchant_id,
  key: Buffer.from(row.webhook_secret.slice('whsec_'.length), 'base64'),
});

export function entryHash(merchant, number, payment, eventId, at, prevHash) {
  const lines = [merchant, number, payment.id, payment.amount_minor, payment.currency, eventId, at, prevHash];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** What the event means for the payment; null for "move it to paid". */
export function weigh(payment, event) {
  if (!payment) return 'unknown_payment';
  if (event.status !== 'paid') return 'no_change';
  if (Number(payment.amount_minor) !== event.amountMinor || payment.currency !== event.currency) return 'mismatch';
  return payment.status === 'paid' ? 'no_change' : null;
}

export const jobsOf = (payment) =>
  ['tell_customer', 'fulfil_order'].map((kind) => ({
    kind,
    payload: JSON.stringify({ payment: payment.id }),
    onceKey: `${kind}:${payment.id}`,
  }));
