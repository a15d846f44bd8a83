// Several things bought together: put aside in the chat, changed, ordered once, paid once.
import { BOT, expect, fits, look, test } from './stage';

const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

test('a cart: chosen, changed, paid with one payment', async ({ desk, context }) => {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  const shelf = async () => {
    await chat.getByRole('button', { name: 'Catalog', exact: true }).last().click();
    await chat.getByRole('button', { name: 'Coffee and kitchen' }).last().click();
  };
  await shelf();
  await chat.getByRole('button', { name: /Coffee tasting for two/ }).last().click();
  await chat.getByRole('button', { name: 'Add to cart' }).last().click();
  await chat.getByRole('button', { name: '2', exact: true }).last().click();
  await expect(chat.getByText('Coffee tasting for two × 2').last()).toBeVisible();
  await chat.getByRole('button', { name: 'To the catalog' }).last().click();
  await chat.getByRole('button', { name: 'Online' }).last().click();
  await chat.getByRole('button', { name: /Ten coffees/ }).last().click();
  await chat.getByRole('button', { name: 'Add to cart' }).last().click();
  await expect(chat.getByText('21 500').last()).toBeVisible();
  await look(chat, 'cart');
  await chat.getByRole('button', { name: '+', exact: true }).last().click();
  await expect(chat.getByText('30 500').last()).toBeVisible();
  await chat.getByRole('button', { name: 'Check out' }).last().click();
  await look(chat, 'cart-summary');
  await chat.getByRole('button', { name: 'Confirm' }).last().click();
  const link = chat.getByRole('link', { name: /^Pay/ }).last();
  const number = (await chat.getByText(/Order no\. \d+/).last().innerText()).match(/\d+/)![0];
  const [pay] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await pay.waitForLoadState();
  await expect(pay.getByText(/Ten coffees/).first()).toBeVisible();
  await look(pay, 'cart-checkout');
  await fits(pay);
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible();
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await expect(desk.getByText('Coffee tasting for two × 3').first()).toBeVisible();
  await look(desk, 'cart-order');
});
