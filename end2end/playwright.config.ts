// The browser tests: one demo shop for the whole run, three widths. Artefacts in results/.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium = [process.env.KHANUT_TEST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
);
const width = (width: number, height: number, more = {}) => ({ viewport: { width, height }, ...more });

export default defineConfig({
  testDir: 'browser',
  outputDir: 'results/traces',
  globalSetup: './browser/demo.ts',
  reporter: [['list'], ['./summary.ts']],
  workers: 2,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  // One more try where it decides what lands; what needed it is named at the end, and is a fault to be found.
  retries: process.env.CI ? 1 : 0,
  // Long enough for a machine that does other things beside; nothing here measures speed.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    // As a person who asked for less motion: a busy browser has no time to fade between pages, and complains of it.
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: '1440', use: width(1440, 900) },
    // Between desk and phone it is the look that may break: every page is opened, the long walks are not walked again.
    { name: '768', use: width(768, 1024), testMatch: /(rooms|awake|keys|overview|sale|miniapp|cart)\.spec\.ts/ },
    { name: '390', use: width(390, 844, { hasTouch: true }) },
  ],
});
