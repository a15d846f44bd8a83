// A person who has only a keyboard: where the focus is can always be seen, and nothing is reached but by keys.
import { expect, type Locator, type Page } from '@playwright/test';

/** What is wrong with how the focus shows itself; nothing when it is well. */
async function unseen(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const at = document.activeElement;
    // Between the last place of the page and the first, the browser's own bars have the focus.
    if (!at || at === document.body) return '';
    // What slides in is looked at where it comes to rest.
    await Promise.allSettled(at.getAnimations().map((moving) => moving.finished));
    const outlined = (element: Element | null) => {
      if (!element) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    // A row, the face of a choice or the frame of a field may be what shows it.
    if (![at, at.nextElementSibling, at.closest('tr'), at.closest('label'), at.parentElement].some(outlined)) return `nothing marks ${at.outerHTML.slice(0, 160)}`;
    const { left, top, right, bottom } = at.getBoundingClientRect();
    const middle = (from: number, to: number, most: number) => (Math.max(from, 0) + Math.min(to, most)) / 2;
    const there = document.elementFromPoint(middle(left, right, innerWidth), middle(top, bottom, innerHeight));
    const own = there && (at.contains(there) || there.contains(at) || at.closest('label')?.contains(there));
    return own ? '' : `${at.outerHTML.slice(0, 160)} lies behind ${there?.outerHTML.slice(0, 80) ?? 'the edge'}`;
  });
}

/** Goes on by Tab until the focus stands where it should. */
export async function tabTo(page: Page, where: string | Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const place = (typeof where === 'string' ? page.locator(where) : where).first();
  await expect(place, 'the place to go to').toBeAttached();
  for (let step = 0; step < 150; step += 1) {
    await page.keyboard.press(key);
    expect(await unseen(page), 'the focus can be seen').toBe('');
    if (await place.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${key} never came to ${place}`);
}

/** Through the door. */
export async function signInByKeys(page: Page, who: { email: string; password: string }): Promise<void> {
  await tabTo(page, 'input[name=email]');
  await page.keyboard.type(who.email);
  await tabTo(page, 'input[name=password]');
  await page.keyboard.type(who.password);
  await page.keyboard.press('Enter');
  await expect(page).not.toHaveURL(/sign-in/);
  await expect(page.locator('html[data-awake]')).toBeVisible();
}

/** By the palette to the address that `words` find. */
export async function goByKeys(page: Page, words: string, address: RegExp): Promise<void> {
  await page.keyboard.press('Control+k');
  const palette = page.locator('dialog.palette');
  await expect(palette).toBeVisible();
  expect(await unseen(page), 'the focus can be seen').toBe('');
  await page.keyboard.type(words);
  const items = palette.locator('.palette-item');
  const place = async () => (await items.evaluateAll((all) => all.map((item) => item.getAttribute('href')!))).findIndex((href) => address.test(href));
  await expect.poll(place, 'found by its words').toBeGreaterThanOrEqual(0);
  await expect(async () => {
    const chosen = async () => (await palette.locator('.palette-item[aria-selected]').getAttribute('href')) ?? '';
    if (!address.test(await chosen())) await page.keyboard.press('ArrowDown');
    expect(await chosen()).toMatch(address);
  }).toPass();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(address);
  await expect(page.locator('html[data-awake]')).toBeVisible();
}
