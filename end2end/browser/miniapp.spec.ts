// The shop inside Telegram: looked at, bought from and paid, in the colours that the person's Telegram has.
import { API_KEY, BOT, expect, fits, look, test } from './stage';
import { faults } from './walk';

const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a purchase from the Mini App, in ${colorScheme}`, async ({ context, page: desk }) => {
    // Other walks sell it and count it anew.
    const headers = { authorization: `Bearer ${API_KEY}` };
    const [tea] = (await (await desk.request.get('/api/v1/products?q=Mountain', { headers })).json()).items;
    expect((await desk.request.patch(`/api/v1/products/${tea.id}`, { headers, data: { stock: 25 } })).status()).toBe(200);
    const chat = await context.newPage();
    await chat.emulateMedia({ colorScheme });
    await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
    await chat.getByRole('button', { name: 'START' }).click();
    await chat.getByRole('button', { name: 'Open the shop' }).last().click();
    const app = chat.frameLocator('#app iframe');
    const main = chat.locator('#app-main');
    const shown = async (name: string) => look(chat, `miniapp-${colorScheme}-${name}`);
    await expect(app.getByRole('link', { name: 'Coffee and kitchen' })).toBeVisible();
    await app.getByRole('link', { name: 'Coffee and kitchen' }).click();
    await expect(app.getByRole('link', { name: /Mountain tea/ })).toBeVisible();
    await shown('shelf');
    expect(await faults(chat, '#app'), 'of the shelf').toEqual([]);
    await app.getByRole('link', { name: /Mountain tea/ }).click();
    await expect(main).toHaveText('Buy');
    await app.getByRole('button', { name: 'Add to cart' }).click();
    await expect(app.getByRole('heading', { name: 'Cart' })).toBeVisible();
    await expect(main).toHaveText('Check out');
    await app.getByRole('button', { name: 'One more' }).click();
    await expect(app.getByText('5 600').first()).toBeVisible();
    await shown('cart');
    await main.click();
    await expect(app.getByRole('heading', { name: 'Check your order' })).toBeVisible();
    await app.locator('input[value=pickup]').check();
    await expect(app.locator('[data-total]')).toHaveText('5 600 ֏');
    await app.locator('input[value=delivery]').check();
    await expect(app.locator('[data-total]')).toHaveText('6 600 ֏');
    await app.getByLabel('Address').fill('Tumanyan 12, flat 5');
    await shown('summary');
    expect(await faults(chat, '#app'), 'of the summary').toEqual([]);
    await main.click();
    await expect(app.getByRole('heading', { name: /Order no\. \d+/ })).toBeVisible();
    await expect(main).toHaveText(/^Pay 6\s600/);
    await shown('placed');
    const number = (await app.getByRole('heading', { name: /Order no\. \d+/ }).innerText()).match(/\d+/)![0];
    const [pay] = await Promise.all([context.waitForEvent('page'), main.click()]);
    await pay.waitForLoadState();
    await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
    await pay.getByRole('button', { name: 'Pay', exact: true }).click();
    await expect(pay.getByText(/paid|received/i).first()).toBeVisible();
    await expect(app.getByText('The payment has arrived')).toBeVisible();
    await shown('paid');
    await chat.locator('#app-close').click();
    await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible();
    await fits(chat);
  });
}

test('the button beside the field opens the shop, and Telegram leads back', async ({ context }) => {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  await chat.locator('#shop').click();
  const app = chat.frameLocator('#app iframe');
  await expect(app.locator('.tg-item').first()).toBeVisible();
  await app.locator('.tg-item').first().click();
  await expect(chat.locator('#app-back')).toBeVisible();
  await look(chat, 'miniapp-product');
  await chat.locator('#app-back').click();
  await expect(app.locator('.tg-shelf')).toBeVisible();
});
