import { describe, expect, it } from 'vitest';
import { conformanceSentences } from '../../marbles/conformance/index.js';
import { memoryCapabilities, memoryHarness } from './support/memory-harness.js';

// A backend that can do everything has every sentence.
const sentences = conformanceSentences(memoryHarness('all', undefined, { ...memoryCapabilities, shared: true, durable: true, maxShards: 16 }));

describe('the sentences of the suite', () => {
  it('are each there once', () => {
    const all = [...sentences.values()].flat();
    expect(all.filter((sentence, index) => all.indexOf(sentence) !== index)).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(110);
  });

  it('are listed in the docs', async () => {
    const parts = [...sentences].map(
      ([concern, list]) => `## ${concern[0]?.toUpperCase()}${concern.slice(1)}\n\n${list.map((sentence) => `- ${sentence}`).join('\n')}\n`,
    );
    await expect(
      `# The promises of the port\n\nGenerated from the conformance suite (\`vitest run test/conformance/sentences.test.ts -u\`).\n\n${parts.join('\n')}`,
    ).toMatchFileSnapshot('../../docs/conformance-sentences.md');
  });
});
