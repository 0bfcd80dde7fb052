// Runs a TypeScript module of ours in a process of its own, with the doors led to the sources as in the tests.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

// Whoever started us is gone: nobody is left to end us.
process.on('disconnect', () => process.exit(1));
// To listen for it keeps nobody here.
process.channel?.unref();

const root = fileURLToPath(new URL('../../..', import.meta.url));
const config = { root, configFile: false, envDir: false, logLevel: 'error' };
const { module: doors } = await runnerImport(`${root}test/config/doors.ts`, config);
const alias = [...doors.sourceDoors()].map(([door, source]) => ({ find: new RegExp(`^${door}$`), replacement: `${root}${source.slice(2)}` }));
// It finds its arguments where every program does.
const [, module] = process.argv.splice(1, 2, process.argv[2]);
await runnerImport(module, { ...config, resolve: { alias } });
