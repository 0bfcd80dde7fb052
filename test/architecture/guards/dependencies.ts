export interface Dependencies {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What is installed with us, and what a user brings along. A change here is a decision. */
const expected = {
  dependencies: ['@standard-schema/spec'],
  peerDependencies: ['chronos-db', 'ioredis', 'mongodb', 'rxjs', 'vitest'],
  optional: ['chronos-db', 'ioredis', 'mongodb', 'vitest'],
};

const exact = /^(?:npm:[^@]+@)?\d+\.\d+\.\d+$/;

export function dependencies(manifest: Dependencies): readonly string[] {
  const optional = Object.entries(manifest.peerDependenciesMeta).filter(([, meta]) => meta.optional === true).map(([name]) => name);
  const differs = (what: string, names: readonly string[], wanted: readonly string[]): readonly string[] =>
    [...names].sort().join() === wanted.join() ? [] : [`${what} are ${[...names].sort().join(', ') || 'none'}; ${wanted.join(', ')} is expected`];
  const loose = Object.entries({ ...manifest.devDependencies, ...manifest.dependencies }).filter(([, version]) => !exact.test(version));
  return [
    ...differs('the dependencies', Object.keys(manifest.dependencies), expected.dependencies),
    ...differs('the peers', Object.keys(manifest.peerDependencies), expected.peerDependencies),
    ...differs('the optional peers', optional, expected.optional),
    ...loose.map(([name, version]) => `${name} is ${version}; an exact version is expected`),
    ...Object.keys(manifest.peerDependencies).filter((name) => name in manifest.dependencies).map((name) => `${name} is a dependency and a peer; a second copy of it would be another one`),
  ];
}

/** A lockfile must work with any registry, and in any network. */
export function lockfileHosts(lockfile: string): readonly string[] {
  return [...lockfile.matchAll(/"resolved": "([a-z+]+:\/\/[^/"]+)/g)].map(([, host]) => `names ${host ?? ''}`);
}
