import { isChronowError } from 'chronow';
import { constants } from 'node:os';
import { tap } from 'rxjs';
import { connect, leave } from '../connect.js';
import { audit } from './audit.js';
import { help, parseCommand, type Settings } from './cli.js';
import { printReport } from './report.js';
import { run } from './run.js';
import { stopSignal, type StopSignal } from './signals.js';

const { stdout, stderr } = process;

async function earthquakes(settings: Settings): Promise<number> {
  let stoppedBy: StopSignal | undefined;
  const stop$ = stopSignal(process).pipe(tap((signal) => {
    if (stoppedBy === undefined) stderr.write('\nfinishing what runs; once more to stop at once\n');
    stoppedBy = signal;
  }));

  const cw = await connect('earthquakes');
  try {
    const result = await run({ ...settings, cw, stop$, progress: stderr });
    const differences = audit(result);
    printReport(result, differences, stdout);
    if (differences.length > 0) return 1;
    return stoppedBy === undefined ? 0 : 128 + constants.signals[stoppedBy];
  } finally {
    await leave(cw);
  }
}

const command = parseCommand(process.argv.slice(2));
if (command.action === 'help') {
  stdout.write(help);
} else if (command.action === 'refuse') {
  stderr.write(`${command.problem}\nnpm start -- --help shows what there is\n`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await earthquakes(command.settings);
  } catch (error) {
    if (!isChronowError(error)) throw error;
    stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
