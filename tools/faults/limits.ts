import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Whether limits of running processes can be set here (Linux, `prlimit` of util-linux). */
export function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

type Limit = number | 'unlimited';

/** Bytes of a file beyond which a running process can write nothing; the hard limit stays. */
export function limitFileBytes(pid: number, bytes: Limit): void {
  prlimit(pid, `--fsize=${bytes}:`);
}

/** Lets a running process open no more files than it has; returns what gives it back what it could. */
export function limitFiles(pid: number): () => void {
  const set = (files: string): void => {
    prlimit(pid, `--nofile=${files}:`);
  };
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  const before = /^Max open files +(\d+)/m.exec(limits)?.[1];
  if (before === undefined) throw new Error(`the limits of process ${pid} cannot be read`);
  set(String(openFiles(pid)));
  return () => {
    set(before);
  };
}

/** File descriptors that a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** As the user that the process runs as: nobody else may, without a capability of its own. */
function prlimit(pid: number, option: string): void {
  const { uid, gid } = statSync(`/proc/${pid}`);
  execFileSync('prlimit', [`--pid=${pid}`, option], { stdio: 'pipe', uid, gid });
}
