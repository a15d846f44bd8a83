// The overview: every number opens exactly the rows it was counted from; and lists that a person keeps.
import { expect, fits, look, test } from './stage';
import type { Page } from '@playwright/test';

/** All rows of a list, page by page. */
async function rows(desk: Page): Promise<number> {
  let count = 0;
  for (;;) {
    count += await desk.locator('#list a.row-link').count();
    const older = desk.locator('.pager a[href*="before="]');
    if ((await older.count()) === 0) return count;
    await desk.goto((await older.last().getAttribute('href'))!);
  }
}

/** The counts of the overview of 30 days, each with the address of its rows. */
async function counts(desk: Page): Promise<Map<string, number>> {
  await desk.goto('/?period=30');
  const found = new Map<string, number>();
  for (const tile of await desk.locator('a.tile').all()) {
    const text = await tile.locator('.tile-value').innerText();
    // Sums are money, counts are whole numbers without a sign.
    if (/^\d+$/.test(text)) found.set((await tile.getAttribute('href'))!, Number(text));
  }
  expect(found.size).toBe(5);
  for (const row of await desk.locator('.overview-sources tr:has(a.row-link)').all()) {
    const count = await row.locator('[data-cell=meta]').innerText();
    found.set((await row.locator('a.row-link').getAttribute('href'))!, Number(count.match(/\d+/)![0]));
  }
  for (const stage of await desk.locator('.share').all()) {
    const href = (await stage.locator('a').getAttribute('href'))!;
    // Openings are counted, links are listed.
    if (href.startsWith('/links')) continue;
    found.set(href, Number((await stage.locator('b').innerText()).match(/\d+/)![0]));
  }
  return found;
}

test('each number of the overview opens the rows it was counted from', async ({ desk }) => {
  test.slow();
  await desk.goto('/?period=30');
  await expect(desk.locator('.overview-days .chip[aria-current]')).toHaveAttribute('href', '/?period=30');
  await fits(desk);
  await look(desk, 'overview-30');
  const before = await counts(desk);
  expect([...before.values()].filter((count) => count > 0).length).toBeGreaterThan(6);
  const listed = new Map<string, number>();
  for (const href of before.keys()) {
    await desk.goto(href);
    listed.set(href, await rows(desk));
  }
  // Other tests sell in the same shop meanwhile: what is listed lies between two looks, which are mostly the same.
  const after = await counts(desk);
  for (const [href, count] of listed) {
    const [one, other] = [before.get(href)!, after.get(href) ?? before.get(href)!];
    expect(count, href).toBeGreaterThanOrEqual(Math.min(one, other));
    expect(count, href).toBeLessThanOrEqual(Math.max(one, other));
  }
});

test('days of one’s own, and a filter that can be left', async ({ desk }) => {
  await desk.goto('/');
  const days = desk.locator('form.days');
  await days.locator('input[name=from]').fill('2026-01-01');
  const last = await days.locator('input[name=until]').inputValue();
  await days.locator('button').click();
  await expect(desk).toHaveURL(new RegExp(`from=2026-01-01&until=${last}`));
  await expect(desk.locator('.overview-days .chip[aria-current]')).toHaveCount(0);
  await desk.locator('.overview-sources a.row-link').first().click();
  const kept = desk.locator('#list .chip[aria-current]', { hasText: '✕' });
  const before = await kept.count();
  expect(before).toBeGreaterThanOrEqual(3);
  await fits(desk);
  await look(desk, 'orders-of-a-product');
  await kept.first().click();
  await expect(kept).toHaveCount(before - 1);
});

test('the days of a list are chosen in a drawer', async ({ desk }) => {
  await desk.goto('/payments?status=paid');
  await desk.locator('.chip[commandfor=days]').click();
  const drawer = desk.locator('dialog#days');
  await expect(drawer).toBeVisible();
  await fits(desk);
  await look(desk, 'days-drawer');
  await drawer.locator('.range-choices .chip').nth(1).click();
  await expect(desk).toHaveURL(/status=paid&from=[\d-]+&until=[\d-]+$/);
  await desk.locator('.chip[commandfor=days]').click();
  await expect(drawer.locator('.chip[aria-current]')).toHaveCount(1);
  await drawer.locator('input[name=from]').fill('2026-01-01');
  await drawer.locator('button[type=submit]:not([commandfor])').click();
  await expect(desk).toHaveURL(/status=paid&from=2026-01-01/);
  await expect(desk.locator('#list .chip[aria-current]', { hasText: '01.01.2026' })).toBeVisible();
});

test('a search that takes long shows the shape of the list meanwhile', async ({ desk }) => {
  await desk.goto('/payments');
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  let answer = () => {};
  const asked = new Promise<void>((go) => (answer = go));
  await desk.route(/\/payments\?.*q=zzzz/, async (route) => {
    await asked;
    await route.continue();
  });
  // In one breath: the list may be drawn anew at any moment, for it is live.
  const height = () => desk.evaluate(() => document.querySelector('#list table')!.getBoundingClientRect().height);
  const before = await height();
  await desk.locator('input[name=q]').fill('zzzz');
  await expect(desk.locator('#list')).toHaveAttribute('aria-busy', 'true');
  expect(await height(), 'nothing moves').toBe(before);
  await look(desk, 'skeleton');
  answer();
  await expect(desk.locator('#list .empty')).toBeVisible();
  await expect(desk.locator('#list')).not.toHaveAttribute('aria-busy');
});

test('a list is kept as a tab, renamed and forgotten', async ({ desk }) => {
  await desk.goto('/payments?status=failed');
  await expect(desk.locator('.tabs .tab')).not.toHaveCount(0);
  const tabs = await desk.locator('.tabs .tab').count();
  await desk.locator('[commandfor=save-view]').first().click();
  const dialog = desk.locator('#save-view');
  await dialog.locator('input[name=name]').fill('Չստացված');
  await look(desk, 'save-view');
  await dialog.locator('button[type=submit]').click();
  const own = desk.locator('.tab[aria-current]', { hasText: 'Չստացված' });
  await expect(own).toBeVisible();
  await expect(desk.locator('.tabs .tab')).toHaveCount(tabs + 1);
  await fits(desk);
  await look(desk, 'payments-kept');
  // Another list under the same name: the mistake is told, what was typed stays.
  await desk.goto('/payments?status=expired');
  await desk.locator('[commandfor=save-view]').first().click();
  await dialog.locator('input[name=name]').fill('Չստացված');
  await dialog.locator('button[type=submit]').click();
  await expect(dialog.locator('.field-error')).toBeVisible();
  await expect(dialog.locator('input[name=name]')).toHaveValue('Չստացված');
  await desk.goto('/payments');
  await desk.locator('.tab', { hasText: 'Չստացված' }).click();
  await expect(desk).toHaveURL(/status=failed/);
  await desk.locator('[commandfor=tune-view]').first().click();
  await desk.locator('#tune-view input[name=name]').fill('Անհաջող');
  await desk.locator('#tune-view form[data-send] button[type=submit]').click();
  await expect(desk.locator('.tab[aria-current]', { hasText: 'Անհաջող' })).toBeVisible();
  await desk.locator('[commandfor=tune-view]').first().click();
  await desk.locator('[commandfor=delete-view][command=show-modal]').click();
  await desk.locator('#delete-view button[data-look=danger-now]').click();
  await expect(desk.locator('.tabs .tab')).toHaveCount(tabs);
  await expect(desk).toHaveURL(/\/payments$/);
});
