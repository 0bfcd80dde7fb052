import type { Linter } from 'eslint';

export declare const everywhere: Linter.RulesRecord;
export declare const inTheCore: Linter.RulesRecord;
