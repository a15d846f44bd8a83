// What is bought and comes through the chat: a code of the pool, a file; and how the shop fills both.
import type { BrowserContext, Page } from '@playwright/test';
import { API_KEY, BOT, expect, fits, look, test } from './stage';

/** A customer of its own for every test, so that tests do not hear each other. */
const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

async function product(page: Page, name: string): Promise<string> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const answer = await page.request.get(`/api/v1/products?q=${encodeURIComponent(name)}`, { headers });
  return `/products/${(await answer.json()).items[0].id}`;
}

/** Chosen in the chat by its deep link, and paid. */
async function buy(context: BrowserContext, id: string): Promise<Page> {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}&start=${id.split('/').pop()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.getByRole('button', { name: 'Buy' }).click();
  await chat.getByRole('button', { name: 'Confirm' }).click();
  const link = chat.getByRole('link', { name: /^Pay/ });
  const [pay] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await pay.waitForLoadState();
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(pay.getByText(/^Paid/).first()).toBeVisible();
  await pay.close();
  return chat;
}

test('codes are looked at before they are added, and a customer gets one, and the same again', async ({ desk, context }) => {
  const course = await product(desk, 'Video course');
  const width = test.info().project.name;
  await desk.goto(course);
  await desk.getByRole('link', { name: /Access codes/ }).click();
  await expect(desk).toHaveURL(/\/codes$/);
  await fits(desk);
  await look(desk, 'codes');
  await desk.locator('textarea[name=codes]').fill(`NEW-${width}-1\nNEW-${width}-2\nNEW-${width}-1`);
  await desk.getByRole('button', { name: 'Check' }).click();
  await expect(desk.getByText('New: 2 · repeated: 1')).toBeVisible();
  await fits(desk);
  await look(desk, 'codes-looked');
  await desk.getByRole('button', { name: 'Add codes: 2' }).click();
  await expect(desk.getByText('Codes added: 2.')).toBeVisible();
  const chat = await buy(context, course);
  const code = chat.locator('code', { hasText: /^KAV-/ });
  await expect(code).toHaveCount(1);
  const own = await code.innerText();
  await look(chat, 'chat-code');
  await chat.locator('#text').fill('/orders');
  await chat.locator('#text').press('Enter');
  await chat.getByRole('button', { name: /Get it again/ }).click();
  await expect(code).toHaveCount(2);
  expect(await code.allInnerTexts()).toEqual([own, own]);
  await look(chat, 'chat-again');
});

test('a file is set in the dashboard and sent in the chat', async ({ desk, context }) => {
  const book = await product(desk, 'Ten coffees');
  await desk.goto(`${book}/file`);
  await fits(desk);
  await look(desk, 'product-file');
  await desk.locator('input[type=file]').setInputFiles({ name: 'Ten coffees.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(300_000, 7) });
  await desk.getByRole('button', { name: 'Save' }).click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(desk.getByText('293 KB')).toBeVisible();
  await fits(desk);
  await look(desk, 'product-file-set');
  const chat = await buy(context, book);
  const file = chat.locator('a.document');
  await expect(file).toContainText('Ten coffees.pdf');
  const answer = await chat.request.get((await file.getAttribute('href'))!);
  expect((await answer.body()).length).toBe(300_000);
  await look(chat, 'chat-file');
});

test('a club lets in who has paid, and not a stranger with the same invitation', async ({ desk, context }) => {
  const club = await product(desk, 'Potters');
  await desk.goto(club);
  await desk.getByRole('link', { name: 'Club', exact: true }).click();
  await expect(desk.getByText('The bot has every right it needs.')).toBeVisible();
  await fits(desk);
  await look(desk, 'club');
  const chat = await buy(context, club);
  const enter = chat.getByRole('link', { name: 'Join the club' });
  await expect(enter).toBeVisible();
  await look(chat, 'chat-club');
  const href = (await enter.getAttribute('href'))!;
  const other = await context.newPage();
  await other.goto(href.replace(/user=\d+/, `user=${stranger()}`));
  await other.getByRole('button', { name: 'Ask to join' }).click();
  const [door] = await Promise.all([context.waitForEvent('page'), enter.click()]);
  await door.getByRole('button', { name: 'Ask to join' }).click();
  await expect(async () => {
    await door.reload();
    await expect(door.getByText('You are in.')).toBeVisible({ timeout: 500 });
  }).toPass();
  await look(door, 'club-door');
  await other.reload();
  await expect(other.getByRole('button', { name: 'Ask to join' }), 'the stranger stands outside').toBeVisible();
  await desk.goto('/members');
  await expect(desk.locator('.table').getByText('In the club').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'members');
  await desk.getByRole('button', { name: 'Always keep' }).first().click();
  await desk.locator('dialog[open] textarea').fill('Our first potter');
  await desk.locator('dialog[open]').getByRole('button', { name: 'Always keep' }).click();
  await expect(desk.getByText('This member stays in the club.')).toBeVisible();
  await expect(desk.getByText('Our first potter').first()).toBeVisible();
});

test('a program of the shop gives a product: set, asked once it is paid for, and told in the chat', async ({ desk, context }) => {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const name = `Licence ${test.info().project.name} ${Date.now()}`;
  const data = { kind: 'digital', name: { hy: name, ru: name, en: name }, price: { amount_minor: 500_000, currency: 'AMD' }, visible: true };
  const made = await desk.request.post('/api/v1/products', { headers, data });
  expect(made.status()).toBe(201);
  const own = `/products/${(await made.json()).id}`;
  await desk.goto(own);
  await desk.getByRole('link', { name: 'Your program' }).click();
  await expect(desk).toHaveURL(/\/call$/);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=url]').fill('ftp://nowhere');
  await desk.locator('form.form button').first().click();
  await expect(desk.locator('#url-note .field-error')).toBeVisible();
  await desk.locator('input[name=url]').fill(`${process.env.KHANUT_TEST_URL}/sandbox/receiver/give`);
  await desk.locator('form.form button').first().click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(desk.getByText(/^whsec_/)).toBeVisible();
  await fits(desk);
  await look(desk, 'call');
  const chat = await buy(context, own);
  await expect(chat.getByText(/Your licence: KH-/)).toBeVisible();
  await look(chat, 'chat-called');
  const number = (await chat.getByText(/Order no\. \d+/).last().innerText()).match(/\d+/)![0];
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await expect(desk.getByText(/Your licence: KH-/).first()).toBeVisible();
  await desk.locator('a[href^="/payments/pay_"]').first().click();
  await expect(desk.getByText('Your program has given it.')).toBeVisible();
  await fits(desk);
  await look(desk, 'call-story');
});

test('a club asks those who left to come back, as often as its shop wants', async ({ desk }) => {
  await desk.goto('/products?shelf=club');
  await desk.locator('a.product').first().click();
  await desk.getByRole('link', { name: 'Club', exact: true }).click();
  await expect(desk).toHaveURL(/\/club$/);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=back_after]').fill('99');
  await desk.locator('form.form button').first().click();
  await expect(desk.locator('#back_after-note .field-error')).toBeVisible();
  await desk.locator('input[name=back_after]').fill('7');
  await desk.locator('select[name=back_at_most]').selectOption('2');
  await desk.locator('form.form button').first().click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(desk.locator('select[name=back_at_most]')).toHaveValue('2');
  await fits(desk);
  await look(desk, 'club-back');
  await desk.locator('select[name=back_at_most]').selectOption('1');
  await desk.locator('form.form button').first().click();
  await expect(desk.locator('select[name=back_at_most]')).toHaveValue('1');
});
