import { describe } from 'vitest';
import { former } from './support/compilers.js';
import { typeTests } from './support/type-tests.js';

describe('TypeScript 5.9', () => {
  typeTests(former());
});
