// One visit of a page, and everything a person could hold against it: what axe finds, what jumps, what the policy refuses, what
// is too wide, too heavy or in another language.
import AxeBuilder from '@axe-core/playwright';
import { type Page, test } from '@playwright/test';
import { look } from './stage';

export const LANGS = ['hy', 'ru', 'en'] as const;
export type Lang = (typeof LANGS)[number];
export type Scheme = 'light' | 'dark';

/** How far all of a page may move by itself while it loads and wakes (the score of `layout-shift`). */
const MOVES = 0.05;
/** What a room may weigh once another one is open, packed as for tests, without fonts and the shop's own pictures, in KB. */
const WEIGHT = 40;
/** Dialogs looked into on one page: rows of a list all have the same. */
const DIALOGS = 3;

interface Seen {
  moved: number;
  movers: string[];
  refused: string[];
}

/** From here on every page of the context keeps account of itself. */
export async function watch(page: Page): Promise<void> {
  await page.context().addInitScript(() => {
    const seen: Seen = { moved: 0, movers: [], refused: [] };
    Object.assign(window, { seen });
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] };
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries() as Shift[]) {
        if (shift.hadRecentInput) continue;
        seen.moved += shift.value;
        seen.movers.push(...shift.sources.map(({ node }) => (node instanceof Element ? node.outerHTML : node?.textContent ?? '?').slice(0, 80)));
      }
    }).observe({ type: 'layout-shift', buffered: true });
    document.addEventListener('securitypolicyviolation', (event) => seen.refused.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
}

/** Opens the page and waits until nothing more is to come by itself. */
async function arrive(page: Page, path: string) {
  await page.goto(path);
  return page.evaluate(async () => {
    const later = (wait: number) => new Promise((done) => setTimeout(done, wait));
    if (document.querySelector('head > script[type=module]')) while (!document.documentElement.dataset.awake) await later(20);
    await document.fonts.ready;
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const { documentElement: root } = document;
    const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[];
    const bytes = loaded.filter(({ name }) => !/\/(fonts|files)\//.test(name)).reduce((sum, { transferSize }) => sum + transferSize, 0);
    const { seen } = window as unknown as { seen: Seen };
    return { ...seen, lang: root.lang, over: root.scrollWidth - root.clientWidth, kilobytes: Math.round(bytes / 1024) };
  });
}

/** What axe calls serious or critical, within `part` if it is given. */
export async function faults(page: Page, part?: string): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await (part ? axe.include(part) : axe).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ target, html, any }) => `${id} at ${target.join(' ')}: ${any[0]?.message ?? ''} ${html.slice(0, 120)}`));
}

/** What a press would show, looked at as well: folded parts, dialogs. */
async function hiddenFaults(page: Page): Promise<string[]> {
  const found: string[] = [];
  const dialogs = await page.locator('dialog[id]:not(.palette)').evaluateAll((all) => all.map(({ id }) => id));
  for (const id of dialogs.slice(0, DIALOGS)) {
    const turn = (how: 'showModal' | 'close') =>
      page.evaluate(({ id, how }) => (document.getElementById(id) as HTMLDialogElement)[how](), { id, how });
    await turn('showModal');
    found.push(...(await faults(page, `[id="${id}"]`)));
    await turn('close');
  }
  return found;
}

export interface Way {
  lang: Lang;
  scheme: Scheme;
  /** Asked by axe as well. */
  axe: boolean;
  /** The first page of a visitor brings the scripts and the styles along. */
  first?: boolean;
}

/** Everything that is wrong with one page, seen one way. */
export async function visit(page: Page, path: string, way: Way): Promise<string[]> {
  await page.emulateMedia({ colorScheme: way.scheme, reducedMotion: 'reduce' });
  let seen = await arrive(page, path);
  // News of the shop may move a list just now; what moves by itself moves every time.
  for (let tries = 0; seen.moved > MOVES && tries < 2; tries++) seen = await arrive(page, path);
  const wrong = seen.refused.map((what) => `refused by the policy: ${what}`);
  if (seen.moved > MOVES) wrong.push(`moves by ${seen.moved.toFixed(3)}: ${seen.movers.join(' | ')}`);
  if (seen.over > 0) wrong.push(`is ${seen.over} px too wide`);
  if (seen.lang !== way.lang) wrong.push(`speaks ${seen.lang}`);
  if (!way.first && seen.kilobytes > WEIGHT) wrong.push(`weighs ${seen.kilobytes} KB`);
  if (way.axe) {
    await page.evaluate(() => document.querySelectorAll<HTMLDetailsElement>('details:not(.menu)').forEach((folded) => (folded.open = true)));
    wrong.push(...(await faults(page)), ...(await hiddenFaults(page)));
  }
  return wrong.map((what) => `${path} (${way.lang}, ${way.scheme}) ${what}`);
}

/**
 * Visits pages one after another, by name. Three walks, one in each language, show every page at every width: in one language axe looks
 * at it light, in another dark, and in the third it is only seen; which is which goes round from page to page.
 */
export async function walk(page: Page, pages: [string, string][], lang: Lang, first = false): Promise<void> {
  await page.context().addCookies([{ name: 'lang', value: lang, url: process.env.KHANUT_TEST_URL! }]);
  await watch(page);
  for (const [place, [name, path]] of pages.entries()) {
    const turn = (place + LANGS.indexOf(lang)) % 3;
    const way: Way = { lang, scheme: turn === 1 ? 'dark' : 'light', axe: turn < 2, first };
    const wrong = await visit(page, path, way);
    if (lang === 'en') await look(page, name);
    test.expect.soft(wrong, name).toEqual([]);
  }
}
