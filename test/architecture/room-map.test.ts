import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mappedPlaces, roomMap } from './guards/room-map.js';
import { filesBelow, root } from './support/tree.js';

describe("the map of the rooms in README.md", () => {
  it('shows the tree as it is', () => {
    expect(existsSync(`${root}/README.md`), 'README.md is missing').toBe(true);
    expect(roomMap(readFileSync(`${root}/README.md`, 'utf8'), filesBelow(root))).toEqual([]);
  });

  it('is refused where a room is missing or gone', () => {
    const planted = `${root}/test/fixtures/architecture/room-map`;
    expect(roomMap(readFileSync(`${planted}/README.md`, 'utf8'), filesBelow(planted))).toEqual([
      'README.md maps src/adapters/redis/, which is not there',
      'README.md maps docs/, which is not there',
      'README.md does not map src/adapters/memory/',
      'README.md does not map src/topic/',
    ]);
  });

  it('must be there', () => {
    expect(() => mappedPlaces('# A package\n\n```text\nsrc/\n```\n')).toThrow("README.md has no fenced block under '## The rooms'");
  });
});
