import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { of } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryHarness } from '../conformance/support/memory-harness.js';
import { withLinks } from '../fixtures/conformance/ledger.js';
import { modelBugs } from '../fixtures/model/planted-bugs.js';
import { openings, play, sequences } from '../model/sequence.js';

const most = 600;
const needed: string[] = [];

describe('the model has teeth', () => {
  it.each(modelBugs)('it notices that $bug', async ({ bug, plant }) => {
    const harness = memoryHarness('with a bug', plant);
    const property = fc.asyncProperty(openings, sequences(80), (opening, commands) => play(harness, opening, commands));
    // One seed for all: what is caught today is caught tomorrow.
    const { failed, numRuns } = await fc.check(property, { seed: 1, numRuns: most, endOnFailure: true });
    expect(failed, `${most} sequences found nothing wrong`).toBe(true);
    needed.push(`| ${bug} | ${numRuns} |`);
  });

  it('and a failure can be read and run again: seed, path, and what came of each command', async () => {
    const harness = memoryHarness('with a bug', (broker) => withLinks(broker, () => ({ renew: () => of({ leaseUntil: 0, lost: [] }) })));
    const property = fc.asyncProperty(openings, sequences(80), (opening, commands) => play(harness, opening, commands));
    const { seed, counterexamplePath, counterexample } = await fc.check(property, { seed: 1, numRuns: most });
    const said = fc.stringify(counterexample);
    expect(said).toMatch(/publish.* → v1-1.* → [su]\/c\d.*renew .* → ✗.*replayPath="/s);
    const replayPath = /replayPath="([^"]+)"/.exec(said)?.[1];
    const again = fc.asyncProperty(openings, sequences(80, replayPath), (opening, commands) => play(harness, opening, commands));
    const { failed, numRuns } = await fc.check(again, { seed, path: counterexamplePath ?? '', endOnFailure: true });
    expect([failed, numRuns]).toEqual([true, 1]);
  });

  it('and docs/model.md lists every mistake', () => {
    const page = readFileSync(new URL('../../docs/model.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| (.+) \| \d+ \|$/gm)].map(([, bug]) => bug);
    expect(listed).toEqual(modelBugs.map(({ bug }) => bug));
  });

  // The table of docs/model.md: MODEL_TEETH=table.md vitest run … model.teeth
  afterAll(() => {
    const file = process.env['MODEL_TEETH'];
    if (file !== undefined) writeFileSync(file, `${needed.join('\n')}\n`);
  });
});
