// The main job, seen by everybody: the customer chooses in the chat, pays, is told; the merchant's row appears by itself.
import type { BrowserContext, Page } from '@playwright/test';
import { BOT, expect, fits, look, test } from './stage';

/** A customer of its own for every test, so that tests do not hear each other. */
const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

async function orderTea(context: BrowserContext): Promise<{ chat: Page; pay: Page; number: string }> {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.getByRole('button', { name: 'Catalog', exact: true }).last().click();
  await chat.getByRole('button', { name: 'Coffee and kitchen' }).click();
  await chat.getByRole('button', { name: /Coffee tasting for two/ }).click();
  await expect(chat.locator('img').last()).toBeVisible();
  await chat.getByRole('button', { name: 'Buy' }).click();
  await chat.getByRole('button', { name: '1', exact: true }).click();
  await chat.getByRole('button', { name: 'Confirm' }).click();
  const link = chat.getByRole('link', { name: /^Pay/ });
  const number = (await chat.getByText(/Order no\. \d+/).last().innerText()).match(/\d+/)![0];
  const [pay] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await pay.waitForLoadState();
  await look(pay, 'checkout');
  await fits(pay);
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Decline' }).waitFor();
  return { chat, pay, number };
}

test('a sale: chosen in the chat, paid, told, and live in the dashboard', async ({ desk, context }) => {
  await desk.goto('/payments');
  const { chat, pay, number } = await orderTea(context);
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(pay).toHaveURL(/\/return/);
  await expect(pay.getByText(/^Paid/).first()).toBeVisible();
  await look(pay, 'return-paid');
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible();
  await expect(chat.getByText('We are waiting for you at 18 Abovyan Street')).toBeVisible();
  await look(chat, 'chat');
  // Nobody has reloaded the list.
  await expect(desk.getByText(new RegExp(`№ ${number}`)).first()).toBeVisible();
  await look(desk, 'payments-live');
});

test('declined: the customer is told and may try again', async ({ context }) => {
  const { chat, pay, number } = await orderTea(context);
  await pay.getByRole('button', { name: 'Decline' }).click();
  await expect(chat.getByText(`Order no. ${number}: the payment failed`)).toBeVisible();
  await expect(chat.getByRole('link', { name: /Try again/ })).toBeVisible();
});

test('expired: the customer is told and may order again', async ({ context }) => {
  const { chat, pay, number } = await orderTea(context);
  await pay.getByRole('button', { name: 'Expire' }).click();
  await expect(chat.getByText(`Order no. ${number}: the time to pay has run out`)).toBeVisible();
  await expect(chat.getByRole('button', { name: 'Order again' })).toBeVisible();
});

test('closed tab and no webhook: the look-up finds the payment', async ({ context }) => {
  // It is looked up every ten seconds in its first minute, every thirty after it.
  test.setTimeout(150_000);
  const { chat, pay, number } = await orderTea(context);
  await pay.getByLabel('never send').check();
  await pay.getByRole('button', { name: 'Pay, then close the tab' }).click();
  // The provider has heard it before the tab goes; and a browser that closes a tab between two pages may hang.
  await expect(pay.getByRole('status')).toBeVisible();
  await pay.close();
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible({ timeout: 75_000 });
});

test('sent twice: the customer hears it once', async ({ context, request }) => {
  const { chat, pay, number } = await orderTea(context);
  await pay.getByLabel('send twice').check();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(chat.getByText('We are waiting for you at 18 Abovyan Street')).toBeVisible();
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toHaveCount(1);
  const headers = { authorization: 'Bearer kh_demo_key' };
  const payment = new URL(pay.url()).searchParams.get('p');
  await expect
    .poll(async () => (await (await request.get(`/api/v1/webhook-events?payment=${payment}`, { headers })).json()).items.length)
    .toBe(2);
});

test('the checkout works without scripts', async ({ browser, request, baseURL }) => {
  const headers = { authorization: 'Bearer kh_demo_key' };
  const link = { kind: 'dynamic', title: 'Plain', amount: { amount_minor: 500_000, currency: 'AMD' } };
  const { url, id } = await (await request.post('/api/v1/payment-links', { headers, data: link })).json();
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await page.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(page.getByRole('heading', { name: /^Վճարված է/ })).toBeVisible({ timeout: 20_000 });
  expect((await (await request.get(`/api/v1/payment-links/${id}`, { headers })).json()).paid_count).toBe(1);
  await context.close();
});

test('news that come while the page draws older ones are shown too', async ({ desk, context }) => {
  // The first refresh reads the list before the sale and is shown after it: all news of the sale fall into that time.
  let drawn = () => {};
  const after = new Promise<void>((resolve) => (drawn = resolve));
  let first = true;
  await desk.goto('/payments');
  await expect(desk.locator('.live[data-on]')).toBeVisible();
  await desk.route('**/payments', async (route) => {
    if (!first || !route.request().headers()['x-quiet']) return route.continue();
    first = false;
    const response = await route.fetch();
    await after;
    await route.fulfill({ response });
  });
  const { chat, pay, number } = await orderTea(context);
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(chat.getByText('We are waiting for you at 18 Abovyan Street')).toBeVisible();
  drawn();
  await expect(desk.getByText(new RegExp(`№ ${number}`)).first()).toBeVisible();
});
