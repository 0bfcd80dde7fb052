// Prints `N passed, N failed` over everything that .ci/run checked. A test file that did not load is one failure.
//   node .ci/sum.mjs <vitest's json report> <failed steps>
import { existsSync, readFileSync } from 'node:fs';

const [report, failedSteps] = process.argv.slice(2);
const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
const count = (file, status) => file.assertionResults.filter((test) => test.status === status).length;

const passed = files.reduce((sum, file) => sum + count(file, 'passed'), 0);
const failed = files.reduce((sum, file) => sum + Math.max(count(file, 'failed'), file.status === 'failed' ? 1 : 0), 0);
// No test at all is a failure; a failed step (the test run included) shows where the report knows of nothing.
const all = failed + (passed + failed === 0 ? 1 : 0) + Number(failedSteps);
console.log(`${passed} passed, ${all} failed`);
process.exitCode = all === 0 ? 0 : 1;
