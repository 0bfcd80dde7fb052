import ts from 'typescript';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import()` or `require()`: read when it is reached, not when the file is. */
  readonly dynamic: boolean;
  /** Path of the imported file from the root, for a relative specifier; else undefined. */
  readonly target: string | undefined;
}

/** A source file: its path from the root (forward slashes), its text, what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** What a specifier stands for that is not a text, as in `import(name)`. */
export const unreadable = '(not a text)';

export function parse(path: string, text: string): SourceFile {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (node: ts.Node | undefined, dynamic: boolean): void => {
    if (node === undefined) return;
    const specifier = ts.isStringLiteralLike(node) ? node.text : unreadable;
    imports.push({ specifier, line: lineOf(ast, node), dynamic, target: specifier.startsWith('.') ? join(path, specifier) : undefined });
  };
  walk(ast, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) add(node.moduleReference.expression, false);
    else if (ts.isImportTypeNode(node)) add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument, false);
    else if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) add(node.name, false);
    else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'))) add(node.arguments[0], true);
  });
  return { path, text, ast, imports };
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => { walk(child, visit); });
}

export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

/** `./a.js` beside `src/x/b.ts` is `src/x/a.ts`. */
function join(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/').replace(/\.js$/, '.ts');
}
