import { describe } from 'vitest';
import { current } from './support/compilers.js';
import { typeTests } from './support/type-tests.js';

describe('the compiler this repository is built with', () => {
  typeTests(current());
});
