import { connect, leave } from '../connect.js';
import { demo } from './demo.js';

const cw = await connect('order-saga');
try {
  const problems = await demo(cw, (line) => { process.stdout.write(`${line}\n`); });
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await leave(cw);
}
