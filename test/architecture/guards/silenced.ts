import ts from 'typescript';
import { lineOf, walk, type SourceFile } from '../support/source-file.js';

const comments = /eslint-disable|@ts-(?:ignore|nocheck|expect-error)/;

/** Nothing is silenced: a rule is right, or it is switched off for all in test/config/eslint.config.js with a reason. */
export function silenced(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text, ast }) => {
    const problems = text.split('\n').flatMap((line, i) => {
      const found = comments.exec(line);
      return found === null ? [] : [`${path}:${String(i + 1)} has ${found[0]}`];
    });
    walk(ast, (node) => {
      if (ts.isAsExpression(node) && ts.isAsExpression(node.expression) && node.expression.type.kind === ts.SyntaxKind.UnknownKeyword) problems.push(`${path}:${String(lineOf(ast, node))} has 'as unknown as'`);
      else if (node.kind === ts.SyntaxKind.AnyKeyword) problems.push(`${path}:${String(lineOf(ast, node))} has the type any`);
    });
    return problems;
  });
}
