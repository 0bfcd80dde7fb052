// node .ci/summary.mjs REPORT [FAILED GATE]...: adds up a JSON report of vitest and the gates that failed, prints one line.
import { existsSync, readFileSync } from 'node:fs';

const [report = '', ...gates] = process.argv.slice(2);

/** Tests passed and failed; a file that did not load, and so has no failed test, is one failure. */
function count({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'));
  const ending = (status) => tests.filter((test) => test.status === status).length;
  return { passed: ending('passed'), failed: ending('failed') + broken.length };
}

const tests = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: 0 };
if (tests.passed + tests.failed === 0) console.log(`No test ran: ${report} says nothing of one.`);
if (gates.length > 0) console.log(`Failed: ${gates.join(', ')}.`);

// The gate of the tests is in their number; it counts by itself where they failed outside of any test, or none ran.
const failed = tests.failed + gates.filter((gate) => gate !== 'tests').length + (tests.failed === 0 && (gates.includes('tests') || tests.passed === 0) ? 1 : 0);
console.log(`\n${tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
