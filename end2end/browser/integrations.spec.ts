// API keys: one is made, shown once, works, and is revoked; what the palette does besides finding.
import { API_KEY, expect, fits, look, test } from './stage';

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

test('an endpoint is added, tried, told of a sale, renewed, switched off and removed', async ({ desk }) => {
  const headers = { authorization: `Bearer ${API_KEY}` };
  await desk.goto('/endpoints/new');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('input[name=url]').fill('shop');
  await desk.locator('input[name=label]').fill(`Կայք ${test.info().project.name}`);
  const save = desk.locator('form.form button[type=submit]');
  await desk.locator('form.form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await save.click();
  await expect(desk.locator('#url-note .field-error')).toBeVisible();
  await expect(desk.locator('input[name=label]')).toHaveValue(/Կայք/);
  await desk.locator('input[name=url]').fill(new URL(`/sandbox/receiver?of=${test.info().project.name}`, desk.url()).href);
  await desk.getByText('Choose events').click();
  await desk.locator('label:has(input[name=order_opened])').click();
  await fits(desk);
  await look(desk, 'endpoint-new');
  await save.click();
  await expect(desk).toHaveURL(/\/endpoints\/end_/);
  const id = desk.url().split('/').pop()!;

  await desk.getByRole('button', { name: 'Send a test' }).click();
  // It hears of what other walks order, too.
  await expect(desk.locator('#latest .badge[data-tone=good]').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'endpoint');
  const link = { kind: 'dynamic', title: 'Told', amount: { amount_minor: 500_000, currency: 'AMD' } };
  const order = (await (await desk.request.post('/api/v1/payment-links', { headers, data: link })).json()).order_id;
  const address = `/api/v1/deliveries?endpoint=${id}&order=${order}&state=delivered`;
  const told = async () => (await (await desk.request.get(address, { headers })).json()).items;
  await expect.poll(async () => (await told()).length).toBe(1);
  await desk.goto(`/deliveries?endpoint=${id}`);
  await expect(desk.locator('tbody .badge[data-tone=good]').nth(1)).toBeVisible();
  await look(desk, 'deliveries-of-one');
  await desk.locator(`a.row-link[href$="/${(await told())[0].id}"]`).click();
  await expect(desk.locator('code.code').first()).toContainText(order);
  await fits(desk);
  await look(desk, 'delivery-one');
  await desk.locator('form[action$="/resend"] button').click();
  await expect(desk.locator('.toast')).toBeVisible();
  await expect(desk.locator('aside')).toContainText('2');

  await desk.goto(`/endpoints/${id}`);
  const secret = await desk.locator('aside .copyable code').first().innerText();
  await desk.getByRole('button', { name: 'New secret' }).first().click();
  await desk.locator('dialog[open] button[type=submit]').click();
  await expect(desk.locator('aside .notice')).toContainText('secret before');
  expect(await desk.locator('aside .copyable code').first().innerText()).not.toBe(secret);
  await desk.getByRole('button', { name: 'Switch off' }).click();
  await expect(desk.getByRole('button', { name: 'Switch on' })).toBeVisible();
  await desk.getByRole('button', { name: 'Remove the endpoint' }).first().click();
  await look(desk, 'endpoint-remove');
  await desk.locator('dialog[open] button[type=submit]').click();
  await expect(desk).toHaveURL(/\/endpoints$/);
  await expect(desk.locator(`a[href$="${id}"]`)).toHaveCount(0);
});
