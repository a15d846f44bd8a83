// Passkeys with the browser's virtual authenticator: added, used at the door and as the second step, taken away. The demo
// is reached by a name here, because browsers know no passkeys of a number.
import type { CDPSession, Page } from '@playwright/test';
import { start } from './demo';
import { expect, fits, look, OWNER, signOut, test } from './stage';

let demo: { url: string; stop: () => Promise<void> };

test.beforeAll(async () => {
  test.setTimeout(120_000);
  demo = await start(`demo-named-${test.info().project.name}.log`, true);
});
test.afterAll(async () => demo.stop());

/** A phone that keeps keys and knows its owner. */
async function device(page: Page): Promise<CDPSession> {
  const browser = await page.context().newCDPSession(page);
  await browser.send('WebAuthn.enable');
  await browser.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return browser;
}

async function password(page: Page): Promise<void> {
  await page.goto(`${demo.url}/sign-in`);
  await page.locator('input[name=email]').fill(OWNER.email);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.locator('form[action="/sign-in"] button[type=submit]').click();
  // To go on before the answer has come would call it off.
  await expect(page).not.toHaveURL(/\/sign-in$/);
}

const byKey = 'form[data-passkey=get] button';

test.describe('a passkey', () => {
  // The answers that refuse are errors, and the browser writes them down.
  test.use({ tolerated: /status of 4\d\d/ });

  test('is added, lets in alone and as the second step, and is refused once it is removed', async ({ page }) => {
    await device(page);
    await password(page);
    await page.goto(`${demo.url}/account`);
    const form = page.locator('form[data-passkey=create]');
    await expect(form).toBeVisible();
    await expect(page.locator('[data-no-passkeys]')).toBeHidden();
    await form.locator('input[name=passkey_name]').fill('Հեռախոս');
    await form.locator('input[name=new_key_password]').fill('not the password');
    await form.locator('button').click();
    await expect(form.locator('[data-note]')).toBeVisible();
    await fits(page);
    await look(page, 'passkey-add');
    await form.locator('input[name=new_key_password]').fill(OWNER.password);
    await form.locator('button').click();
    await expect(page.locator('.recovery li')).toHaveCount(10);

    await signOut(page);
    await page.goto(`${demo.url}/sign-in?next=/orders`);
    await expect(page.locator(byKey)).toBeVisible();
    await fits(page);
    await look(page, 'sign-in-passkey');
    await page.locator(byKey).click();
    await expect(page).toHaveURL(/\/orders$/);

    await signOut(page);
    await password(page);
    await expect(page).toHaveURL(/sign-in\/code/);
    await fits(page);
    await look(page, 'second-step-passkey');
    await page.locator(byKey).click();
    await expect(page).toHaveURL(`${demo.url}/`);

    await page.goto(`${demo.url}/account`);
    await look(page, 'account-passkeys');
    await page.locator('#passkeys a.row-link').click();
    await fits(page);
    await look(page, 'passkey');
    await page.locator('input[name=old_password]').fill(OWNER.password);
    await page.locator('form[action$="/remove"] button').click();
    await expect(page).toHaveURL(/\/account$/);
    await expect(page.locator('#passkeys a.row-link')).toHaveCount(0);

    await signOut(page);
    await page.goto(`${demo.url}/sign-in`);
    await page.locator(byKey).click();
    await expect(page.locator('.notice[data-tone=bad]')).toBeVisible();
    await look(page, 'passkey-refused');
    await page.goto(`${demo.url}/orders`);
    await expect(page).toHaveURL(/sign-in/);
  });
});

test('a browser without passkeys is shown no button', async ({ page }) => {
  await page.addInitScript(() => {
    // @ts-expect-error An older browser.
    delete window.PublicKeyCredential;
  });
  await password(page);
  await page.goto(`${demo.url}/account`);
  await expect(page.locator('[data-no-passkeys]')).toBeVisible();
  await expect(page.locator('form[data-passkey=create]')).toBeHidden();
  await signOut(page);
  await page.goto(`${demo.url}/sign-in`);
  await expect(page.locator(byKey)).toBeHidden();
});
