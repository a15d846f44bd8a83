// What failed (✘), or passed only at the second try (~), at the end and in a line or two each: a log that is cut shows its last lines.
import type { FullResult, Reporter, Suite, TestCase } from '@playwright/test/reporter';

const LINES = 6;

export default class Summary implements Reporter {
  private suite?: Suite;

  onBegin(_: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(_: FullResult): void {
    const all = this.suite?.allTests() ?? [];
    for (const [sign, outcome] of [['~', 'flaky'], ['✘', 'unexpected']]) {
      for (const test of all.filter((test) => test.outcome() === outcome)) console.log(`\n${sign} ${named(test)}\n${reason(test)}`);
    }
  }
}

function named(test: TestCase): string {
  return test.titlePath().filter(Boolean).join(' › ');
}

function reason(test: TestCase): string {
  const errors = test.results.flatMap((result) => result.errors);
  const plain = errors.map((error) => (error.message ?? error.value ?? '').replaceAll(/\x1b\[[0-9;]*m/g, ''));
  const lines = plain.map((text) => text.split('\n').filter((line) => line.trim()).slice(0, LINES).join('\n'));
  const places = errors.map((error) => (error.location ? `at ${error.location.file.split('/').pop()}:${error.location.line}` : ''));
  return lines.map((line, at) => `  ${line.replaceAll('\n', '\n  ')}\n  ${places[at]}`).join('\n');
}
