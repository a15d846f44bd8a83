// What every browser test stands on: the demo's address, its people, a console that must stay clean, pictures that are kept.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';

import { program } from './demo';

export const OWNER = { email: 'owner@demo.khanut', password: 'demo-demo-demo' };
export const API_KEY = 'kh_demo_key';
export const BOT = 'khanut_demo_bot';

export const test = base.extend<{ tolerated: RegExp | null; quiet: void; desk: Page }>({
  /** Complaints that a test brings about on purpose. */
  tolerated: [null, { option: true }],

  baseURL: async ({}, use) => use(process.env.KHANUT_TEST_URL),

  // A page that complains in its console fails its test.
  quiet: [
    async ({ context, tolerated }, use) => {
      const complaints: string[] = [];
      context.on('weberror', (error) => complaints.push(error.error().message));
      context.on('console', (message) => {
        if (message.type() === 'error' && !tolerated?.test(message.text())) complaints.push(`${message.text()} (${message.location().url})`);
      });
      await use();
      expect(complaints, 'the console stays clean').toEqual([]);
    },
    { auto: true },
  ],

  /** A page of the signed-in owner. */
  desk: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },
});

export { expect };

export async function signIn(page: Page, who = OWNER): Promise<void> {
  await page.goto('/sign-in');
  await page.locator('input[name=email]').fill(who.email);
  await page.locator('input[name=password]').fill(who.password);
  await page.locator('form button[type=submit]').first().click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/** Forgets who is signed in. An open room would go to the door by itself, across whatever the test does next. */
export async function signOut(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.context().clearCookies();
}

/** Opens another shop in the demo's database, as whoever runs an installation does, and tells who owns it. */
export function newShop(name: string): typeof OWNER {
  const folder = process.env.KHANUT_TEST_FOLDER!;
  const who = { email: `${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}@shop.am`, password: 'a-garden-of-pomegranates' };
  const env = {
    ...process.env,
    KHANUT_DATABASE_URL: `sqlite://${folder}/khanut.db`,
    KHANUT_DATA_DIR: folder,
    KHANUT_MASTER_KEY_FILE: join(folder, 'master.key'),
    KHANUT_PUBLIC_URL: process.env.KHANUT_TEST_URL,
  };
  execFileSync(program, ['staff', 'init', '--shop', name, '--email', who.email, '--name', 'Nane'], { env, input: `${who.password}\n` });
  return who;
}

/** A sale that no other walk touches, made and paid as by a customer: its payment, and the number of its order. */
export async function sold(page: Page, title: string, amount_minor = 1_500_000): Promise<{ payment: string; number: number }> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const api = async (path: string) => (await page.request.get(`/api/v1${path}`, { headers })).json();
  const data = { kind: 'dynamic', title, amount: { amount_minor, currency: 'AMD' } };
  const { id, url } = await (await page.request.post('/api/v1/payment-links', { headers, data })).json();
  const attempt = /name="attempt" value="([^"]*)"/.exec(await (await page.request.get(url)).text())![1];
  const own = { 'sec-fetch-site': 'same-origin' };
  const provider = await page.request.post(url, { form: { attempt }, headers: own });
  await page.request.post(provider.url(), { form: { action: 'pay' }, headers: own });
  const paid = async () => (await api('/payments?status=paid&limit=50')).items.find((one: { payment_link_id: string }) => one.payment_link_id === id);
  await expect.poll(paid, 'the sale is paid').toBeTruthy();
  const { id: payment, order_id } = await paid();
  return { payment, number: (await api(`/orders/${order_id}`)).number };
}

/** Presses one of a few choices, as a person does: on its words. */
export async function choose(page: Page, name: string, value: string): Promise<void> {
  await page.locator(`label:has(input[name=${name}][value=${value}])`).click();
}

/** Keeps a picture of the whole page in results/screens/. */
export async function look(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const { project } = test.info();
  await page.screenshot({ path: `results/screens/${project.name}-${name}.png`, fullPage: true });
}

/** The page must not be wider than the window. */
export async function fits(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, 'the page scrolls only up and down').toBeLessThanOrEqual(0);
}
