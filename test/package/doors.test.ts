import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../architecture/guards/doors.js';
import { outcomeOf } from './support/consumers.js';
import { packed } from './support/packed.js';
import expected from './doors.json' with { type: 'json' };

interface Names {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What each door of a package gives, read from its declarations as the compiler reads them. */
function namesByDoor(folder: string): Readonly<Record<string, Names>> {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const entries = Object.entries(exports).flatMap(([door, target]): [string, string][] => (typeof target === 'string' ? [] : [[door, join(folder, target['types'] ?? '')]]));
  const program = ts.createProgram(entries.map(([, file]) => file), { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [], noLib: true });
  const checker = program.getTypeChecker();
  return Object.fromEntries(entries.map(([door, file]) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const names = (module === undefined ? [] : checker.getExportsOfModule(module)).map((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const typeOnly = symbol.declarations?.some((declaration) => ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly)) === true;
      return { name: symbol.name, value: !typeOnly && (real.flags & ts.SymbolFlags.Value) !== 0 };
    });
    const pick = (value: boolean): readonly string[] => names.filter((one) => one.value === value).map(({ name }) => name).sort();
    return [door, { values: pick(true), types: pick(false) }];
  }));
}

const found = namesByDoor(packed().package);

describe('the public names', () => {
  it('stand behind the doors that doors.json lists', () => {
    expect(Object.keys(found)).toEqual(Object.keys(expected));
  });

  // The list is written by hand: a new or a lost name is a decision, and shows in review.
  it.each(Object.keys(expected) as (keyof typeof expected)[])('are those of doors.json behind %s', (door) => {
    expect(found[door]).toEqual(expected[door]);
  });

  // vitest's door loads inside a run of vitest only; test/marbles goes through it there.
  const plainDoors = (Object.keys(expected) as (keyof typeof expected)[]).filter((door) => door !== './marbles/vitest');
  const needsDriver: ReadonlySet<string> = new Set(['./redis', './mongo']);
  it.each(plainDoors)('are there at run time behind %s', async (door) => {
    const program = `console.log(JSON.stringify(Object.keys(await import('${door.replace('.', 'chronow')}')).sort()))`;
    const { output } = await outcomeOf(process.execPath, ['--input-type=module', '--eval', program], needsDriver.has(door) ? packed().consumerWithDrivers : packed().consumer);
    expect(JSON.parse(output)).toEqual(expected[door].values);
  });
});
