// Every room opens for the owner at every width, in every language, awake and without a complaint.
import { expect, fits, look, test } from './stage';

const ROOMS = { overview: '/', payments: '/payments', products: '/products', 'new-product': '/products/new', links: '/links', 'new-link': '/links/new', webhooks: '/webhooks', refunds: '/refunds', reconcile: '/reconcile', 'new-reconcile': '/reconcile/new', review: '/review', jobs: '/jobs', 'jobs-done': '/jobs?shelf=done', audit: '/audit', settings: '/settings' };

test('the door keeps the e-mail after a wrong password', async ({ page }) => {
  await page.goto('/sign-in');
  await look(page, 'sign-in');
  await page.locator('input[name=email]').fill('nobody@example.am');
  await page.locator('input[name=password]').fill('a wrong password');
  // The status of the answer is an error on purpose; the browser logs it, so the form is sent without the page.
  const answer = await page.request.post('/sign-in', {
    form: { email: 'nobody@example.am', password: 'a wrong password' },
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status()).toBeGreaterThanOrEqual(400);
  expect(await answer.text()).toContain('nobody@example.am');
});

for (const [name, path] of Object.entries(ROOMS)) {
  test(`the room ${name}`, async ({ desk }) => {
    await desk.goto(path);
    await expect(desk.locator('h1').first()).toBeVisible();
    await fits(desk);
    await look(desk, name);
  });
}

test('one payment opens from its row and tells its story', async ({ desk }) => {
  await desk.goto('/payments');
  await desk.locator('a[href^="/payments/"]').first().click();
  await expect(desk).toHaveURL(/\/payments\/pay_/);
  await expect(desk.locator('.timeline, ol').first()).toBeVisible();
  await fits(desk);
  await look(desk, 'story');
});
