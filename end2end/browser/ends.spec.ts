// The rooms where people decide, with the loose ends of the demo's past. Each end is tied up once, at the first width.
import { expect, fits, look, test } from './stage';

const once = () => test.skip(test.info().project.name !== '1440', 'done once, at the first width');

test('a refund that a person made is proven with words and a file', async ({ desk }) => {
  once();
  await desk.goto('/refunds?shelf=manual_required');
  await desk.locator('a.row-link').first().click();
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await look(desk, 'refund-by-hand');
  const done = desk.getByRole('button', { name: 'The money is back' });
  // Without a word of proof it is refused where the word belongs, and the file stays chosen.
  await desk.locator('input[type=file]').setInputFiles({ name: 'slip.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 slip') });
  await done.click();
  await expect(desk.locator('#proof-note .field-error')).toBeVisible();
  await desk.locator('textarea[name=proof]').fill('Transfer no. 1234, by Nare');
  await done.click();
  await expect(desk.locator('.toast')).toContainText('The money is back', { ignoreCase: true });
  await expect(desk.getByText('Transfer no. 1234, by Nare')).toBeVisible();
  const slip = await desk.request.get(`${desk.url()}/proof`);
  expect(slip.headers()['content-type']).toBe('application/pdf');
  await look(desk, 'refund-proven');
  await desk.goto('/audit');
  await expect(desk.getByRole('row', { name: /Refund made by hand/ }).first()).toContainText('Նարե');
  await look(desk, 'audit-refund');
});

test('what was paid twice goes back when the question is answered, and waits no longer', async ({ desk }) => {
  once();
  await desk.goto('/review');
  const card = desk.locator('article.card', { hasText: 'money taken twice' });
  await expect(card).toHaveCount(1);
  await look(desk, 'review-ends');
  await card.getByRole('button', { name: /^Refund/ }).click();
  await desk.locator('dialog[open] button[type=submit]').click();
  await expect(desk.locator('.toast')).toContainText('on its way');
  await expect(card).toHaveCount(0);
});

test('work that was given up is tried again, and the order is delivered', async ({ desk }) => {
  once();
  await desk.goto('/review');
  await expect(desk.getByRole('heading', { name: 'Paid, not delivered' })).toBeVisible();
  await desk.goto('/jobs');
  await look(desk, 'jobs-dead');
  const dead = desk.locator('tbody tr', { has: desk.locator('form[action="/jobs/retry"]') });
  const before = await dead.count();
  expect(before).toBeGreaterThan(2);
  await dead.first().getByRole('button', { name: 'Try again' }).click();
  await expect(desk.locator('.toast')).toContainText('Tried again: 1');
  await expect(dead).toHaveCount(before - 1);
  await desk.locator('[commandfor=retry-all][command=show-modal]').click();
  await desk.locator('#retry-all button[type=submit]').click();
  await expect(desk.locator('.toast')).toContainText(`Tried again: ${before - 1}`);
  await expect(dead).toHaveCount(0);
  await desk.goto('/audit');
  await expect(desk.getByRole('row', { name: /again/ }).first()).toBeVisible();
  await expect(async () => {
    await desk.goto('/review');
    await expect(desk.getByRole('heading', { name: 'Paid, not delivered' })).toHaveCount(0);
  }).toPass();
});

test('times are offered, taken back, and chosen on the pay page', async ({ desk, browser }) => {
  await desk.goto('/products?shelf=booking');
  await desk.locator('a.product').first().click();
  await desk.getByRole('link', { name: 'Times' }).click();
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await fits(desk);
  await look(desk, 'times');
  const free = desk.locator('.time', { has: desk.locator('.time-link small', { hasText: /^0 / }) });
  const before = await free.count();
  await free.last().locator('.time-link').click();
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.locator('[commandfor=remove]').first().click();
  await desk.locator('dialog[open]').getByRole('button', { name: 'Take the time back' }).click();
  await expect(desk.locator('.toast')).toContainText('was taken back');
  await expect(free).toHaveCount(before - 1);
  // An hour before midnight, on a day of this width's own.
  const day = new Date(Date.now() + 24 * 3600_000 * (40 + ['1440', '768', '390'].indexOf(test.info().project.name))).toISOString().slice(0, 10);
  await desk.locator('input[name=from]').fill(day);
  await desk.locator('input[name=until]').fill(day);
  for (const name of ['sat', 'sun']) await desk.locator(`input[name=${name}]`).check();
  await desk.locator('input[name=first]').fill('23:00');
  await desk.locator('input[name=last]').fill('22:00');
  await desk.getByRole('button', { name: 'Add' }).click();
  await expect(desk.locator('.field-error, .notice[data-tone=bad]').first()).toContainText('no time ahead');
  await expect(desk.locator('input[name=first]')).toHaveValue('23:00');
  await desk.locator('input[name=last]').fill('23:00');
  await desk.getByRole('button', { name: 'Add' }).click();
  await expect(desk.locator('.toast')).toContainText('Times added: 1');
  await desk.goto(desk.url().replace('/times', ''));
  const product = new URL(desk.url()).pathname.split('/').pop();
  const headers = { authorization: 'Bearer kh_demo_key' };
  const made = await desk.request.post('/api/v1/payment-links', { headers, data: { kind: 'fixed', product_id: product } });
  const pay = await (await browser.newContext({ baseURL: process.env.KHANUT_TEST_URL, javaScriptEnabled: false })).newPage();
  await pay.goto(new URL((await made.json()).url).pathname + '?lang=en');
  await look(pay, 'checkout-times');
  const times = pay.locator('select[name=slot]');
  await times.selectOption({ index: 1 });
  await pay.locator('form[method=post] button[type=submit]').click();
  await expect(pay.getByRole('button', { name: 'Decline' })).toBeVisible();
  await pay.context().close();
});
