// How goods come to the customer: said in the settings, chosen in the chat, seen with the order.
import { API_KEY, BOT, expect, fits, look, test } from './stage';

const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

test('the shop says how it hands goods over, and what is wrong is said beside its field', async ({ desk }) => {
  await desk.goto('/settings/handover');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const price = desk.locator('input[name=delivery_price]');
  await price.fill('a lot');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#delivery_price-note .field-error')).toBeVisible();
  await expect(price).toHaveValue('a lot');
  await price.fill('1000');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('.toast')).toBeVisible();
  await fits(desk);
  await look(desk, 'handover');
});

test('a delivery: chosen in the chat, paid, and its address stands with the order', async ({ desk, context }) => {
  // Other walks sell it and count it anew.
  const headers = { authorization: `Bearer ${API_KEY}` };
  const [tea] = (await (await desk.request.get('/api/v1/products?q=Mountain', { headers })).json()).items;
  expect((await desk.request.patch(`/api/v1/products/${tea.id}`, { headers, data: { stock: 25 } })).status()).toBe(200);
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.getByRole('button', { name: 'Catalog', exact: true }).last().click();
  await chat.getByRole('button', { name: 'Coffee and kitchen' }).last().click();
  await chat.getByRole('button', { name: /Mountain tea/ }).last().click();
  await chat.getByRole('button', { name: 'Buy' }).last().click();
  await chat.getByRole('button', { name: '2', exact: true }).last().click();
  await expect(chat.getByText('18 Abovyan Street').last()).toBeVisible();
  await look(chat, 'handover-ways');
  await chat.getByRole('button', { name: /^Delivery/ }).last().click();
  await expect(chat.getByText('Write the address').last()).toBeVisible();
  await chat.getByPlaceholder('Message').fill('Tumanyan 12, flat 5');
  await chat.getByPlaceholder('Message').press('Enter');
  await expect(chat.getByText('Delivery: Tumanyan 12, flat 5').last()).toBeVisible();
  await expect(chat.getByText('6 600').last()).toBeVisible();
  await look(chat, 'handover-summary');
  await chat.getByRole('button', { name: 'Confirm' }).last().click();
  const link = chat.getByRole('link', { name: /^Pay/ }).last();
  const number = (await chat.getByText(/Order no\. \d+/).last().innerText()).match(/\d+/)![0];
  const [pay] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await pay.waitForLoadState();
  await expect(pay.getByText('Delivery').first()).toBeVisible();
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible();
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await expect(desk.getByText('Tumanyan 12, flat 5').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'handover-order');
  // Step by step, and the customer hears of each.
  await desk.getByRole('button', { name: 'Packed', exact: true }).click();
  await expect(desk.locator('.toast')).toContainText('The step is noted');
  await expect(chat.getByText(`Order no. ${number} is packed`)).toBeVisible();
  await desk.goto('/handover?step=packed');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const row = desk.getByRole('row', { name: new RegExp(`№ ${number} `) });
  await expect(row.getByText('Tumanyan 12, flat 5')).toBeVisible();
  await row.locator('input[type=checkbox]').check();
  await expect(desk.locator('.bulkbar')).toBeVisible();
  await fits(desk);
  await look(desk, 'handover-packed');
  await desk.locator('.bulkbar').getByRole('button').click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(chat.getByText(`Order no. ${number} is on the way`)).toBeVisible();
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.getByText('Another step', { exact: true }).click();
  await look(desk, 'handover-other-step');
  await desk.getByRole('button', { name: 'Packed', exact: true }).click();
  await expect(desk.locator('.toast')).toContainText('The step is noted');
  await expect(desk.locator('#order').getByRole('button', { name: 'On the way', exact: true })).toBeVisible();
  await fits(desk);
});

test('an unpaid order is given up in the chat', async ({ context }) => {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.getByRole('button', { name: 'Catalog', exact: true }).last().click();
  await chat.getByRole('button', { name: 'Online' }).last().click();
  await chat.getByRole('button', { name: /Ten coffees/ }).last().click();
  await chat.getByRole('button', { name: 'Buy' }).last().click();
  await chat.getByRole('button', { name: 'Confirm' }).last().click();
  await expect(chat.getByRole('link', { name: /^Pay/ }).last()).toBeVisible();
  await chat.getByPlaceholder('Message').fill('/orders');
  await chat.getByPlaceholder('Message').press('Enter');
  await chat.getByRole('button', { name: /^Cancel no\./ }).last().click();
  await expect(chat.getByText('Cancelled').last()).toBeVisible();
  await look(chat, 'given-up');
});
