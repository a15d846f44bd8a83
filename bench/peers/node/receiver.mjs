// The receiver of payment webhooks as a good Node engineer usually writes it: fastify, better-sqlite3 or pg, one
// transaction per delivery. `node receiver.mjs --db sqlite:FILE|postgres://… [--payments N]`, secret in WEBHOOK_SECRET.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseArgs } from 'node:util';
import Fastify from 'fastify';

const MAX_BODY = 64 * 1024;
const TOLERANCE_S = 5 * 60;
const KEPT_HEADERS = ['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

const { values: args } = parseArgs({
  options: {
    db: { type: 'string' },
    payments: { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
  },
});
const secret = process.env.WEBHOOK_SECRET ?? '';
if (!args.db || !secret.startsWith('whsec_')) {
  console.error('receiver: --db and WEBHOOK_SECRET=whsec_… are needed');
  process.exit(2);
}
// The driver in use is the only one that is loaded.
const { open } = await import(args.db.startsWith('sqlite:') ? './sqlite.mjs' : './postgres.mjs');
const store = await open(args.db, { payments: Number(args.payments), secret });

/** Why a delivery is refused, or null: Standard Webhooks, several signatures allowed. */
function refusal(headers, body, key) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return 'bad_signature';
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const matches = signatures.split(' ').some((signature) => {
    if (!signature.startsWith('v1,')) return false;
    const given = Buffer.from(signature.slice(3), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) return 'bad_signature';
  const age = Math.floor(Date.now() / 1000) - Number(timestamp);
  return Math.abs(age) <= TOLERANCE_S ? null : 'stale_timestamp';
}

/** What the delivery says, or null when it cannot be read. */
function parse(body) {
  let event;
  try {
    event = JSON.parse(body);
  } catch {
    return null;
  }
  const data = event?.data;
  const readable =
    typeof event?.id === 'string' &&
    typeof data?.merchantOrderId === 'string' &&
    Number.isSafeInteger(data.amountMinor) &&
    typeof data.currency === 'string' &&
    typeof data.status === 'string';
  return readable ? { id: event.id, ...data } : null;
}

const kept = (headers) =>
  JSON.stringify(Object.fromEntries(KEPT_HEADERS.filter((name) => headers[name]).map((name) => [name, headers[name]])));

const STATUS = { bad_signature: 401, stale_timestamp: 401, unreadable: 400, too_large: 413 };

const app = Fastify({ bodyLimit: MAX_BODY });
// The signature is over the raw bytes: no body is parsed before it is checked.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post('/hooks/pay/:account', async (request, reply) => {
  const account = store.account(request.params.account);
  if (!account) return reply.code(404).send({ error: 'unknown_account' });
  const { headers, body = Buffer.alloc(0) } = request;
  const delivery = { account, headers: kept(headers), body, receivedAt: Date.now(), event: null };
  let decision = refusal(headers, body, account.key);
  if (!decision) {
    delivery.event = parse(body);
    if (!delivery.event) decision = 'unreadable';
  }
  // A refused delivery is kept too; it never moves money.
  decision = decision ? await store.keep(delivery, decision) : await store.settle(delivery);
  return reply.code(STATUS[decision] ?? 200).send({ decision });
});

app.setErrorHandler(async (error, request, reply) => {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const account = store.account(request.params?.account);
    const delivery = { account, headers: kept(request.headers), body: Buffer.alloc(0), receivedAt: Date.now() };
    if (account) await store.keep(delivery, 'too_large');
    return reply.code(413).send({ decision: 'too_large' });
  }
  if (error.statusCode < 500) return reply.code(error.statusCode).send({ error: error.code });
  // Not committed: the sender comes again.
  console.error(error);
  return reply.code(503).header('retry-after', '2').send({ error: 'try_again' });
});

const address = await app.listen({ host: '127.0.0.1', port: Number(args.port) });
console.log(`ready ${address}/hooks/pay/acc_bench`);
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await app.close();
    await store.close();
  });
}
