// Every other kind of product, played in the chat from its card to what it gives: a time, a gift, answers, one month more of a club.
import type { BrowserContext, Page } from '@playwright/test';
import { API_KEY, BOT, expect, fits, look, test } from './stage';

/** A customer of its own for every test, so that tests do not hear each other. */
const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

/** The card of a product, opened by its deep link. */
async function card(context: BrowserContext, name: string): Promise<Page> {
  const chat = await context.newPage();
  const headers = { authorization: `Bearer ${API_KEY}` };
  const [product] = (await (await chat.request.get(`/api/v1/products?q=${encodeURIComponent(name)}`, { headers })).json()).items;
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}&start=${product.id}`);
  await chat.getByRole('button', { name: 'START' }).click();
  return chat;
}

async function says(chat: Page, text: string): Promise<void> {
  await chat.locator('#text').fill(text);
  await chat.keyboard.press('Enter');
}

/** From the summary to the bank's word, heard in the chat. */
async function pays(context: BrowserContext, chat: Page): Promise<string> {
  // The link of an earlier order stands there still.
  const links = chat.getByRole('link', { name: /^Pay/ });
  const earlier = await links.count();
  await chat.getByRole('button', { name: 'Confirm' }).last().click();
  await expect(links).toHaveCount(earlier + 1);
  const link = links.last();
  const order = chat.getByRole('article').filter({ has: links }).last();
  const number = (await order.getByText(/Order no\. \d+/).innerText()).match(/\d+/)![0];
  const [pay] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await pay.waitForLoadState();
  await pay.locator('form[method=post] button[type=submit], form[method=post] button:not([type])').last().click();
  await pay.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(pay.getByText(/^Paid/).first()).toBeVisible();
  await pay.close();
  await expect(chat.getByText(`Payment received. Order no. ${number}`)).toBeVisible();
  return number;
}

/** Looked at again until it says so. */
async function shows(door: Page, text: string | RegExp): Promise<void> {
  await expect(async () => {
    await door.reload();
    await expect(door.getByText(text)).toBeVisible({ timeout: 500 });
  }).toPass();
}

test('a booking: a day, a time of it, how many, and a file for the calendar', async ({ context }) => {
  const chat = await card(context, 'Pottery lesson');
  await chat.getByRole('button', { name: 'Buy' }).click();
  await expect(chat.getByText('Which day?')).toBeVisible();
  // A day in the middle: other walks fill the first ones, and take the last ones back.
  await chat.getByRole('button', { name: /day \d\d\.\d\d$/ }).nth(3).click();
  await expect(chat.getByText('What time? By the shop’s clock.')).toBeVisible();
  await chat.getByRole('button', { name: /^\d\d:\d\d/ }).last().click();
  // Of a time that has room for one only it is not asked how many.
  const one = chat.getByRole('button', { name: '1', exact: true });
  await expect(one.or(chat.getByText(/When: /))).toBeVisible();
  if (await one.isVisible()) await one.click();
  await expect(chat.getByText(/When: /)).toBeVisible();
  await pays(context, chat);
  await expect(chat.getByText(/^You are booked:/)).toBeVisible();
  await expect(chat.locator('a.document', { hasText: 'booking.ics' })).toBeVisible();
  await fits(chat);
  await look(chat, 'chat-booking');
});

test('a gift: the sum is the customer’s own, and one that is too small is asked for again', async ({ context }) => {
  const chat = await card(context, 'Support the studio');
  await chat.getByRole('button', { name: 'Give' }).click();
  await chat.getByRole('button', { name: 'Another sum' }).click();
  await expect(chat.getByText(/^Write a sum, from/)).toHaveCount(1);
  await says(chat, '1');
  await expect(chat.getByText(/^Write a sum, from/)).toHaveCount(2);
  await says(chat, '7 700');
  await expect(chat.getByText(/Total: 7\s700/)).toBeVisible();
  await pays(context, chat);
  await fits(chat);
  await look(chat, 'chat-gift');
});

test('a service with questions: what is answered stands in the summary and with the order', async ({ desk, context }) => {
  const chat = await card(context, 'Advice');
  await chat.getByRole('button', { name: 'Buy' }).click();
  await chat.getByRole('button', { name: '1', exact: true }).click();
  const name = `Café ${Math.floor(Math.random() * 1_000_000)}`;
  await expect(chat.getByText('In whose name shall we book it')).toBeVisible();
  await says(chat, name);
  await expect(chat.getByText('Which coffee do you serve')).toBeVisible();
  await says(chat, 'Tea');
  await expect(chat.getByText('Choose one of the buttons.')).toBeVisible();
  await chat.getByRole('button', { name: 'Dark roast' }).last().click();
  await expect(chat.getByText('A phone number in case we need to call')).toBeVisible();
  await says(chat, 'call me');
  await expect(chat.getByText('This does not look like a phone number.')).toBeVisible();
  await says(chat, '+374 91 123456');
  await expect(chat.getByText('Check your order')).toBeVisible();
  await look(chat, 'chat-answers');
  const number = await pays(context, chat);
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await expect(desk.getByText(name).first()).toBeVisible();
  await fits(desk);
});

test('a club: joined, renewed, left when the shop says so, and joined again', async ({ desk, context }) => {
  const chat = await card(context, 'Potters');
  await chat.getByRole('button', { name: 'Buy' }).click();
  await pays(context, chat);
  const enter = chat.getByRole('link', { name: 'Join the club' });
  const [door] = await Promise.all([context.waitForEvent('page'), enter.click()]);
  await door.getByRole('button', { name: 'Ask to join' }).click();
  await shows(door, 'You are in.');
  await chat.bringToFront();
  const first = (await chat.getByText(/Your membership lasts until/).innerText()).match(/\d\d\.\d\d\.\d{4}/)![0];
  await says(chat, '/orders');
  await expect(chat.getByText('Your orders')).toBeVisible();
  const start = new URL(chat.url()).searchParams.get('start')!;
  await says(chat, `/start ${start}`);
  await expect(chat.getByRole('button', { name: 'Buy' }).last()).toBeVisible();
  await chat.getByRole('button', { name: 'Buy' }).last().click();
  const number = await pays(context, chat);
  const longer = chat.getByText(/You are in the club .* already/);
  await expect(longer).toBeVisible();
  expect((await longer.innerText()).match(/\d\d\.\d\d\.\d{4}/)![0]).not.toBe(first);
  await fits(chat);
  await look(chat, 'chat-renewed');
  // The shop sends the member away, from the customer's own page.
  await desk.goto(`/orders?q=${number}`);
  await desk.getByText(new RegExp(`№ ${number}`)).first().click();
  await desk.locator('a[href^="/customers/"]').first().click();
  await expect(desk.getByText('In the club')).toBeVisible();
  await desk.getByRole('button', { name: 'End membership' }).click();
  const asked = desk.getByRole('dialog', { name: 'End membership' });
  await asked.getByRole('textbox').fill('Sold their wheel');
  await look(desk, 'member-end');
  await asked.getByRole('button', { name: 'End membership' }).click();
  await expect(desk.getByText('The membership has ended.')).toBeVisible();
  await fits(desk);
  await expect(chat.getByText(/Your membership of .* has ended/)).toBeVisible();
  await shows(door, /^One has to ask to be let in/);
  // Paid for again, the door opens again.
  const doors = await enter.count();
  await chat.getByRole('button', { name: 'Renew' }).last().click();
  await pays(context, chat);
  await expect(enter).toHaveCount(doors + 1);
  const [again] = await Promise.all([context.waitForEvent('page'), enter.last().click()]);
  await again.getByRole('button', { name: 'Ask to join' }).click();
  await shows(again, 'You are in.');
});
