// API keys: one is made, shown once, works, and is revoked; what the palette does besides finding.
import { expect, fits, look, test } from './stage';

test('a key is shown once, works, says when it was used, and is revoked', async ({ desk, request }) => {
  await desk.goto('/integrations/new');
  const name = `Կայք ${test.info().project.name}`;
  await desk.locator('input[name=name]').fill(name);
  await desk.locator('form.form button[type=submit]').click();
  const secret = await desk.locator('#new-key code').first().innerText();
  expect(secret).toMatch(/^kh_/);
  await fits(desk);
  await look(desk, 'integrations-made');
  const call = () => request.get('/api/v1/orders', { headers: { authorization: `Bearer ${secret}` } });
  expect((await call()).status()).toBe(200);
  await desk.goto('/integrations');
  expect(await desk.content()).not.toContain(secret);
  const row = desk.locator('tr', { hasText: name }).first();
  await expect(row).not.toContainText('not yet');
  await row.locator('button[aria-haspopup=dialog]').click();
  await look(desk, 'integrations-revoke');
  await row.locator('form[action$="/revoke"] button[type=submit]').last().click();
  await expect(desk.locator('tr', { hasText: name }).first().locator('.badge[data-tone=ended]')).toBeVisible();
});

test('the palette does what has no page, and opens what stands on one', async ({ desk }) => {
  await desk.goto('/orders');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  const palette = desk.locator('dialog.palette');
  await desk.keyboard.press('Control+k');
  await expect(palette.locator('.palette-item').first()).toBeVisible();
  await look(desk, 'palette-empty');
  await desk.keyboard.type('рус');
  await expect(palette.locator('form .palette-item')).toHaveCount(1);
  await desk.keyboard.press('Enter');
  await expect(desk.locator('html[lang=ru][data-awake]')).toBeVisible();
  await expect(desk).toHaveURL(/\/orders$/);
  await desk.keyboard.press('Control+k');
  await desk.keyboard.type('invite');
  await expect(palette.locator('.palette-item')).toHaveCount(1);
  await desk.keyboard.press('Enter');
  await expect(desk.locator('dialog#invite')).toBeVisible();
  await desk.keyboard.press('Escape');
  await desk.keyboard.press('Control+k');
  await desk.keyboard.type('1001');
  await expect(palette.locator('.palette-item[href^="/orders/"]').first()).toBeVisible();
  await look(desk, 'palette-found');
});

test('orders and customers leave as files, as the list shows them', async ({ desk }) => {
  for (const [room, shelf] of [['orders', 'status=paid'], ['customers', 'shelf=blocked']]) {
    await desk.goto(`/${room}?${shelf}`);
    await desk.locator('.room-actions details summary').first().click();
    await look(desk, `${room}-export`);
    const csv = await desk.locator('.room-actions a[href*="export.csv"]').getAttribute('href');
    expect(csv).toBe(`/${room}/export.csv?${shelf}`);
    const answer = await desk.request.get(csv!);
    expect(answer.headers()['content-disposition']).toContain('.csv');
    const book = await desk.request.get(`/${room}/export.xlsx`);
    expect((await book.body()).subarray(0, 2).toString()).toBe('PK');
  }
});
