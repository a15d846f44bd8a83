// What is decided at the counter: a refund that is refused, a line that goes back, goods that are found after all, and a bank's
// spreadsheet whose word somebody takes up and accepts.
import { type Page } from '@playwright/test';
import { crc32 } from 'node:zlib';
import { API_KEY, OWNER, choose, expect, fits, look, signIn, sold, test } from './stage';

const headers = { authorization: `Bearer ${API_KEY}` };
const SUPPORT = { ...OWNER, email: 'support@demo.khanut' };

const once = () => test.skip(test.info().project.name !== '1440', 'done once, at the first width');

async function list(page: Page, what: string) {
  return (await (await page.request.get(`/api/v1/${what}`, { headers })).json()).items;
}

/** A ZIP of files that are kept as they are. */
function zip(files: [string, string][]): Buffer {
  const parts: Buffer[] = [];
  const index: Buffer[] = [];
  let place = 0;
  for (const [name, text] of files) {
    const [head, entry, title, body] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.from(name), Buffer.from(text)];
    head.writeUInt32LE(0x04034b50, 0);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    for (const [to, at] of [[head, 4], [entry, 6]] as [Buffer, number][]) {
      to.writeUInt16LE(20, at);
      to.writeUInt32LE(crc32(body), at + 10);
      to.writeUInt32LE(body.length, at + 14);
      to.writeUInt32LE(body.length, at + 18);
      to.writeUInt16LE(title.length, at + 22);
    }
    entry.writeUInt32LE(place, 42);
    parts.push(head, title, body);
    index.push(entry, title);
    place += head.length + title.length + body.length;
  }
  const [end, listed] = [Buffer.alloc(22), Buffer.concat(index)];
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(place, 16);
  return Buffer.concat([...parts, listed, end]);
}

