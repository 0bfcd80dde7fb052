import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';

/** The API of a compiler; that of TypeScript 5.9 is the same where it is used here. */
export type Compiler = typeof ts;

/** One thing the compiler says. */
export interface Said {
  readonly file: string;
  /** Where the underlined text begins. */
  readonly start: number;
  /** The underlined text. */
  readonly at: string;
  readonly text: string;
}

export interface Compilation {
  /** What the compiler says about a file of the user, from top to bottom. */
  readonly about: (file: string) => readonly Said[];
  /** What it says about the declarations made from a folder of the package, and about making them. */
  readonly aboutDeclarationsOf: (folder: string) => readonly Said[];
  readonly parse: (file: string) => ts.SourceFile | undefined;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const published = `${root}dist/`;

/**
 * Compiles files as a user of the package would: against declarations, found through the doors of package.json, with a
 * user's strict options. Nothing needs to be built: whatever is asked of dist/ is made at that moment, each declaration
 * from its one source file, as `isolatedDeclarations` promises. One Program for all files.
 *
 * @param files paths from the root, with their text; undefined: what stands there
 */
export function compileAsPublished(compiler: Compiler, files: ReadonlyMap<string, string | undefined>): Compilation {
  const options = userOptions(compiler);
  const host = compiler.createCompilerHost(options, true);
  const given = new Map([...files].map(([file, text]) => [root + file, text]));
  const fromDisk = { readFile: host.readFile.bind(host), fileExists: host.fileExists.bind(host), directoryExists: compiler.sys.directoryExists.bind(compiler.sys) };
  const notIsolated: Said[] = [];

  const sourceOf = (file: string): string => root + file.slice(published.length).replace(/\.d\.ts$/, '.ts');
  host.fileExists = (file) => {
    if (file.startsWith(published)) return file.endsWith('.d.ts') && fromDisk.fileExists(sourceOf(file));
    return given.has(file) || fromDisk.fileExists(file);
  };
  host.directoryExists = (path) => path.startsWith(published.slice(0, -1)) || fromDisk.directoryExists(path);
  host.readFile = (file) => {
    if (!file.startsWith(published)) return given.get(file) ?? fromDisk.readFile(file);
    const source = sourceOf(file);
    const declared = compiler.transpileDeclaration(readFileSync(source, 'utf8'), { fileName: source, reportDiagnostics: true, compilerOptions: { ...options, noEmit: false, declaration: true, isolatedDeclarations: true } });
    notIsolated.push(...(declared.diagnostics ?? []).map((diagnostic) => said(compiler, diagnostic)));
    return declared.outputText;
  };
  host.getSourceFile = (file, version) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : compiler.createSourceFile(file, text, version, true);
  };

  const program = compiler.createProgram({ rootNames: [...given.keys()], options, host });
  const saidIn = (file: ts.SourceFile): readonly Said[] =>
    [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((diagnostic) => said(compiler, diagnostic)).sort((a, b) => a.start - b.start);
  return {
    about: (file) => {
      const source = program.getSourceFile(root + file);
      return source === undefined ? [] : saidIn(source);
    },
    aboutDeclarationsOf: (folder) => [
      ...notIsolated.filter(({ file }) => file.startsWith(`${folder}/`)),
      ...program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${published}${folder}/`)).flatMap(saidIn),
    ],
    parse: (file) => program.getSourceFile(root + file),
  };
}

function said(compiler: Compiler, { file, start = 0, length = 0, messageText }: ts.Diagnostic): Said {
  return { file: file?.fileName.slice(root.length) ?? '', start, at: file?.text.slice(start, start + length) ?? '', text: compiler.flattenDiagnosticMessageText(messageText, '\n') };
}

function userOptions({ ModuleKind, ModuleResolutionKind, ScriptTarget }: Compiler): ts.CompilerOptions {
  return {
    target: ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ModuleKind.NodeNext,
    moduleResolution: ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  };
}
