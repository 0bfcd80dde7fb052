import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What is said of an issue: its place, and why, without a word of the payload. */
export interface IssueNote {
  readonly path: string;
  readonly message: string;
}

const mostLeaves = 1_000;

/**
 * The issues of a schema as they may be logged. Some libraries quote the value that they refuse ("Expected number but
 * received "hello""); such a message gives way to what was expected there.
 */
export function issueNotes(issues: readonly StandardSchemaV1.Issue[], value: unknown): readonly IssueNote[] {
  const leaves = new Set<string>();
  const complete = collect(value, leaves, 0);
  return issues.map((issue) => ({ path: pathOf(issue), message: complete && !quotes(issue.message, leaves) ? issue.message.slice(0, 300) : expectation(issue) }));
}

function pathOf({ path = [] }: StandardSchemaV1.Issue): string {
  return path.slice(0, 10).map((part) => String(typeof part === 'object' ? part.key : part).slice(0, 60)).join('.');
}

/** What the library says of the schema, not of the value: zod, valibot and arktype have one of these. */
function expectation(issue: StandardSchemaV1.Issue): string {
  const expected = word(issue, 'expected');
  const kind = word(issue, 'code') ?? word(issue, 'type');
  return expected !== undefined ? `expected ${expected}` : kind !== undefined ? `refused (${kind})` : 'refused';
}

function word(issue: StandardSchemaV1.Issue, name: string): string | undefined {
  const said: unknown = Reflect.get(issue, name);
  return typeof said === 'string' && said.length <= 100 ? said : undefined;
}

/** All texts and numbers of a value; false where there are too many to look for. */
function collect(value: unknown, leaves: Set<string>, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') leaves.add(String(value));
  if (typeof value !== 'object' || value === null) return true;
  if (depth > 50) return false;
  for (const member of Object.values(value)) if (leaves.size > mostLeaves || !collect(member, leaves, depth + 1)) return false;
  return true;
}

/** What is shorter than three characters tells nothing, and stands in many a message: ">0". */
function quotes(message: string, leaves: ReadonlySet<string>): boolean {
  for (const leaf of leaves) if (leaf.length > 2 && message.includes(leaf)) return true;
  return false;
}