/** The smallest spreadsheet that says these rows. */
function spreadsheet(rows: (string | number)[][]): Buffer {
  const cell = (value: string | number) =>
    typeof value === 'number' ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`;
  const lines = rows.map((row, place) => `<row r="${place + 1}">${row.map(cell).join('')}</row>`).join('');
  const xml = '<?xml version="1.0" encoding="UTF-8"?>';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const packages = 'http://schemas.openxmlformats.org/package/2006';
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const kinds = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const override = (part: string, kind: string) => `<Override PartName="${part}" ContentType="${kinds}.${kind}+xml"/>`;
  return zip([
    ['[Content_Types].xml', `${xml}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${override('/xl/workbook.xml', 'sheet.main')}${override('/xl/worksheets/sheet1.xml', 'worksheet')}</Types>`],
    ['_rels/.rels', `${xml}<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ['xl/workbook.xml', `${xml}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Bank" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', `${xml}<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`],
    ['xl/worksheets/sheet1.xml', `${xml}<worksheet xmlns="${main}"><sheetData>${lines}</sheetData></worksheet>`],
  ]);
}

test('a refund that support asks for is rejected with a word', async ({ page, browser }) => {
  const { payment } = await sold(page, 'A course that has begun');
  await signIn(page, SUPPORT);
  await page.goto(`/payments/${payment}/refund`);
  await page.locator('textarea[name=reason]').fill('Changed their mind');
  await page.locator('form.form button[type=submit]').click();
  await expect(page).toHaveURL(/\/refunds\/rfd_/);
  const owner = await (await browser.newContext({ baseURL: process.env.KHANUT_TEST_URL })).newPage();
  await signIn(owner);
  await owner.goto(page.url());
  await expect(owner.locator('html[data-awake]')).toBeVisible();
  await owner.getByRole('button', { name: 'Reject' }).click();
  const dialog = owner.locator('dialog[open]');
  await look(owner, 'refund-reject');
  // Without a word it is not rejected.
  await dialog.locator('button[type=submit]').click();
  await expect(owner.locator('#reject-note-note .field-error')).toBeVisible();
  await dialog.locator('textarea').fill('The course has begun');
  await dialog.locator('button[type=submit]').click();
  await expect(owner.locator('.toast')).toContainText('rejected');
  await expect(owner.getByText('The course has begun').first()).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await fits(owner);
  await owner.context().close();
});

test('one of two things goes back, and not twice', async ({ desk }) => {
  once();
  const order = (await list(desk, 'orders?status=fulfilled&limit=100')).find((one: { lines: unknown[] }) => one.lines.length === 2);
  const payment = (await list(desk, 'payments?status=paid&limit=100')).find((one: { order_id: string }) => one.order_id === order.id);
  await desk.goto(`/payments/${payment.id}/refund`);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await choose(desk, 'how', 'lines');
  const second = desk.locator('input[name=line]').nth(1);
  await second.check();
  await desk.locator('textarea[name=reason]').fill('Bought by mistake');
  await fits(desk);
  await look(desk, 'refund-lines');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk).toHaveURL(/\/refunds\/rfd_/);
  await expect(desk.locator('.story-head, .room-head').first()).toContainText(/Done|back|way/i);
  await desk.goto(`/payments/${payment.id}/refund`);
  await choose(desk, 'how', 'lines');
  await desk.locator('input[name=line]').nth(1).check();
  await desk.locator('textarea[name=reason]').fill('Once more');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#lines-note')).not.toBeEmpty();
});

test('what was paid too late is delivered all the same', async ({ desk }) => {
  once();
  await desk.goto('/review');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const card = desk.locator('article.card', { hasText: 'the goods are gone' });
  await expect(card).toHaveCount(1);
  await card.getByRole('button', { name: 'Deliver all the same' }).click();
  const dialog = desk.locator('dialog[open]');
  await dialog.locator('textarea').fill('One more stood in the workshop');
  await look(desk, 'review-deliver');
  const story = await card.locator('h3 a').getAttribute('href');
  await dialog.locator('button[type=submit]').click();
  await expect(desk.locator('.toast')).toContainText('Being delivered');
  await expect(card).toHaveCount(0);
  await desk.goto(story ?? '');
  await expect(desk.getByText('One more stood in the workshop').first()).toBeVisible();
});

test("a bank's spreadsheet is read, its lines are taken up, and its word is accepted", async ({ desk, browser }) => {
  const amount = { amount_minor: 777_000, currency: 'AMD' };
  const link = { kind: 'dynamic', title: 'Known to the bank alone', amount };
  const { url } = await (await desk.request.post('/api/v1/payment-links', { headers, data: link })).json();
  const customer = await (await browser.newContext({ baseURL: process.env.KHANUT_TEST_URL, javaScriptEnabled: false })).newPage();
  await customer.goto(url);
  await customer.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await expect(customer.getByRole('button', { name: 'Pay', exact: true })).toBeVisible();
  await customer.context().close();
  const open = await list(desk, 'payments?status=pending&limit=100');
  const payment = open.find((one: { amount: { amount_minor: number } }) => one.amount.amount_minor === 777_000);
  const rows = [['Order', 'Amount', 'Status'], [payment.merchant_order_id, 7770, 'paid'], ['K9-8-strange', 12, 'paid']];
  await desk.goto('/reconcile/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await choose(desk, 'source', 'file');
  const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  await desk.locator('input[type=file]').setInputFiles({ name: 'bank.xlsx', mimeType, buffer: spreadsheet(rows) });
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.getByText('Which column says what').first()).toBeVisible();
  await expect(desk.getByText('K9-8-strange').first()).toBeVisible();
  await look(desk, 'reconcile-spreadsheet');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('.room-head')).not.toContainText('comparing');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const line = (words: string) => desk.locator('tbody tr', { hasText: words });
  await line('K9-8-strange').locator('input[name=exception]').check();
  await desk.getByRole('button', { name: 'I see to it' }).click();
  await expect(desk.locator('.toast')).toContainText('you see to it');
  await expect(line('K9-8-strange')).toContainText('Նարե');
  await fits(desk);
  await look(desk, 'reconcile-owned');
  await desk.goto(`${desk.url().split('?')[0]}?shelf=paid_there`);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const known = line('7\u202f770');
  await known.locator('input[name=exception]').check();
  await desk.locator('input[name=comment]').fill('The bank has it on its list');
  await desk.getByRole('button', { name: 'Their word is true' }).click();
  await expect(desk.locator('.toast')).toContainText('Resolved: 1');
  await expect(known.locator('input[name=exception]')).toHaveCount(0);
  const now = await (await desk.request.get(`/api/v1/payments/${payment.id}`, { headers })).json();
  expect(now.status).toBe('paid');
});
