/** A kind of tests: a vitest project, and the folders (or single files) of test/ that belong to it. */
export interface Kind {
  readonly name: string;
  readonly folders: readonly string[];
}

/**
 * The kind of a test is its folder. One thing overrides it: `*.property.test.ts` is a property wherever it stands, so
 * that a property can live beside the unit it is about. Tests of types call the compiler themselves, so that they can
 * read what it says: there are no `*.test-d.ts`. What would run nowhere fails test/architecture/kinds.test.ts.
 */
export const kinds: readonly Kind[] = [
  { name: 'unit', folders: ['unit'] },
  { name: 'marbles', folders: ['operators', 'subscription', 'marbles', 'shared'] },
  { name: 'property', folders: ['property', 'model'] },
  { name: 'conformance', folders: ['conformance'] },
  { name: 'simulation', folders: ['simulation'] },
  { name: 'redis', folders: ['adapters/redis'] },
  { name: 'mongo', folders: ['adapters/mongo'] },
  // The older driver that is supported: what depends on the driver, and the promises of the port.
  { name: 'mongo-6', folders: ['adapters/mongo/connection', 'conformance/mongo.test.ts'] },
  { name: 'faults', folders: ['faults'] },
  { name: 'types', folders: ['types'] },
  { name: 'docs', folders: ['docs'] },
  { name: 'examples', folders: ['examples'] },
  { name: 'architecture', folders: ['architecture'] },
  { name: 'package', folders: ['package'] },
];

const property = '.property.test.ts';

/** The glob patterns of a kind, for vitest. */
export function patternsOf({ name, folders }: Kind): { readonly include: string[]; readonly exclude: string[] } {
  const include = folders.map((folder) => (folder.endsWith('.ts') ? `test/${folder}` : `test/${folder}/**/*.test.ts`));
  return name === 'property' ? { include: [`test/**/*${property}`, ...include], exclude: [] } : { include, exclude: [`test/**/*${property}`] };
}

/** The kind of a test file (a path from the root, with forward slashes), or undefined where it would run nowhere. */
export function kindOf(path: string): string | undefined {
  if (path.endsWith(property)) return 'property';
  return kinds.find(({ folders }) => folders.some((folder) => path.startsWith(`test/${folder}/`)))?.name;
}
