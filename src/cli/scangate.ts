#!/usr/bin/env node
import { argv, stderr, stdout } from 'node:process';
import { version } from '../telemetry/version.ts';
import { runProgram } from './program.ts';

await runProgram(argv.slice(2), version(), {
  write: (text) => stdout.write(text),
  complain: (text) => stderr.write(text),
  end: (status) => {
    process.exitCode = status;
  },
  unread: (status) => {
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (status !== undefined) process.exit(status);
    });
  },
});
