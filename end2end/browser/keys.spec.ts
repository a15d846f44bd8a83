// The main work by keys alone, from the door on: no click, and the focus is never moved for the person.
import { type Page } from '@playwright/test';
import { goByKeys, signInByKeys, tabTo } from './keys';
import { API_KEY, OWNER, expect, look, sold, test } from './stage';

const SUPPORT = { ...OWNER, email: 'support@demo.khanut' };

async function api(page: Page, path: string, data?: object) {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const answer = data ? await page.request.post(`/api/v1${path}`, { headers, data }) : await page.request.get(`/api/v1${path}`, { headers });
  return answer.json();
}

const opened = (page: Page) => expect(page.locator('html[data-awake]')).toBeVisible();
const focusIsIn = (page: Page, selector: string) =>
  page.evaluate((selector) => document.activeElement === document.body || !!document.activeElement?.closest(selector), selector);

test('a refund: asked by support, approved by the owner, done', async ({ page }) => {
  // More than support may give back alone.
  const { payment, number } = await sold(page, 'Lesson for keys');
  await page.goto('/sign-in');
  await signInByKeys(page, SUPPORT);
  await goByKeys(page, String(number), new RegExp(`/payments/${payment}$`));
  await tabTo(page, `a[href="/payments/${payment}/refund"]`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/refund$/);
  await opened(page);
  await tabTo(page, 'input[name=how]:checked');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await tabTo(page, 'textarea[name=reason]');
  await page.keyboard.type('The lesson was cancelled');
  await tabTo(page, 'form.form button[type=submit]');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/refunds\/rfd_/);
  await expect(page.getByText('waits for approval').first()).toBeVisible();
  const refund = new URL(page.url()).pathname;
  await opened(page);
  await tabTo(page, '.topbar .menu > summary');
  await page.keyboard.press('Enter');
  await tabTo(page, 'form[action="/sign-out"] button');
  await page.keyboard.press('Space');
  await expect(page).toHaveURL(/sign-in/);

  await signInByKeys(page, OWNER);
  await goByKeys(page, 'refunds', /\/refunds$/);
  await tabTo(page, `a[href="${refund}"]`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(refund);
  await opened(page);
  await tabTo(page, page.getByRole('button', { name: 'Approve' }));
  await look(page, 'refund-focus');
  await page.keyboard.press('Enter');
  await expect(page.locator('.toast')).toContainText('on its way');
  await expect(page.locator('.room-head .badge')).toHaveText('given back');
});

test('a product: kind, words, price, shelf, shown', async ({ page }) => {
  await page.goto('/sign-in');
  await signInByKeys(page, OWNER);
  await goByKeys(page, 'products', /\/products$/);
  await tabTo(page, 'a[href="/products/new"]');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/products\/new$/);
  await opened(page);
  await tabTo(page, 'input[name=kind]:checked');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('input[name=kind][value=service]')).toBeChecked();
  await tabTo(page, 'input[name=name_en]');
  await page.keyboard.type('By keys');
  await tabTo(page, 'textarea[name=text_en]');
  await page.keyboard.type('Two lines,\nno mouse.');
  // Something was forgotten: back, and on again.
  await tabTo(page, 'input[name=name_en]', 'Shift+Tab');
  await page.keyboard.press('End');
  await page.keyboard.type(' alone');
  await tabTo(page, 'input[name=price]');
  await page.keyboard.type('4500');
  await tabTo(page, 'select[name=category]');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('select[name=category]')).not.toHaveValue('');
  await tabTo(page, 'input[name=visible]');
  const shown = await page.locator('input[name=visible]').isChecked();
  await page.keyboard.press('Space');
  await expect(page.locator('input[name=visible]')).toBeChecked({ checked: !shown });
  await page.keyboard.press('Space');
  await tabTo(page, 'form.form button[type=submit]');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/products\/prd_/);
  await expect(page.locator('.toast')).toContainText('Saved');
  await expect(page.locator('input[name=name_en]')).toHaveValue('By keys alone');
  await expect(page.locator('input[name=price]')).toHaveValue(/^4.?500$/);
  await expect(page.locator('textarea[name=text_en]')).toHaveValue('Two lines,\nno mouse.');
});

test('a dialog keeps the focus, and gives it back', async ({ desk }) => {
  const link = await api(desk, '/payment-links', { kind: 'fixed', title: 'For keys', amount: { amount_minor: 100_000, currency: 'AMD' } });
  await desk.goto(`/links/${link.id}`);
  await opened(desk);
  const opener = desk.getByRole('button', { name: 'Cancel the link' }).first();
  await tabTo(desk, opener);
  await desk.keyboard.press('Enter');
  await expect(desk.locator('dialog[open]')).toBeVisible();
  for (const key of [...Array(6).fill('Tab'), ...Array(6).fill('Shift+Tab')]) {
    expect(await focusIsIn(desk, 'dialog[open]'), 'the focus stays in the dialog').toBe(true);
    await desk.keyboard.press(key);
  }
  await desk.keyboard.press('Escape');
  await expect(desk.locator('dialog[open]')).toHaveCount(0);
  await expect(opener).toBeFocused();
  await desk.keyboard.press('Control+k');
  await expect(desk.locator('dialog.palette')).toBeVisible();
  for (let step = 0; step < 4; step += 1) {
    expect(await focusIsIn(desk, 'dialog.palette'), 'the focus stays in the palette').toBe(true);
    await desk.keyboard.press('Tab');
  }
  await desk.keyboard.press('Escape');
  await expect(opener).toBeFocused();
});

test('news that are drawn do not take the place away from under a person', async ({ desk }) => {
  await desk.goto('/payments');
  await expect(desk.locator('.live[data-on]')).toBeVisible();
  await tabTo(desk, '#list a.row-link');
  const place = await desk.evaluate(() => document.activeElement!.getAttribute('href'));
  const { url } = await api(desk, '/payment-links', { kind: 'dynamic', title: 'News for keys', amount: { amount_minor: 100_000, currency: 'AMD' } });
  const pay = await (await desk.request.get(url)).text();
  const attempt = /name="attempt" value="([^"]*)"/.exec(pay)![1];
  await desk.request.post(url, { form: { attempt }, headers: { 'sec-fetch-site': 'same-origin' } });
  await expect(desk.getByText('News for keys').first()).toBeVisible();
  expect(await desk.evaluate(() => document.activeElement!.getAttribute('href'))).toBe(place);
});

test('news that are drawn leave a button under the finger that is about to press it', async ({ desk }) => {
  const { payment } = await sold(desk, 'A button for keys');
  await desk.goto(`/payments/${payment}`);
  await expect(desk.locator('.live[data-on]')).toBeVisible();
  const check = `form[action="/payments/${payment}/check"] button`;
  await tabTo(desk, check);
  // In the meantime a part of it goes back.
  await api(desk, '/refunds', { payment_id: payment, amount: { amount_minor: 100_000, currency: 'AMD' }, reason: 'Came broken' });
  await expect(desk.getByText('The provider gave 1\u202f000 ֏ back').first()).toBeVisible();
  await expect(desk.locator(check)).toBeFocused();
});

test('on a phone too the rooms behind “more” come right after it', async ({ desk }) => {
  test.skip(test.info().project.name === '1440', 'the rail always stands there on a wide screen');
  await desk.goto('/');
  await opened(desk);
  await tabTo(desk, '.bottombar button[popovertarget]');
  await desk.keyboard.press('Enter');
  await expect(desk.locator('#rail')).toBeVisible();
  await tabTo(desk, '#rail a[href="/refunds"]');
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL(/\/refunds$/);
});
