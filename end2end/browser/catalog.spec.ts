// The shelf as its keeper works with it: by keyboard alone, by dragging, by file; and as a customer meets it.
import { type Page } from '@playwright/test';
import { tabTo } from './keys';
import { API_KEY, expect, fits, look, test } from './stage';

/** The rows of a list that is put in order. */
const rows = (page: Page) => page.locator('.arrange-name').allInnerTexts();

/** The address of the demo's product of this name. */
async function product(page: Page, name: string): Promise<string> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const answer = await page.request.get(`/api/v1/products?q=${encodeURIComponent(name)}`, { headers });
  return `/products/${(await answer.json()).items[0].id}`;
}

/** A fixed link of a product. */
async function link(page: Page, id: string): Promise<string> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const data = { kind: 'fixed', product_id: id.split('/').pop() };
  const answer = await page.request.post('/api/v1/payment-links', { headers, data });
  return `/pay/${(await answer.json()).code}`;
}

test('a product with variants is made by keyboard alone', async ({ desk }) => {
  await desk.goto('/products');
  await tabTo(desk, 'a[href="/products/new"]');
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL('/products/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await tabTo(desk, 'input[name=name_en]');
  await desk.keyboard.type('Keyboard cup');
  await tabTo(desk, 'input[name=price]');
  await desk.keyboard.type('1500');
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL(/\/products\/prd_/);
  await tabTo(desk, 'a[href$="/variants"]');
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL(/\/variants$/);
  for (const [name, price] of [['Small', '1500'], ['Large', '2500']]) {
    await expect(desk.locator('html[data-awake]')).toBeVisible();
    await tabTo(desk, 'input[name=name_en]');
    await desk.keyboard.type(name);
    await tabTo(desk, 'input[name=price]');
    await desk.keyboard.type(price);
    await desk.keyboard.press('Enter');
    await expect(desk.locator('.arrange-name', { hasText: name })).toBeVisible();
  }
  await tabTo(desk, 'button[name=down]:not([disabled])');
  await desk.keyboard.press('Enter');
  await expect(desk).toHaveURL(/way=down/);
  expect(await rows(desk)).toEqual(['Large', 'Small']);
  await expect(desk.locator('button[name]:focus')).toHaveAttribute('aria-label', /Small/);
  await fits(desk);
  await look(desk, 'variants');
});

test('categories are dragged to their place and named in three languages', async ({ desk }) => {
  await desk.goto('/categories');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const before = await rows(desk);
  expect(before.length).toBeGreaterThan(3);
  const row = (name: string) => desk.locator('.arrange-row', { hasText: name });
  await row(before[0]).dragTo(row(before[2]), { targetPosition: { x: 60, y: 38 } });
  await expect(desk.locator('.arrange-name').first()).not.toHaveText(before[0]);
  const after = await rows(desk);
  expect([...after].sort()).toEqual([...before].sort());
  await desk.reload();
  expect(await rows(desk), 'the order is kept').toEqual(after);
  await fits(desk);
  await look(desk, 'categories');
  await desk.locator('.arrange-name').first().click();
  await expect(desk).toHaveURL(/\/categories\/cat_/);
  await expect(desk.locator('input[name=name_hy]')).not.toHaveValue('');
  await fits(desk);
  await look(desk, 'category');
});

test('a question with choices is written, and its choices stand only where they belong', async ({ desk }) => {
  // The shop is one for all widths: each asks in its own words.
  const words = `For whom is it, ${test.info().project.name}?`;
  await desk.goto(`${await product(desk, 'Copper jezve')}/questions`);
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await expect(desk.locator('textarea[name=choices_en]')).toBeHidden();
  await desk.locator('label:has(input[name=kind][value=choice])').click();
  await expect(desk.locator('textarea[name=choices_en]')).toBeVisible();
  await desk.locator('input[name=words_en]').fill(words);
  await desk.locator('textarea[name=choices_en]').fill('A gift');
  await desk.locator('.card.form button[type=submit]').click();
  await expect(desk.locator('#choices_en-note .field-error, #choices_hy-note .field-error').first()).toContainText('2 to 12');
  await desk.locator('textarea[name=choices_en]').fill('A gift\nMyself');
  await desk.locator('.card.form button[type=submit]').click();
  await expect(desk.locator('.arrange-name', { hasText: words })).toBeVisible();
  await fits(desk);
  await look(desk, 'questions');
});

test('a customer chooses a variant and answers on the page of a link', async ({ page }) => {
  const cup = await product(page, 'Tuff cup');
  await page.goto(`${await link(page, cup)}?lang=hy`);
  await expect(page.locator('.pay-way')).toHaveCount(3);
  await fits(page);
  await look(page, 'pay-variants');
  await page.locator('.pay-way').nth(1).click();
  await page.locator('.pay-button').click();
  await expect(page).toHaveURL(/sandbox\/vpos/);
  await expect(page.getByText(/7.?500/).first()).toBeVisible();
  const tasting = await product(page, 'Advice');
  await page.goto(`${await link(page, tasting)}?lang=ru`);
  await fits(page);
  await look(page, 'pay-questions');
  await page.locator('.pay-field input[type=text]').first().fill('Анна');
  await page.locator('.pay-field select').first().selectOption({ index: 2 });
  await page.locator('.pay-button').click();
  await expect(page).toHaveURL(/sandbox\/vpos/);
});

test('a file shows what it would do, row by row, before it does it', async ({ desk }) => {
  await desk.goto('/products/import');
  await fits(desk);
  await look(desk, 'import');
  const file = `code,name_en,price\nF-${Date.now()},From a file,700\nF-wrong,Wrong,abc\n`;
  await desk.locator('input[type=file]').setInputFiles({ name: 'catalog.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await desk.locator('form.form button[type=submit]').click();
  await expect(desk).toHaveURL(/\/products\/import\/fil_/);
  await expect(desk.getByText('“abc” is not a sum')).toBeVisible();
  await fits(desk);
  await look(desk, 'import-preview');
  await desk.getByRole('button', { name: 'Import rows: 1' }).click();
  await expect(desk).toHaveURL(/\/products$/);
  await expect(desk.getByText('Rows imported: 1')).toBeVisible();
});

test('ticked links are printed on a sheet that holds nothing else', async ({ desk }) => {
  await desk.goto('/links');
  await expect(desk.locator('.bulkbar')).toBeHidden();
  const sold = desk.locator('tr', { has: desk.locator('.badge[data-tone=good]') }).locator('input[name=link]');
  for (const place of [0, 1, 2]) await sold.nth(place).check();
  await expect(desk.locator('.bulkbar')).toBeVisible();
  await fits(desk);
  await look(desk, 'links-ticked');
  await desk.getByRole('button', { name: 'Print QR codes' }).click();
  await expect(desk.locator('.print-card')).toHaveCount(3);
  await fits(desk);
  await look(desk, 'print');
  await desk.emulateMedia({ media: 'print' });
  await expect(desk.locator('.print-head')).toBeHidden();
  await expect(desk.locator('.rail, .topbar, .bottombar').first()).toBeHidden();
  await look(desk, 'print-paper');
});

test('links from a file are looked at, made, and taken along', async ({ desk }) => {
  await desk.goto('/links/import');
  await fits(desk);
  await look(desk, 'links-import');
  const file = 'title,amount,label\nGroup lesson,12000,Autumn\nNo sum,,Autumn\n';
  await desk.locator('input[type=file]').setInputFiles({ name: 'links.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await desk.locator('form.form button[type=submit]').click();
  await desk.getByRole('button', { name: 'Create links: 1' }).click();
  await expect(desk.getByText('Links made: 1').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'links-made');
  const address = await desk.locator('a[href$="/result.csv"]').getAttribute('href');
  expect(await (await desk.request.get(address!)).text()).toContain('/pay/');
});

test('the times of a booking stand in a week, and the week goes on', async ({ desk }) => {
  await desk.goto(`${await product(desk, 'Pottery lesson')}/times`);
  await desk.getByRole('link', { name: 'Week', exact: true }).click();
  await expect(desk).toHaveURL(/week=\d{4}-\d\d-\d\d/);
  await desk.getByRole('link', { name: 'The week after' }).click();
  await expect(desk.locator('.week td[data-state=free]').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'week');
  await desk.locator('.week td[data-state=free] > a').first().click();
  await desk.getByLabel('Places').fill('7');
  await desk.getByRole('button', { name: 'Save' }).click();
  await expect(desk).toHaveURL(/\/times$/);
  await desk.locator('.time-link', { hasText: 'of 7' }).first().click();
  await desk.getByRole('button', { name: 'Take the time back' }).click();
  await expect(desk.locator('dialog[open]')).toBeVisible();
  await fits(desk);
  await look(desk, 'time');
});

test('products are dragged to their place', async ({ desk }) => {
  await desk.goto('/products');
  await desk.getByRole('link', { name: 'Put in order' }).click();
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const before = await rows(desk);
  expect(before.length).toBeGreaterThan(3);
  const row = (name: string) => desk.locator('.arrange-row').filter({ has: desk.getByText(name, { exact: true }) });
  await row(before[0]).dragTo(row(before[2]), { targetPosition: { x: 60, y: 38 } });
  await expect(desk.locator('.arrange-name').first()).not.toHaveText(before[0]);
  const after = await rows(desk);
  expect([...after].sort()).toEqual([...before].sort());
  await desk.reload();
  expect(await rows(desk), 'the order is kept').toEqual(after);
  await fits(desk);
  await look(desk, 'products-dragged');
});

test('many links are cancelled only after a second word', async ({ desk }) => {
  await link(desk, await product(desk, 'Tuff cup'));
  await desk.goto('/links');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('.picks input[name=link]').first().check();
  await desk.locator('.bulkbar').getByRole('button', { name: 'Cancel the link' }).click();
  await expect(desk.locator('dialog[open]')).toContainText('this cannot be undone');
  await look(desk, 'links-cancel');
  await desk.getByRole('button', { name: 'Keep them' }).click();
  await expect(desk.locator('dialog[open]')).toHaveCount(0);
  await desk.locator('.bulkbar').getByRole('button', { name: 'Cancel the link' }).click();
  await desk.getByRole('button', { name: 'Cancel them' }).click();
  await expect(desk.getByText('Links changed: 1').first()).toBeVisible();
});

test('the form of a product keeps its button in sight', async ({ desk }) => {
  await desk.goto(await product(desk, 'Tuff cup'));
  await fits(desk);
  await look(desk, 'product');
  await expect(desk.getByRole('button', { name: 'Save the product' })).toBeInViewport();
});

test('a product shows several pictures, and the first can be another', async ({ desk }) => {
  const headers = { authorization: `Bearer ${API_KEY}` };
  // The shop is one for all widths: each has a product of its own.
  const name = `Pictured ${test.info().project.name}`;
  const data = { kind: 'goods', name: { en: name }, price: { amount_minor: 100_000, currency: 'AMD' }, visible: true };
  const { id } = await (await desk.request.post('/api/v1/products', { headers, data })).json();
  await desk.goto(`/products/${id}`);
  await desk.locator('a[href$="/photos"]').click();
  await expect(desk).toHaveURL(/\/photos$/);
  const photos = desk.locator('.arrange-row');
  const picture = async (top: number) => {
    const buffer = await desk.screenshot({ clip: { x: 0, y: top, width: 300, height: 220 } });
    return { name: 'a.png', mimeType: 'image/png', buffer };
  };
  // One, and then two at once.
  for (const [tops, count] of [[[60], 1], [[120, 180], 3]] as const) {
    await expect(desk.locator('html[data-awake]')).toBeVisible();
    await desk.locator('input[name=photo]').setInputFiles(await Promise.all(tops.map(picture)));
    await desk.locator('aside button[type=submit]').click();
    await expect(photos).toHaveCount(count);
  }
  const second = await photos.nth(1).getAttribute('data-id');
  await photos.nth(1).locator('button[name=up]').click();
  await expect(photos.first()).toHaveAttribute('data-id', second!);
  await fits(desk);
  await look(desk, 'photos');
  await photos.nth(2).locator('a').click();
  await desk.locator('button[command=show-modal][commandfor=remove]').click();
  await desk.locator('#remove .dialog-actions button[type=submit]').click();
  await expect(photos).toHaveCount(2);
  const [shop] = /\/tg\/bot_\w+/.exec(await (await desk.request.get('/settings/bot')).text())!;
  await desk.goto(`${shop}/${id}`);
  await expect(desk.locator('.tg-photos img')).toHaveCount(2);
  expect(await desk.locator('.tg-photos').evaluate((strip) => strip.scrollWidth > strip.clientWidth), 'the next peeps in').toBe(true);
  await fits(desk);
  await look(desk, 'miniapp-photos');
});
