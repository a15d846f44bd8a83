// What the islands add to pages that work without them: search while typing, forms that keep everything, the palette, menus.
import { choose, expect, look, signIn, test } from './stage';

/** What the first load of the dashboard may weigh without fonts, packed as for tests (a release packs harder), in KB: what it weighs now, and 3 %. */
const FIRST_LOAD = 90;

test('the page wakes, lightly', async ({ desk }) => {
  await desk.goto('/payments');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await expect(desk.locator('.live[data-on]')).toBeVisible();
  const bytes = await desk.evaluate(() => {
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[];
    return all.filter(({ name }) => !name.includes('/fonts/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0);
  });
  const kilobytes = Math.round(bytes / 1024);
  test.info().annotations.push({ type: 'first load', description: `${kilobytes} KB` });
  console.log(`first load of the payments: ${kilobytes} KB without fonts`);
  expect(kilobytes).toBeGreaterThan(20);
  expect(kilobytes).toBeLessThanOrEqual(FIRST_LOAD);
});

test('what few rooms need is fetched by them only', async ({ desk }) => {
  const fetched = async (path: string) => {
    await desk.goto(path);
    await expect(desk.locator('html[data-awake]')).toBeVisible();
    return desk.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('/drag.')));
  };
  expect(await fetched('/payments')).toBe(false);
  expect(await fetched('/categories')).toBe(true);
});

test('the list is searched while typing, and the address follows', async ({ desk }) => {
  await desk.goto('/products');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const all = await desk.locator('.product').count();
  expect(all).toBeGreaterThan(5);
  await desk.locator('input[type=search][name=q]').pressSequentially('coffee');
  await expect(desk).toHaveURL(/\/products\?q=coffee/);
  await expect.poll(() => desk.locator('.product').count()).toBeLessThan(all);
  await expect(desk.locator('input[type=search][name=q]')).toBeFocused();
  // A filter keeps the words.
  await expect(desk.locator('.chip').nth(1)).toHaveAttribute('href', /q=coffee/);
});

test('a product that is refused keeps everything typed, its photo included', async ({ desk }) => {
  await desk.goto('/products/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await choose(desk, 'words', 'en');
  await desk.locator('input[name=name_en]').fill('Kept cup');
  await desk.locator('input[name=price]').fill('0');
  await desk.locator('input[type=file]').setInputFiles({ name: 'cup.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') });
  await desk.locator('form.form button[type=submit]').click();
  const mistake = desk.locator('#price-note .field-error');
  await expect(mistake).toBeVisible();
  await expect(desk.locator('input[name=price]')).toHaveAttribute('aria-invalid', 'true');
  await expect(desk.locator('input[name=name_en]')).toHaveValue('Kept cup');
  expect(await desk.locator('input[type=file]').evaluate((input: HTMLInputElement) => input.files?.length)).toBe(1);
  await look(desk, 'product-refused');
  await desk.locator('input[name=price]').fill('2500');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk).toHaveURL(/\/products\/prd_/);
  await expect(desk.locator('.toast')).toContainText('Saved');
  await expect(desk.locator('img.thumb')).toBeVisible();
});

test('what a kind does not have is not asked for', async ({ desk }) => {
  await desk.goto('/products/new');
  const [price, donation, stock] = ['price', 'donation_min', 'stock'].map((name) => desk.locator(`input[name=${name}]`));
  await expect(price).toBeVisible();
  await expect(stock).toBeVisible();
  await expect(donation).toBeHidden();
  await choose(desk, 'kind', 'donation');
  await expect(donation).toBeVisible();
  await expect(price).toBeHidden();
  await desk.goto('/links/new');
  await expect(desk.locator('input[name=amount]')).toBeVisible();
  await expect(desk.locator('input[name=max_payments]')).toBeVisible();
  await choose(desk, 'kind', 'dynamic');
  await expect(desk.locator('input[name=max_payments]')).toBeHidden();
  await desk.locator('select[name=product]').selectOption({ index: 1 });
  await expect(desk.locator('input[name=amount]')).toBeHidden();
});

test('the palette finds a room and a payment by the keyboard', async ({ desk }) => {
  await desk.goto('/');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.keyboard.press('Control+k');
  const palette = desk.locator('dialog.palette');
  await expect(palette).toBeVisible();
  await desk.keyboard.type('incoming');
  await expect(palette.locator('.palette-item')).toHaveCount(1);
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL(/\/webhooks/);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.keyboard.press('Control+k');
  await desk.keyboard.type('1001');
  await expect(palette.locator('.palette-item[href^="/payments/"]').first()).toBeVisible();
  await look(desk, 'palette');
  await desk.keyboard.press('Escape');
  await expect(palette).toBeHidden();
});

test('a link is made, copied, cancelled', async ({ desk, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.goto('/links/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=title]').fill('Workshop');
  await desk.locator('input[name=amount]').fill('15000');
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk).toHaveURL(/\/links\/lnk_/);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('[data-copy]').first().click();
  expect(await desk.evaluate(() => navigator.clipboard.readText())).toMatch(/\/pay\//);
  await desk.getByRole('button', { name: 'Cancel the link' }).click();
  await look(desk, 'cancel-link');
  await desk.locator('dialog[open] button[type=submit]').click();
  await expect(desk.locator('.toast')).toContainText('cancelled');
});

test.describe('while the form is open', () => {
  test.use({ tolerated: /status of 401|ERR_INTERNET_DISCONNECTED/ });
  test('a lost connection and a session that is over lose nothing typed', async ({ desk, context }) => {
    await desk.goto('/links/new');
    await expect(desk.locator('html[data-awake]')).toBeVisible();
    await desk.locator('input[name=title]').fill('Slow evening');
    await desk.locator('input[name=amount]').fill('1000');
    const save = desk.locator('form.form button[type=submit]');
    await context.setOffline(true);
    await save.click();
    await expect(desk.locator('#form-note')).toContainText('does not answer');
    await context.setOffline(false);
    await context.clearCookies();
    await save.click();
    await expect(desk.locator('#form-note')).toContainText('no longer signed in');
    await expect(desk.locator('input[name=title]')).toHaveValue('Slow evening');
    const other = await context.newPage();
    await signIn(other);
    await save.click();
    await expect(desk).toHaveURL(/\/links\/lnk_/);
  });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  // The status of a refused form is an error on purpose; the browser logs it.
  test.use({ tolerated: /status of 422/ });
  test('the dashboard works: lists, forms and mistakes', async ({ page }) => {
    await signIn(page);
    await page.goto('/links/new');
    await page.locator('input[name=title]').fill('By hand');
    await page.locator('input[name=amount]').fill('abc');
    await page.locator('form.form button[type=submit]').click();
    await expect(page.locator('#amount-note .field-error')).toBeVisible();
    await expect(page.locator('input[name=title]')).toHaveValue('By hand');
    await page.locator('input[name=amount]').fill('900');
    await page.locator('form.form button[type=submit]').click();
    await expect(page).toHaveURL(/\/links\/lnk_/);
  });
});

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
