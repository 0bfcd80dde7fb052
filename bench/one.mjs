// One case in this process: warmed up on a tenth, then measured; prints the figure.
import { suites } from './suites/index.mjs';

const [, , suite, wanted, messages] = process.argv;
const { cases } = await suites[suite]();
const { run, warm = true } = cases.find(({ name }) => name === wanted);
if (warm) await run(Math.ceil(Number(messages) / 10));
globalThis.gc();
process.stdout.write(String(await run(Number(messages))));
process.exit();
