// The shop's settings: what is wrong is said beside its field with nothing lost, what is right is kept.
import { expect, fits, look, test } from './stage';

test('what customers read of the shop is changed in each language', async ({ desk }) => {
  await desk.goto('/settings');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const about = desk.locator('input[name=about_en]');
  const before = await about.inputValue();
  await about.fill(`${before.replace(/ today$/, '')} today`);
  await desk.locator('input[name=checkout_minutes]').fill('4');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#checkout_minutes-note .field-error')).toBeVisible();
  await expect(about).toHaveValue(/ today$/);
  await desk.locator('input[name=checkout_minutes]').fill('60');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(about).toHaveValue(/ today$/);
});

test('a token that Telegram does not know is refused beside its field', async ({ desk }) => {
  await desk.goto('/settings/bot');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=token]').fill('1:nobody-knows-it');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#token-note .field-error')).toContainText('BotFather');
  await desk.getByRole('button', { name: 'Disconnect the bot' }).first().click();
  await expect(desk.locator('dialog[open]')).toContainText('no longer answer');
  await look(desk, 'bot-disconnect');
});

test('a way to pay needs what must not be guessed, and a key that is accepted', async ({ desk }) => {
  await desk.goto('/settings/methods/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=name]').fill('Card');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#amd_exponent-note .field-error')).toBeVisible();
  await expect(desk.locator('input[name=name]')).toHaveValue('Card');
  await desk.locator('select[name=amd_exponent]').selectOption('2');
  await desk.locator('input[name=base_url]').fill(new URL('/sandbox/vpos', desk.url()).href);
  await desk.locator('input[name=token]').fill('another-key');
  await desk.locator('input[name=webhook_secret]').fill('whsec_ZGVtbw==');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk.locator('#token-note .field-error')).toBeVisible();
  await desk.goto('/settings/methods');
  await desk.locator('a.row-link').first().click();
  await expect(desk.getByText('/hooks/pay/acc_')).toBeVisible();
  await fits(desk);
  await look(desk, 'method');
});
