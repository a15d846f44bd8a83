// A promo code: made in the dashboard, written by customers in the Mini App and in the chat, counted, switched off.
import { API_KEY, BOT, expect, fits, look, test } from './stage';

const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

test('a code is made, written, counted and switched off', async ({ desk, context }) => {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const [tea] = (await (await desk.request.get('/api/v1/products?q=Mountain', { headers })).json()).items;
  expect((await desk.request.patch(`/api/v1/products/${tea.id}`, { headers, data: { stock: 25 } })).status()).toBe(200);
  const code = `WALK${Math.floor(Math.random() * 1_000_000_000)}`;
  await desk.goto('/promos/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=code]').fill(code.toLowerCase());
  await desk.locator('input[name=off]').fill('150');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#off-note .field-error')).toBeVisible();
  await expect(desk.locator('input[name=code]')).toHaveValue(code.toLowerCase());
  await look(desk, 'promo-wrong');
  await desk.locator('input[name=off]').fill('25');
  await desk.locator('input[name=most_each]').fill('1');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('.toast')).toContainText(code.toLowerCase());
  await fits(desk);

  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.getByRole('button', { name: 'Open the shop' }).last().click();
  const app = chat.frameLocator('#app iframe');
  const main = chat.locator('#app-main');
  await app.getByRole('link', { name: 'Coffee and kitchen' }).click();
  await app.getByRole('link', { name: /Mountain tea/ }).click();
  await expect(main).toHaveText('Buy');
  await main.click();
  await expect(app.getByRole('heading', { name: 'Check your order' })).toBeVisible();
  await app.locator('input[value=pickup]').check();
  await app.getByText('I have a promo code').click();
  await app.locator('input[name=promo]').fill('nothing');
  await app.getByRole('button', { name: 'Apply' }).click();
  await expect(app.getByText('There is no such code')).toBeVisible();
  await expect(app.locator('input[value=pickup]')).toBeChecked();
  await app.locator('input[name=promo]').fill(code);
  await app.getByRole('button', { name: 'Apply' }).click();
  await expect(app.getByText('−700')).toBeVisible();
  await expect(app.locator('[data-total]')).toHaveText('2 100 ֏');
  await look(chat, 'promo-summary');
  await main.click();
  await expect(main).toHaveText(/^Pay 2\s100/);
  await look(chat, 'promo-placed');
  const [pay] = await Promise.all([context.waitForEvent('page'), main.click()]);
  await pay.waitForLoadState();
  await expect(pay.getByText('2 100').first()).toBeVisible();
  await look(pay, 'promo-pay');
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(app.getByText('The payment has arrived')).toBeVisible();

  // Once for a customer: in the chat it is said why not.
  await chat.locator('#app-close').click();
  await chat.getByPlaceholder('Message').fill(`/start ${tea.id}`);
  await chat.getByPlaceholder('Message').press('Enter');
  await chat.getByRole('button', { name: 'Buy' }).last().click();
  await chat.getByRole('button', { name: '1', exact: true }).last().click();
  await chat.getByRole('button', { name: /I will pick/ }).last().click();
  await chat.getByRole('button', { name: 'I have a code' }).last().click();
  await expect(chat.getByText('Write the promo code').last()).toBeVisible();
  await chat.getByPlaceholder('Message').fill(code);
  await chat.getByPlaceholder('Message').press('Enter');
  await expect(chat.getByText('You have used this code already').last()).toBeVisible();
  await look(chat, 'promo-chat');

  await desk.goto('/promos');
  const row = desk.locator('tr', { hasText: code.toLowerCase() });
  await expect(row).toContainText('2 100');
  await expect(row).toContainText('700');
  await look(desk, 'promos');
  await row.getByRole('button', { name: 'Switch off' }).click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(row.getByRole('button', { name: 'Switch on' })).toBeVisible();
  await fits(desk);
});
