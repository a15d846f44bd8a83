// A question from the chat to the inbox and back; a broadcast from the form to the chat. The customer on one side, staff on the other.
import type { BrowserContext, Page } from '@playwright/test';
import { BOT, choose, expect, fits, look, test } from './stage';

/** A customer of its own for every test, so that tests do not hear each other. */
const stranger = () => 2_000_000 + Math.floor(Math.random() * 1_000_000_000);

async function chatOf(context: BrowserContext): Promise<Page> {
  const chat = await context.newPage();
  await chat.goto(`/sandbox/telegram/chat/${BOT}?user=${stranger()}`);
  await chat.getByRole('button', { name: 'START' }).click();
  return chat;
}

async function says(chat: Page, text: string): Promise<void> {
  await chat.locator('#text').fill(text);
  await chat.keyboard.press('Enter');
}

test('a question waits in the inbox by itself, and the answer comes to the chat', async ({ desk, context }) => {
  const word = `cup${Math.floor(Math.random() * 1_000_000)}`;
  await desk.goto('/messages');
  await expect(desk.locator('.live[data-on]')).toBeVisible();
  const chat = await chatOf(context);
  await chat.getByRole('button', { name: 'Ask a question' }).last().click();
  await expect(chat.getByText('Write your question here')).toBeVisible();
  await says(chat, `Do you have a blue ${word}?`);
  await expect(chat.getByText('Your message has reached the shop')).toBeVisible();
  // Nobody has reloaded the list.
  await expect(desk.getByText(`Do you have a blue ${word}?`)).toBeVisible();
  await expect(desk.locator('#rail-count-messages')).not.toBeEmpty();
  await look(desk, 'messages-live');
  await desk.goto(`/messages?q=${word}`);
  await desk.locator('a.row-link').first().click();
  await expect(desk.locator('.talk-line[data-side=theirs]')).toHaveCount(1);
  await fits(desk);
  await look(desk, 'conversation');
  // An empty answer is said beside the field; what is typed then stays, is sent once, and is seen to arrive.
  await expect(desk.locator('html[data-awake]')).toBeVisible();
  await desk.getByRole('button', { name: 'Send' }).click();
  await expect(desk.locator('#words-note .field-error')).toBeVisible();
  await desk.locator('#words').fill('Yes, two of them.\nShall we keep one?');
  await desk.getByRole('button', { name: 'Send' }).click();
  await expect(desk.locator('.toast')).toContainText('on its way');
  await expect(chat.getByText('Shall we keep one?')).toBeVisible();
  await expect(desk.locator('.talk-line[data-side=ours] .badge[data-tone=good]')).toBeVisible();
  await look(chat, 'chat-answered');
  // The thread is live while the page is open; the customer writes back without a button.
  await says(chat, 'Yes, until Saturday');
  await expect(desk.getByText('Yes, until Saturday')).toBeVisible();
  await fits(desk);
  await look(desk, 'conversation-answered');
  await desk.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(desk.locator('.toast')).toContainText('closed');
});

test('a customer who blocked the bot is seen, and cannot be written to', async ({ desk, context }) => {
  const word = `bye${Math.floor(Math.random() * 1_000_000)}`;
  const chat = await chatOf(context);
  await chat.getByRole('button', { name: 'Ask a question' }).last().click();
  await says(chat, word);
  await expect(chat.getByText('Your message has reached the shop')).toBeVisible();
  const user = Number(new URL(chat.url()).searchParams.get('user'));
  await chat.request.post(`/sandbox/telegram/api/chats/${BOT}/${user}/block`, { data: { blocked: true } });
  await desk.goto(`/messages?q=${word}`);
  await desk.locator('a.row-link').first().click();
  await expect(desk.locator('#answer .notice')).toBeVisible();
  await look(desk, 'conversation-blocked');
});

test('an order and its customer lead to a message that names the order', async ({ desk }) => {
  await desk.goto('/customers');
  await desk.locator('a.row-link').last().click();
  await desk.locator('a[href^="/orders/ord_"]').first().click();
  await expect(desk).toHaveURL(/\/orders\/ord_/);
  await desk.getByRole('link', { name: 'Write to the customer' }).click();
  await expect(desk).toHaveURL(/\/messages\/cus_.*order=ord_/);
  await expect(desk.locator('#answer, .notice').first()).toBeVisible();
});

test.describe('a broadcast', () => {
  // A time that is past is refused on purpose, and the browser logs the status of the answer.
  test.use({ tolerated: /422/ });

  test('is seen before it is sent, reaches the chat, and can be stopped there', async ({ desk, context }) => {
    const word = `news${Math.floor(Math.random() * 1_000_000)}`;
    const chat = await chatOf(context);
    await expect(chat.getByRole('button', { name: 'Ask a question' }).last()).toBeVisible();
    await desk.goto('/broadcasts/new');
    await choose(desk, 'words', 'en');
    await desk.locator('#text_en').fill(`Fresh cups, ${word}.\nCome and see.`);
    await desk.locator('#language').selectOption('en');
    await fits(desk);
    await desk.getByRole('button', { name: 'Preview' }).click();
    await expect(desk.locator('#preview .talk-bubble').first()).toContainText(word);
    await expect(desk.locator('#preview .notice')).toContainText(/\d/);
    await fits(desk);
    await look(desk, 'broadcast-preview');
    // Words stay through a mistake.
    await choose(desk, 'when', 'later');
    await desk.locator('#starts_at').fill('2020-01-01T10:00');
    await desk.getByRole('button', { name: 'Preview' }).click();
    await desk.getByRole('button', { name: 'Schedule' }).click();
    await expect(desk.locator('#starts_at-note .field-error')).toBeVisible();
    await expect(desk.locator('#text_en')).toHaveValue(`Fresh cups, ${word}.\nCome and see.`);
    await choose(desk, 'when', 'now');
    await desk.getByRole('button', { name: 'Preview' }).click();
    await desk.getByRole('button', { name: /^Send to/ }).click();
    await expect(desk).toHaveURL(/\/broadcasts\/brc_/);
    await expect(chat.getByText(word)).toBeVisible();
    await expect(desk.locator('.badge[data-tone=good]').first()).toBeVisible({ timeout: 30_000 });
    await fits(desk);
    await look(desk, 'broadcast');
    await chat.getByRole('button', { name: 'No more of these' }).last().click();
    await expect(chat.getByText('no more news')).toBeVisible();
    await look(chat, 'chat-broadcast');
    const list = await desk.request.get('/broadcasts');
    expect(await list.text()).toContain(word);
  });
});
