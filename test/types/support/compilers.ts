import { createRequire } from 'node:module';
import type { Compiler } from './as-published.js';

const require = createRequire(import.meta.url);

/** The compiler this repository is built with. */
export const current = (): Compiler => require('typescript') as Compiler;

/** The last one of the series before it. */
export const former = (): Compiler => require('typescript-5.9') as Compiler;
