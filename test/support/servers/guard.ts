import { spawn } from 'node:child_process';

export interface Guard {
  /** The process to end when we are gone; undefined when there is none at the moment. */
  watch(pid: number | undefined): void;
  /** Ends what is watched and removes the folder now. */
  dismiss(): Promise<void>;
}

// Reads what to watch, a line each, until the pipe ends; it ends with the process that holds its other side, however that dies.
const script = `
  trap '' HUP INT TERM
  pid=
  while read -r line; do pid=$line; done
  if [ -n "$pid" ]; then kill -9 "$pid" 2> /dev/null; fi
  n=0
  while [ -e "$1" ] && [ $n -lt 50 ]; do rm -rf -- "$1" 2> /dev/null; n=$((n + 1)); done
`;

/**
 * A small process beside a server that ends it and removes its folder when the test process is gone: nothing in a
 * process runs when that is killed, and a server outlives its parent.
 */
export function startGuard(folder: string): Guard {
  // A group of its own, so that a Ctrl-C ends us and not the guard.
  const child = spawn('/bin/sh', ['-c', script, 'guard', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  child.unref();
  return {
    watch: (pid) => void child.stdin.write(`${pid === undefined ? '' : String(pid)}\n`),
    dismiss: async () => {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}
