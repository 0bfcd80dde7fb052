import type ts from 'typescript';
import type { Compilation, Compiler, Said } from './as-published.js';

export interface Sentence {
  readonly sentence: string;
  /** What the compiler says about it; nothing where it holds. */
  readonly said: readonly Said[];
}

/** The tests of a file of `it('…', () => …)` statements, each with what the compiler says in it; what it says elsewhere comes last. */
export function sentencesOf(compiler: Compiler, compilation: Compilation, file: string): readonly Sentence[] {
  const source = compilation.parse(file);
  if (source === undefined) throw new Error(`${file} is not part of the compilation`);
  const said = compilation.about(file);
  const tests = source.statements.flatMap((statement) => {
    const sentence = sentenceOf(compiler, statement);
    return sentence === undefined ? [] : [{ sentence, said: said.filter(({ start }) => start >= statement.getStart() && start < statement.end) }];
  });
  return [...tests, { sentence: `nothing is wrong in the rest of ${file}`, said: said.filter((one) => !tests.some((test) => test.said.includes(one))) }];
}

function sentenceOf(compiler: Compiler, statement: ts.Statement): string | undefined {
  if (!compiler.isExpressionStatement(statement) || !compiler.isCallExpression(statement.expression)) return undefined;
  const { expression: called, arguments: [sentence] } = statement.expression;
  return compiler.isIdentifier(called) && called.text === 'it' && sentence !== undefined && compiler.isStringLiteral(sentence) ? sentence.text : undefined;
}
