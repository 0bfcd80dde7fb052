import ts from 'typescript';
import { lineOf, walk, type SourceFile } from '../support/source-file.js';
import { within } from './room-table.js';

const names = new Set(['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask', 'performance', 'crypto', 'process', 'console']);
const members = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout']);

const touchesTheRealOnes = ['src/system-runtime.ts', 'src/config/env.ts', 'src/cli'];

function exempt(path: string): boolean {
  return touchesTheRealOnes.some((place) => within(path, place)) || (within(path, 'src/adapters') && !within(path, 'src/adapters/memory'));
}

/** The core takes time, ids, chance and the process from port/runtime and config, or virtual time is a lie. */
export function bannedGlobals(files: readonly SourceFile[]): readonly string[] {
  return files.filter(({ path }) => !exempt(path)).flatMap(({ path, ast }) => {
    const problems: string[] = [];
    walk(ast, (node) => {
      const used = usedGlobal(node);
      if (used !== undefined) problems.push(`${path}:${String(lineOf(ast, node))} uses ${used}; it comes from port/runtime or config`);
    });
    return problems;
  });
}

function usedGlobal(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`;
    if (members.has(text)) return text;
    return node.expression.getText() === 'globalThis' && names.has(node.name.text) ? text : undefined;
  }
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0 ? 'new Date()' : undefined;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') return 'Date()';
  return ts.isIdentifier(node) && names.has(node.text) && isReference(node) ? node.text : undefined;
}

/** Whether an identifier reads a variable, rather than naming a member, a property or a declaration. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) return 'initializer' in parent && parent.initializer === node;
  return !(ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isJSDoc(parent) || ts.isQualifiedName(parent));
}
